"""Is it collapsed, is it copying? Images of a set that are too near to one another, or to a training image.

"Too near" is measured by the real images themselves: nearer than all but 1 % of real images are to their nearest real
neighbour, in the same feature space. Healthy samples therefore score about 0.01, as real images do, and a collapsed or
copying generator scores towards 1.
"""

from dataclasses import dataclass

import numpy as np

from fid.metrics.feature_arrays import check_pair
from fid.metrics.neighbours import distance_blocks, nearest

NEAR = 1.0  # per cent of real images that are nearer to another one


@dataclass(frozen=True)
class Duplicates:
    """Near-duplicates within a generated set, and within as many real images."""

    threshold: float  # feature distance below which two images count as near-duplicates
    images: float  # share of generated images with a near-duplicate in their set
    pairs: float  # share of all pairs of generated images
    real_images: float  # the same for the real images; about 0.01, by construction
    real_pairs: float


@dataclass(frozen=True)
class TrainingNeighbours:
    """Every generated image's nearest training image."""

    distances: np.ndarray  # (N,) float64
    indices: np.ndarray  # (N,) int64, into the training set
    threshold: float  # feature distance below which an image counts as a copy
    copies: float  # share of generated images below it


def near_distance(real: np.ndarray) -> float:
    """Return the percentile `NEAR` of the distances from each real image, (N, D), to its nearest other real image."""
    return float(np.percentile(nearest(real)[0], NEAR))


def near_duplicates(fake: np.ndarray, real: np.ndarray, seed: int = 0) -> Duplicates:
    """Count near-duplicates within a generated set.

    Neighbours come nearer as a set grows, so the larger set is thinned to the size of the smaller one.

    Args:
        fake, real: features, (N, D) and (M, D).
        seed: of the thinning.

    Raises:
        ValueError: fewer than two images in a set, different D, or values that are not finite.
    """
    fake, real = check_pair(fake, real, ("fake", "real"), least=2)
    rng = np.random.default_rng(seed)
    count = min(len(fake), len(real))
    fake, real = (x if len(x) == count else x[np.sort(rng.permutation(len(x))[:count])] for x in (fake, real))
    threshold = near_distance(real)
    return Duplicates(threshold, *_shares(fake, threshold), *_shares(real, threshold))


def nearest_training(fake: np.ndarray, train: np.ndarray) -> TrainingNeighbours:
    """Find the nearest training image of every generated image.

    Args:
        fake, train: features, (N, D) and (M, D).

    Raises:
        ValueError: fewer than two training images, different D, or values that are not finite.
    """
    fake, train = check_pair(fake, train, ("fake", "train"))
    distances, indices = nearest(fake, train)
    threshold = near_distance(train)
    copies = float((distances[:, 0] <= threshold).mean())
    return TrainingNeighbours(distances[:, 0], indices[:, 0], threshold, copies)


def closest_pairs(features: np.ndarray, count: int) -> list[tuple[int, int, float]]:
    """Return the pairs (i, j, distance), i < j, of a set that are most alike, nearest first; none shares an image.

    Args:
        features: (N, D).
        count: pairs, or as many as there are images for.

    Raises:
        ValueError: fewer than two images, or values that are not finite.
    """
    distances, indices = nearest(features, k=min(count, len(features) - 1))
    order = np.argsort(distances, axis=None, kind="stable")
    pairs, taken = [], set()
    for i, rank in zip(*np.unravel_index(order, distances.shape), strict=True):
        j = int(indices[i, rank])
        if len(pairs) < count and not {int(i), j} & taken:
            pairs.append((*sorted((int(i), j)), float(distances[i, rank])))
            taken |= {int(i), j}
    return pairs


def _shares(features: np.ndarray, threshold: float) -> tuple[float, float]:
    """Return the shares of images and of pairs, of features (N, D), with a distance of at most `threshold`."""
    count = len(features)
    near = np.zeros(count, np.int64)
    for rows, distances in distance_blocks(features, features):
        distances[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = np.inf
        near[rows] = (distances <= threshold).sum(axis=1)
    return float((near > 0).mean()), float(near.sum() / (count * (count - 1)))
