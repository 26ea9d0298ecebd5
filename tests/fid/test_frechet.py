"""The Frechet distance: published values, the textbook formula, invariants, errors; and its limit for infinite N."""

import numpy as np
import pytest
import scipy.linalg

from fid import Moments, frechet_distance, frechet_distance_features
from fid.metrics.infinity import frechet_infinity


def textbook(mu1, cov1, mu2, cov2) -> float:
    root = scipy.linalg.sqrtm(cov1 @ cov2).real
    return float(np.sum((mu1 - mu2) ** 2) + np.trace(cov1 + cov2 - 2 * root))


def gaussian(seed: int, dim: int = 24, count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((count, dim)) @ rng.standard_normal((dim, dim)) + rng.standard_normal(dim)
    return x.mean(axis=0), np.cov(x, rowvar=False)


def test_value_of_tensorflow_gan():
    np.random.seed(0)
    a, b = np.float32(np.random.randn(512, 256)), np.float32(np.random.randn(512, 256))
    assert frechet_distance_features(a, b) == pytest.approx(65.7427, abs=1e-4)
    one, two = (Moments(256).update(x) for x in (a, b))
    assert frechet_distance(one.mean, one.covariance, two.mean, two.covariance) == pytest.approx(65.7427, abs=1e-4)


def test_value_of_pytorch_fid():
    """Its own test, in a quarter of the dimensions."""
    identity = np.eye(512)
    assert frechet_distance(np.zeros(512), identity, np.ones(512), identity) == 512


def test_equals_the_textbook_formula():
    for seed in range(3):
        one, two = gaussian(seed), gaussian(seed + 10)
        assert frechet_distance(*one, *two) == pytest.approx(textbook(*one, *two), rel=1e-9)


def test_commuting_covariances_have_a_closed_form():
    a, b = np.array([4.0, 9.0, 0.0]), np.array([1.0, 0.25, 16.0])
    expected = np.sum((np.sqrt(a) - np.sqrt(b)) ** 2)
    assert frechet_distance(np.zeros(3), np.diag(a), np.zeros(3), np.diag(b)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("count", [2, 10, 24, 25, 400])
def test_identical_sets_are_at_zero(count):
    x = 100 * np.random.default_rng(0).standard_normal((count, 24)) + 50
    mean, cov = x.mean(axis=0), np.cov(x, rowvar=False)
    assert 0 <= frechet_distance(mean, cov, mean, cov) <= 1e-6 * np.trace(cov)
    assert 0 <= frechet_distance_features(x, x.copy()) <= 1e-6 * np.trace(cov)


def test_symmetric_and_blind_to_rotation():
    one, two = gaussian(0), gaussian(1)
    turn = np.linalg.qr(np.random.default_rng(2).standard_normal((24, 24)))[0]
    value = frechet_distance(*one, *two)
    assert frechet_distance(*two, *one) == pytest.approx(value, rel=1e-10)
    turned = [(turn @ mean, turn @ cov @ turn.T) for mean, cov in (one, two)]
    assert frechet_distance(*turned[0], *turned[1]) == pytest.approx(value, rel=1e-10)


@pytest.mark.parametrize(("n", "m"), [(2, 3), (10, 300), (300, 10), (24, 25), (300, 200)])
def test_features_equal_moments_for_any_counts(n, m):
    rng = np.random.default_rng(n)
    a, b = rng.standard_normal((n, 24)), 2 * rng.standard_normal((m, 24)) + 1
    moments = [(x.mean(axis=0), np.cov(x, rowvar=False)) for x in (a, b)]
    assert frechet_distance_features(a, b) == pytest.approx(frechet_distance(*moments[0], *moments[1]), rel=1e-6)


def test_features_that_never_fire_do_no_harm():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((300, 24)), rng.standard_normal((300, 24)) + 1
    a[:, 3:9], b[:, 3:9] = 0, 0
    fired = np.r_[0:3, 9:24]
    assert frechet_distance_features(a, b) == pytest.approx(
        frechet_distance_features(a[:, fired], b[:, fired]), rel=1e-9
    )


def test_images_that_are_all_the_same_have_no_spread():
    a, b = np.zeros((5, 3)), np.ones((40, 3))
    assert frechet_distance_features(a, b) == pytest.approx(3)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.zeros((1, 4)), np.zeros((9, 4)), "the first features must have at least 2 rows"),
        (np.zeros((9, 4)), np.zeros((9, 5)), "differ in feature dimension: 4 and 5"),
        (np.zeros((9, 4)), np.full((9, 4), np.nan), "the second features must hold finite"),
        (np.zeros((9, 4, 1)), np.zeros((9, 4)), r"shape \(N, D\)"),
        (np.zeros((9, 4), complex), np.zeros((9, 4)), "real numbers"),
    ],
)
def test_bad_features_are_errors(a, b, message):
    with pytest.raises(ValueError, match=message):
        frechet_distance_features(a, b)


@pytest.mark.parametrize(
    ("mean", "cov", "message"),
    [
        (np.zeros(3), np.eye(2), "must be"),
        (np.zeros(2), np.eye(2), "differ in dimension"),
        (np.full(3, np.inf), np.eye(3), "finite"),
        (np.zeros(3), np.full((3, 3), np.nan), "finite"),
        (np.zeros(3), np.diag([1.0, 1.0, -1.0]), "not a covariance"),
        (np.zeros(3), np.eye(3) + np.eye(3, k=1), "not symmetric"),
    ],
)
def test_bad_moments_are_errors(mean, cov, message):
    with pytest.raises(ValueError, match=message):
        frechet_distance(mean, cov, np.zeros(3), np.eye(3))


def test_infinity_takes_the_bias_away():
    rng = np.random.default_rng(0)
    fake = rng.standard_normal((8000, 16)) + 0.1
    fit = frechet_infinity(np.zeros(16), np.eye(16), fake)
    assert len(fit.counts) == len(fit.distances) == 15
    assert fit.counts[0] == 800 and fit.counts[-1] == 8000
    assert fit.slope > 0
    assert abs(fit.value - 0.16) < 0.02 < abs(fit.distances[0] - 0.16)  # the true distance is 16 * 0.1^2


def test_infinity_of_too_few_images_is_an_error():
    fake = np.random.default_rng(0).standard_normal((50, 4))
    with pytest.raises(ValueError, match="at least 3 rows"):
        frechet_infinity(np.zeros(4), np.eye(4), fake[:2])
    with pytest.raises(ValueError, match="dimensions"):
        frechet_infinity(np.zeros(5), np.eye(5), fake)
