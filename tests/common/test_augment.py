"""Augmentation of what D sees: against the formulas of the authors' code, differentiable, the same for all images."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from common.augment import AUGMENTATIONS, augment, parse_augment
from common.errors import UserError
from dcgan.model import DCGAN
from dcgan.recipes import BENDALE


def images(count=64, size=8):
    return tf.random.stateless_uniform((count, size, size, 3), (3, 1), -1, 1)


def draw(name, x, seed=5):
    return augment(x, [name], keras.random.SeedGenerator(seed))


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_its_gradient_is_the_transpose_of_what_it_does(name):
    """Each is linear, up to a constant, for given draws: <g, A(x + d) - A(x)> = <A' g, d>, with no rounding of h."""
    x, d, g = (tf.random.stateless_normal((4, 8, 8, 3), (seed, 2)) for seed in range(3))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = draw(name, x)
    gradient = tape.gradient(y, x, output_gradients=g)
    change = tf.reduce_sum(g * (draw(name, x + d) - y))
    assert float(tf.reduce_sum(gradient * d)) == pytest.approx(float(change), rel=1e-4)
    assert not np.allclose(y, x)


def test_color_equals_its_formula():
    x, seed = images().numpy(), keras.random.SeedGenerator(5)
    b, s, c = (keras.random.uniform((64, 1, 1, 1), seed=seed).numpy() for _ in range(3))
    expected = x + b - 0.5
    grey = expected.mean(3, keepdims=True)
    expected = (expected - grey) * (2 * s) + grey
    mean = expected.mean((1, 2, 3), keepdims=True)
    np.testing.assert_allclose(draw("color", images()), (expected - mean) * (c + 0.5) + mean, atol=1e-5)


def test_translation_moves_each_image_by_up_to_an_eighth_and_loses_nothing_else():
    x = images(size=16).numpy()
    seen, framed = set(), np.pad(x, [(0, 0), (2, 2), (2, 2), (0, 0)])
    for before, after in zip(framed, draw("translation", images(size=16)).numpy(), strict=True):
        places = [(i, j) for i in range(5) for j in range(5) if np.array_equal(before[i : i + 16, j : j + 16], after)]
        seen.update(places)
        assert len(places) == 1
    assert len({i for i, _ in seen}) == len({j for _, j in seen}) == 5


def test_cutout_sets_one_square_of_half_the_side_to_0():
    kept = draw("cutout", tf.ones((400, 8, 8, 3))).numpy()
    assert set(np.unique(kept)) == {0.0, 1.0}
    sides = [(1 - kept[..., 0]).max(axis) for axis in (1, 2)]  # (B, 8): columns, rows that the hole touches
    np.testing.assert_array_equal(1 - kept[..., 0], sides[1][:, :, None] * sides[0][:, None])
    for side in sides:
        assert set(side.sum(1)) == {2, 3, 4}  # less than 4 at an edge
        assert all(np.ptp(np.flatnonzero(row)) + 1 == row.sum() for row in side)
        assert (side.max(0) == 1).all()


def test_a_setting_names_some_of_them_in_order():
    assert parse_augment("none") == [] and parse_augment("cutout+color") == ["cutout", "color"]
    for bad in ("flip", "", "color+color", "none+color", "color,cutout"):
        with pytest.raises(UserError, match="neither none nor some of color, translation, cutout"):
            BENDALE.override({"augment": bad})


@pytest.mark.parametrize(
    "changes",
    [{"update": "simultaneous"}, {"update": "staged", "replay": "naive"},
     {"update": "alternating", "d_steps": 2, "loss": "wasserstein", "gradient_penalty": 10, "r1": 1}],
    ids=lambda changes: changes["update"],
)  # fmt: skip
def test_all_that_d_sees_in_training_is_augmented_and_held_out_images_are_not(changes):
    small = {"g_width": 2, "d_width": 2, "batch_size": 4, "image_size": 8, "latent_dim": 4, "dropout": 0}
    gan, seen = DCGAN(BENDALE.override(small | {"augment": "color+cutout"} | changes).settings), []
    discriminate = gan.discriminator.call
    gan.discriminator.call = lambda x, *rest, **named: seen.append(x) or discriminate(x, *rest, **named)
    count = 4 * gan.d_steps
    data = images(count), tf.zeros(count, tf.int32)
    gan.held_out_losses(data)
    assert seen and not any(has_hole(x) for x in seen)
    seen.clear()
    for _ in range(4):
        gan.train_step(data)
    assert len(seen) >= 8 and all(has_hole(x) for x in seen)


def has_hole(x):
    return all((image == 0).all(-1).any() for image in np.array(x))
