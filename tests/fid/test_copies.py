"""Near-duplicates, nearest training images, and their picture."""

import numpy as np
import pytest

from fid.metrics.copies import closest_pairs, near_duplicates, nearest_training
from fid.metrics.neighbours import nearest


def normal(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 8))


def test_nearest_equals_the_plain_search(monkeypatch):
    monkeypatch.setattr("fid.metrics.neighbours._BLOCK_VALUES", 500)
    a, b = normal(70), normal(90, seed=1)
    plain = np.linalg.norm(a[:, None] - b[None], axis=2)
    distances, indices = nearest(a, b, k=3)
    np.testing.assert_array_equal(indices, np.argsort(plain, axis=1)[:, :3])
    np.testing.assert_allclose(distances, np.sort(plain, axis=1)[:, :3], rtol=1e-9)


def test_no_row_is_its_own_neighbour():
    x = np.concatenate([normal(20), normal(1)])  # the last repeats the first
    distances, indices = nearest(x)
    assert indices[0, 0] == 20 and indices[20, 0] == 0
    assert distances[0, 0] == pytest.approx(0, abs=1e-6)
    assert (indices[:, 0] != np.arange(21)).all()
    with pytest.raises(ValueError, match="k = 21 neighbours cannot be found among 20"):
        nearest(x, k=21)


def test_a_healthy_set_scores_as_real_images_do():
    report = near_duplicates(normal(600, seed=1), normal(900))
    assert report.real_images == pytest.approx(0.01, abs=0.005)
    assert report.images == pytest.approx(0.01, abs=0.015)


def test_a_collapsed_set_is_found():
    rng = np.random.default_rng(0)
    fake = normal(5, seed=1)[rng.integers(5, size=300)] + 1e-3 * rng.standard_normal((300, 8))
    report = near_duplicates(fake, normal(300))
    assert report.images == 1
    assert report.pairs == pytest.approx(1 / 5, abs=0.03)  # two images are of one mode of five
    assert report.real_pairs < 1e-3


def test_copies_of_training_images_are_found():
    train = normal(500)
    fake = np.concatenate([train[[7, 3]] + 1e-4, normal(38, seed=1)])
    found = nearest_training(fake, train)
    assert found.indices[:2].tolist() == [7, 3]
    assert (found.distances[:2] < found.threshold).all()
    assert 2 / 40 <= found.copies <= 4 / 40


def test_the_most_alike_pairs_share_no_image():
    x = normal(60)
    x[40], x[41] = x[7] + 1e-3, x[7] + 2e-3  # three of a kind: two of them make a pair
    x[50] = x[20] + 0.01
    first, second, *rest = closest_pairs(x, 10)
    assert first[:2] == (40, 41) or 7 in first[:2]
    assert second[:2] == (20, 50) and second[2] == pytest.approx(0.01 * 8**0.5)
    indices = [index for *pair, _ in (first, second, *rest) for index in pair]
    assert len(rest) == 8 and len(set(indices)) == 20 and all(i < j for i, j, _ in rest)
    assert closest_pairs(x[:3], 10)[0][:2] in {(0, 1), (0, 2), (1, 2)}
