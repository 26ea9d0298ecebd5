"""FID-infinity: the Frechet distance that endlessly many images would have, without the bias of finite N.

The bias falls as 1 / N, so a line through the distances at several N, drawn over 1 / N, meets zero at the unbiased
value (Chong and Forsyth 2020, arXiv 1911.07023).
"""

from dataclasses import dataclass

import numpy as np

from fid.metrics.feature_arrays import check_features
from fid.metrics.frechet import covariance_factor, distance_of_factors, feature_factor


@dataclass(frozen=True)
class InfinityFit:
    """The line distance = value + slope / N, and the points that it was fitted to."""

    value: float  # at infinite N
    slope: float
    counts: np.ndarray  # (P,) int64, ascending
    distances: np.ndarray  # (P,) float64

    def at(self, count: float) -> float:
        """Return the line's distance for `count` images."""
        return self.value + self.slope / count


def frechet_infinity(
    mean: np.ndarray,
    covariance: np.ndarray,
    fake: np.ndarray,
    points: int = 15,
    smallest: int | None = None,
    seed: int = 0,
) -> InfinityFit:
    """Fit the distances of random subsets of `fake` from fixed real moments, and extend them to infinite N.

    The paper takes 15 subsets of 5,000 to 50,000 images. The law 1 / N holds for N well above D; below it the
    value is rough.

    Args:
        mean, covariance: the real set's, (D,) and (D, D).
        fake: generated features, (N, D).
        points: how many subset sizes, evenly spaced.
        smallest: the smallest subset; a tenth of N by default.
        seed: of the draws.

    Raises:
        ValueError: fewer than two points, or too few images for them.
    """
    fake = check_features(fake, "fake", least=2)
    smallest = max(len(fake) // 10, 2) if smallest is None else smallest
    counts = np.unique(np.linspace(smallest, len(fake), max(points, 0)).astype(np.int64))
    if len(counts) < 2 or counts[0] < 2 or counts[-1] > len(fake):
        raise ValueError(f"no line goes through {points} points from {smallest} to {len(fake)} images")
    rng = np.random.default_rng(seed)
    real_mean, real_factor = np.asarray(mean, np.float64), covariance_factor(np.asarray(covariance, np.float64))
    if real_mean.shape != fake.shape[1:]:
        raise ValueError(
            f"the real mean has the shape {real_mean.shape}, fake features have {fake.shape[1]} dimensions"
        )
    distances = np.array(
        [
            distance_of_factors(real_mean, real_factor, *feature_factor(fake[rng.permutation(len(fake))[:count]]))
            for count in counts
        ]
    )
    slope, value = np.polyfit(1 / counts, distances, 1)
    return InfinityFit(float(value), float(slope), counts, distances)
