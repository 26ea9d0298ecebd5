"""The Frechet distance between Gaussians, without a matrix square root.

    |mu1 - mu2|^2 + tr C1 + tr C2 - 2 tr (C1 C2)^(1/2)        (Heusel et al. 2017, arXiv 1706.08500)

With C = F F^T the last trace is the sum of the singular values of F1^T F2. Any factor F will do: a Cholesky factor of a
covariance, or the centred features themselves, which is the smaller matrix when there are fewer images than dimensions.
"""

import numpy as np

from fid.metrics.feature_arrays import check_features, check_pair
from fid.metrics.moments import Moments

_CHUNK = 4096  # rows converted to float64 at a time


def frechet_distance(mu1: np.ndarray, cov1: np.ndarray, mu2: np.ndarray, cov2: np.ndarray) -> float:
    """Return the (squared) Frechet distance of N(mu1, cov1) and N(mu2, cov2).

    Args:
        mu1, mu2: means, (D,).
        cov1, cov2: covariances, (D, D), symmetric and positive semi-definite.

    Raises:
        ValueError: shapes that do not fit, values that are not finite, or a matrix that is no covariance.
    """
    mu1, cov1 = _check_gaussian(mu1, cov1, "the first")
    mu2, cov2 = _check_gaussian(mu2, cov2, "the second")
    if mu1.size != mu2.size:
        raise ValueError(f"the two Gaussians differ in dimension: {mu1.size} and {mu2.size}")
    return distance_of_factors(mu1, covariance_factor(cov1), mu2, covariance_factor(cov2))


def frechet_distance_features(a: np.ndarray, b: np.ndarray) -> float:
    """Return the (squared) Frechet distance of the Gaussians fitted to two sets of features.

    Args:
        a, b: features, (N, D) and (M, D); N and M may differ.

    Raises:
        ValueError: fewer than two images in a set, different D, or values that are not finite.
    """
    a, b = check_pair(a, b, ("the first features", "the second features"), least=2)
    return distance_of_factors(*feature_factor(a), *feature_factor(b))


def distance_of_factors(mu1: np.ndarray, factor1: np.ndarray, mu2: np.ndarray, factor2: np.ndarray) -> float:
    """Return the distance from means (D,) and covariance factors (D, any), each C = F F^T."""
    singular = np.linalg.svd(factor1.T @ factor2, compute_uv=False)
    squares = np.sum((mu1 - mu2) ** 2) + np.sum(factor1**2) + np.sum(factor2**2)
    return max(float(squares - 2 * singular.sum()), 0.0)  # rounding alone makes it negative


def feature_factor(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean (D,) and a factor (D, min(N, D)) of the unbiased covariance of features (N, D), N > 1."""
    count, dim = features.shape
    if count <= dim:
        features = features.astype(np.float64)
        mean = features.mean(axis=0)
        return mean, (features - mean).T / np.sqrt(count - 1)
    moments = Moments(dim)
    for start in range(0, count, _CHUNK):
        moments.update(features[start : start + _CHUNK])
    return moments.mean, covariance_factor(moments.covariance)


def covariance_factor(covariance: np.ndarray) -> np.ndarray:
    """Return F (D, rank) with `covariance` = F F^T.

    Raises:
        ValueError: an eigenvalue that is negative beyond rounding.
    """
    try:
        return np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:  # singular: fewer images than dimensions, or features that never fire
        values, vectors = np.linalg.eigh(covariance)
    largest = np.abs(values).max()
    if values[0] < -1e-4 * largest:  # wider than float64 needs, since others save their statistics in float32
        raise ValueError(f"not a covariance: its eigenvalues reach from {values[0]:.3g} to {values[-1]:.3g}")
    # The square roots of eigenvalues that are only rounding would add up, so these go.
    keep = values > largest * len(values) * np.finfo(np.float64).eps
    return vectors[:, keep] * np.sqrt(values[keep])


def _check_gaussian(mean: np.ndarray, covariance: np.ndarray, which: str) -> tuple[np.ndarray, np.ndarray]:
    mean = np.atleast_1d(np.asarray(mean, np.float64))
    covariance = np.atleast_2d(np.asarray(covariance, np.float64))
    if mean.ndim != 1 or covariance.shape != (mean.size, mean.size):
        raise ValueError(
            f"{which} mean and covariance must be (D,) and (D, D), got {mean.shape} and {covariance.shape}"
        )
    if not np.isfinite(mean).all():
        raise ValueError(f"{which} mean must hold finite numbers")
    check_features(covariance, f"{which} covariance")
    if np.abs(covariance - covariance.T).max() > 1e-4 * np.abs(covariance).max():
        raise ValueError(f"{which} covariance is not symmetric")
    return mean, covariance
