"""Kernel distance, precision / recall / density / coverage, Inception Score, and the metrics of labelled sets."""

import numpy as np
import pytest

from fid import frechet_distance_features, kernel_distance, prdc
from fid.metrics.by_class import class_accuracy, class_shares, frechet_by_class
from fid.metrics.inception_score import inception_score


def normal(count: int, dim: int = 16, seed: int = 0, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, dim)) + shift


# Kernel distance


def test_kernel_distance_of_whole_sets_is_the_unbiased_sum():
    x, y = normal(40), normal(40, seed=1, shift=0.5)
    k = lambda a, b: (a @ b / 16 + 1) ** 3  # noqa: E731
    pairs = [(i, j) for i in range(40) for j in range(40)]
    within = [np.mean([k(s[i], s[j]) for i, j in pairs if i != j]) for s in (x, y)]
    expected = sum(within) - 2 * np.mean([k(x[i], y[j]) for i, j in pairs])
    assert kernel_distance(x, y, subsets=3, subset_size=40)[0] == pytest.approx(expected, rel=1e-10)


def test_kernel_distance_is_repeatable_and_unbiased():
    a, b = normal(300), normal(300, seed=1)
    assert kernel_distance(a, b, 10, 100) == kernel_distance(a, b, 10, 100)
    assert kernel_distance(a, b, 10, 100) != kernel_distance(a, b, 10, 100, seed=1)
    values = [kernel_distance(normal(60, seed=s), normal(60, seed=500 + s), 1, 60)[0] for s in range(200)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(200)
    assert min(values) < 0  # an unbiased estimate of zero falls on both sides


@pytest.mark.parametrize(("n", "m", "size"), [(200, 200, 200), (400, 400, 100), (800, 100, 100)])
def test_standard_error_is_the_spread_over_new_sets(n, m, size):
    runs = [kernel_distance(normal(n, seed=s), normal(m, seed=900 + s, shift=0.5), 10, size) for s in range(80)]
    values, errors = np.array(runs).T
    assert values.std(ddof=1) == pytest.approx(errors.mean(), rel=0.3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"subset_size": 51}, "subset_size 51 is more than the sets have: 50 and 60"),
        ({"subsets": 0}, "at least 1 subset"),
        ({"subset_size": 1}, "at least 2 images"),
    ],
)
def test_kernel_distance_errors(options, message):
    with pytest.raises(ValueError, match=message):
        kernel_distance(normal(50), normal(60), **options)


# Precision, recall, density, coverage


def test_prdc_by_hand():
    real, fake = np.array([[0.0], [1.0], [2.0], [10.0]]), np.array([[0.5], [1.5], [30.0], [31.0]])
    # Radii with k = 1: real 1, 1, 1, 8; fake 1, 1, 1, 1.
    assert prdc(real, fake, k=1) == {"precision": 0.5, "recall": 0.75, "density": 1.0, "coverage": 0.75}


def test_prdc_of_equal_and_of_distant_sets():
    x = normal(200)
    same = prdc(x, x)
    assert same["precision"] == same["recall"] == same["coverage"] == 1
    assert same["density"] == pytest.approx(1, abs=0.2)
    assert set(prdc(x, x + 100).values()) == {0}


def test_blocks_do_not_change_prdc(monkeypatch):
    real, fake = normal(150), normal(120, seed=1, shift=0.3)
    whole = prdc(real, fake, k=3)
    monkeypatch.setattr("fid.metrics.neighbours._BLOCK_VALUES", 1000)
    assert prdc(real, fake, k=3) == whole


@pytest.mark.parametrize("k", [0, 10, 11])
def test_prdc_with_an_impossible_k_is_an_error(k):
    with pytest.raises(ValueError, match="below both set sizes, 30 and 10"):
        prdc(normal(30), normal(10), k=k)


# Inception Score


def test_inception_score_reaches_its_bounds():
    sure = 1000 * np.eye(10)[np.arange(500) % 10]
    assert inception_score(sure) == (pytest.approx(10), pytest.approx(0, abs=1e-9))
    assert inception_score(np.zeros((500, 10))) == (pytest.approx(1), pytest.approx(0, abs=1e-9))
    assert inception_score(sure[:10] + 5, splits=10)[0] == pytest.approx(1)  # one image a split has no variety
    assert inception_score(sure[[0, 1, 2, 3, 3, 3]], splits=2) == pytest.approx((2, 1))  # three classes, then one


def test_inception_score_errors():
    with pytest.raises(ValueError, match="5 images cannot be scored in 10 splits"):
        inception_score(normal(5))
    with pytest.raises(ValueError, match="0 splits"):
        inception_score(normal(5), splits=0)


# Labelled sets


def test_distances_by_class():
    real, fake = normal(90), normal(60, seed=1, shift=1)
    real_labels, fake_labels = np.arange(90) % 3, np.arange(60) % 3
    distances = frechet_by_class(real, real_labels, fake, fake_labels)
    assert list(distances) == [0, 1, 2]
    assert distances[2] == frechet_distance_features(real[2::3], fake[2::3])


def test_class_accuracy_counts_the_first_choice():
    logits = np.eye(3)[[0, 1, 2, 2]]
    accuracy = class_accuracy(logits, np.array([0, 1, 1, 2]))
    assert accuracy.overall == 0.75
    assert accuracy.by_class == {0: 1.0, 1: 0.5, 2: 1.0}


def test_shares_of_classes_and_how_sure_the_classifier_is():
    logits = np.log([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1], [0.1, 0.8, 0.1], [0.6, 0.3, 0.1]])
    found = class_shares(logits + 7)  # a constant changes no probability
    assert found.shares.tolist() == [0.75, 0.25, 0]
    np.testing.assert_allclose(found.confidence, [0.6, 0.8, np.nan])
    assert found.overall == pytest.approx(0.65)


def test_labels_that_do_not_fit_are_errors():
    x = normal(10)
    labels = np.arange(10) % 2
    with pytest.raises(ValueError, match="class 7 has 1 real and 0 fake"):
        frechet_by_class(x, np.where(np.arange(10) == 3, 7, labels), x, labels)
    with pytest.raises(ValueError, match="real labels must be 10 integers"):
        frechet_by_class(x, labels[:9], x, labels)
    with pytest.raises(ValueError, match="must be 10 integers, got float64"):
        class_accuracy(x, labels * 1.0)
    with pytest.raises(ValueError, match="classifier has 16 classes"):
        class_accuracy(x, labels + 15)
