"""FID-infinity: the Frechet distance that endlessly many images would have, without the bias of finite N.

The bias falls as 1 / N, so a line through the distances at several N, drawn over 1 / N, meets zero at the unbiased
value (Chong and Forsyth 2020, arXiv 1911.07023).
"""

from dataclasses import dataclass

import numpy as np

from fid.metrics.feature_arrays import check_features
from fid.metrics.frechet import covariance_factor, distance_of_factors, feature_factor

POINTS = 15  # subset sizes at most, as the paper


@dataclass(frozen=True)
class InfinityFit:
    """The line distance = value + slope / N, and the points that it was fitted to."""

    value: float  # at infinite N
    slope: float
    counts: np.ndarray  # (P,) int64, ascending
    distances: np.ndarray  # (P,) float64


def frechet_infinity(mean: np.ndarray, covariance: np.ndarray, fake: np.ndarray, seed: int = 0) -> InfinityFit:
    """Fit the distances of random subsets of `fake` from fixed real moments, and extend them to infinite N.

    The paper takes 15 subsets of 5,000 to 50,000 images; these have from a tenth of N to N, evenly spaced. The law
    1 / N holds for N well above D; below it the value is rough.

    Args:
        mean, covariance: the real set's, (D,) and (D, D).
        fake: generated features, (N, D).
        seed: of the draws.

    Raises:
        ValueError: fewer than three images, other dimensions than the mean has, or values that are not finite.
    """
    fake = check_features(fake, "fake", least=3)
    counts = np.unique(np.linspace(max(len(fake) // 10, 2), len(fake), POINTS).astype(np.int64))
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
