"""Precision, recall, density and coverage (Naeem et al. 2020, arXiv 2002.09797)."""

import numpy as np

from fid.metrics.feature_arrays import check_pair
from fid.metrics.neighbours import distance_blocks, nearest


def prdc(real: np.ndarray, fake: np.ndarray, k: int = 5) -> dict[str, float]:
    """Compare two sets by the balls that reach from each image to its k-th nearest neighbour in its own set.

    precision: share of fake images inside the ball of any real one; density: how many real balls they lie in, over k.
    recall: share of real images inside the ball of any fake one; coverage: share of real balls with a fake image.
    Memory grows with N + M, not with their product.

    Args:
        real, fake: features, (N, D) and (M, D).
        k: neighbours; 5 in the paper.

    Raises:
        ValueError: k below 1 or not below both set sizes, different D, or values that are not finite.
    """
    real, fake = check_pair(real, fake, ("real", "fake"))
    if not 1 <= k < min(len(real), len(fake)):
        raise ValueError(f"k = {k} must be at least 1 and below both set sizes, {len(real)} and {len(fake)}")
    real_radii = nearest(real, k=k)[0][:, -1]
    fake_radii = nearest(fake, k=k)[0][:, -1]
    real_balls = np.zeros(len(fake), np.int64)  # real balls around each fake image
    recalled, covered = np.zeros(len(real), bool), np.zeros(len(real), bool)
    for rows, distances in distance_blocks(real, fake):
        in_real = distances < real_radii[rows, None]
        real_balls += in_real.sum(axis=0)
        covered[rows] = in_real.any(axis=1)
        recalled[rows] = (distances < fake_radii).any(axis=1)
    return {
        "precision": float((real_balls > 0).mean()),
        "recall": float(recalled.mean()),
        "density": float(real_balls.mean() / k),
        "coverage": float(covered.mean()),
    }
