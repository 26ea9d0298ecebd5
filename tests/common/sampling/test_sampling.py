"""Sampling by class: the label decides, the batch does not; truncated latents."""

import numpy as np
import pytest

from common.data.class_labels import find_label, in_turn
from common.errors import UserError
from common.sampling.latents import latents
from common.sampling.sampler import Sampler
from tests.helpers.conditional import tiny_generator

NAMES = ("airplane", "automobile", "bird", "cat")


@pytest.fixture(scope="module")
def sampler():
    return Sampler(tiny_generator(classes=4), 4, classes=4)


def test_every_class_in_turn_and_the_first_images_are_the_same_whatever_the_count(sampler):
    images = sampler.draw(300, 0, "metric")
    z = latents(300, 4, 0, "metric")
    np.testing.assert_array_equal(images[:7], sampler.draw(7, 0, "metric"))
    np.testing.assert_array_equal(images, sampler.from_latents(z, np.arange(300) % 4))
    assert in_turn(6, 4).tolist() == [0, 1, 2, 3, 0, 1] and in_turn(6, 4).dtype == np.int32


def test_an_image_depends_on_its_latent_and_label_and_not_on_the_rest_of_the_batch(sampler):
    z, labels = latents(12, 4, 0, "test"), np.array([0, 1, 2, 3] * 3)
    together = sampler.from_latents(z, labels)
    order = np.random.default_rng(0).permutation(12)
    np.testing.assert_array_equal(sampler.from_latents(z[order], labels[order]), together[order])
    for i in range(12):
        np.testing.assert_array_equal(sampler.from_latents(z[i : i + 1], labels[i : i + 1])[0], together[i])
    others = sampler.from_latents(z, (labels + 1) % 4).astype(int)
    assert (np.abs(others - together).mean(axis=(1, 2, 3)) > 10).all()


def test_by_class_gives_every_latent_in_every_class(sampler):
    z = latents(3, 4, 0, "test")
    images = sampler.by_class(z, [2, 0])
    np.testing.assert_array_equal(images[:3], sampler.from_latents(z, [2, 2, 2]))
    np.testing.assert_array_equal(images[3:], sampler.from_latents(z, [0, 0, 0]))


@pytest.mark.parametrize("labels", [[0, 4], [-1, 0]])
def test_labels_outside_the_classes(sampler, labels):
    with pytest.raises(UserError, match=r"label (4|-1) is none of the 4 classes, 0 to 3"):
        sampler.from_latents(latents(2, 4, 0, "test"), labels)


def test_labels_that_are_missing_or_not_wanted(sampler):
    import keras

    z = latents(2, 4, 0, "test")
    with pytest.raises(UserError, match="needs labels from 0 to 3"):
        sampler.from_latents(z)
    with pytest.raises(UserError, match="lists no classes"):
        Sampler(tiny_generator(), 4)
    inputs = keras.Input((4,))
    plain = Sampler(keras.Model(inputs, keras.layers.Reshape((1, 1, 3))(keras.layers.Dense(3)(inputs))), 4, classes=4)
    assert not plain.conditional and plain.classes == 0 and plain.draw(2, 0, "x").shape == (2, 1, 1, 3)
    with pytest.raises(UserError, match="unconditional"):
        plain.from_latents(z, [0, 1])


def test_a_class_by_name_or_number():
    assert [find_label(text, NAMES) for text in ("cat", "3", "0")] == [3, 3, 0]
    assert find_label("1", ("2", "1", "0")) == 1  # a class that is called 1 comes before the class of that number
    for wrong in ("cow", "4", "-1", "", "²"):
        with pytest.raises(UserError, match=r"the classes are airplane \(0\), automobile \(1\), bird \(2\), cat \(3\)"):
            find_label(wrong, NAMES)


def test_truncated_latents_are_of_the_truncated_normal_and_the_rest_stays():
    from scipy.stats import kstest, truncnorm

    free, cut = latents(2000, 10, 0, "test"), latents(2000, 10, 0, "test", truncation=0.7)
    within = np.abs(free) <= 0.7
    np.testing.assert_array_equal(cut[within], free[within])
    assert cut.dtype == np.float32 and np.abs(cut).max() <= np.float32(0.7)
    assert kstest(cut.ravel(), truncnorm(-0.7, 0.7).cdf).pvalue > 0.01
    assert kstest(cut[~within], truncnorm(-0.7, 0.7).cdf).pvalue > 0.01
    np.testing.assert_array_equal(latents(5, 10, 0, "test", truncation=0.7), cut[:5])
    assert np.abs(latents(5, 10, 0, "test", truncation=1e-6)).max() <= 1e-6
    assert not np.array_equal(latents(50, 10, 0, "a", truncation=0.1), latents(50, 10, 0, "b", truncation=0.1))


def test_unconditional_latents_are_what_they_always_were():
    """Pinned: every grid and figure of earlier runs rests on these."""
    expected = np.array([[0.1625187844, -1.0595793724], [-1.2092896699, -1.0146648883]], np.float32)
    np.testing.assert_array_equal(latents(2, 2, 0, "grid"), expected)
