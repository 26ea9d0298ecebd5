"""Streaming moments: equal to NumPy's, whatever the batches."""

import numpy as np
import pytest

from fid import Moments


def features(count: int = 103, dim: int = 7, offset: float = 0.0) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((count, dim)) @ np.diag(np.arange(1, dim + 1)) + offset


@pytest.mark.parametrize("size", [1, 10, 103, 200])
def test_batches_of_any_size_equal_numpy(size):
    x = features()
    moments = Moments(7)
    for start in range(0, len(x), size):
        moments.update(x[start : start + size])
    assert moments.count == 103
    np.testing.assert_allclose(moments.mean, x.mean(axis=0), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(moments.covariance, np.cov(x, rowvar=False), rtol=1e-12, atol=1e-12)


def test_merged_parts_equal_the_whole():
    x = features()
    whole = Moments(7).update(x)
    merged = Moments(7).update(x[:20]).merge(Moments(7)).merge(Moments(7).update(x[20:]))
    assert merged.count == whole.count
    np.testing.assert_allclose(merged.mean, whole.mean, rtol=1e-12)
    np.testing.assert_allclose(merged.covariance, whole.covariance, rtol=1e-12, atol=1e-12)


def test_a_mean_far_from_zero_costs_no_digits():
    moments = Moments(7)
    for batch in np.array_split(features(offset=1e8), 11):
        moments.update(batch)
    np.testing.assert_allclose(moments.covariance, np.cov(features(), rowvar=False), rtol=1e-6, atol=1e-6)


def test_the_input_is_left_alone_and_float32_is_summed_in_float64():
    x = features().astype(np.float32)
    before = x.copy()
    moments = Moments(7).update(x)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_allclose(moments.covariance, np.cov(x.astype(np.float64), rowvar=False), rtol=1e-12, atol=1e-12)


def test_an_empty_batch_changes_nothing():
    assert Moments(7).update(np.empty((0, 7))).count == 0


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (np.zeros((3, 6)), "6 features an image, these moments have 7"),
        (np.zeros(7), "shape"),
        (np.full((2, 7), np.nan), "finite"),
        (np.full((2, 7), np.inf), "finite"),
        (np.full((2, 7), "a"), "real numbers"),
    ],
)
def test_bad_batches_are_errors_and_add_nothing(batch, message):
    moments = Moments(7).update(features())
    with pytest.raises(ValueError, match=message):
        moments.update(batch)
    assert moments.count == 103


def test_too_few_images_are_errors():
    with pytest.raises(ValueError, match="no mean"):
        _ = Moments(7).mean
    with pytest.raises(ValueError, match="at least 2 images, got 1"):
        _ = Moments(7).update(features(1)).covariance
    with pytest.raises(ValueError, match="do not merge"):
        Moments(7).merge(Moments(6))
    with pytest.raises(ValueError, match="at least 1"):
        Moments(0)
