"""Mean and covariance of features that come in batches, in constant memory."""

import numpy as np

from fid.metrics.feature_arrays import check_features


class Moments:
    """Running count, mean and covariance of D-dimensional features, in float64.

    Batches are centred before their outer products are summed, then combined by the pairwise formula of Chan, Golub and
    LeVeque (1979): a mean far from zero costs no digits, and parts computed apart merge into the same result.
    """

    def __init__(self, dim: int) -> None:
        if dim < 1:
            raise ValueError(f"the feature dimension must be at least 1, got {dim}")
        self.dim = dim
        self.count = 0
        self._mean = np.zeros(dim)
        self._scatter = np.zeros((dim, dim))  # sum of the outer products of (x - mean)

    def update(self, batch: np.ndarray) -> "Moments":
        """Add a batch (N, D) of any size, the last partial one included.

        Raises:
            ValueError: another shape than (N, D), or values that are not finite.
        """
        batch = check_features(batch, "the batch", least=0).astype(np.float64)
        if batch.shape[1] != self.dim:
            raise ValueError(f"the batch has {batch.shape[1]} features an image, these moments have {self.dim}")
        if len(batch):
            mean = batch.mean(axis=0)
            batch -= mean
            self._combine(len(batch), mean, batch.T @ batch)
        return self

    def merge(self, other: "Moments") -> "Moments":
        """Add what `other` has seen.

        Raises:
            ValueError: another dimension.
        """
        if other.dim != self.dim:
            raise ValueError(f"moments of {other.dim} and of {self.dim} dimensions do not merge")
        if other.count:
            self._combine(other.count, other._mean, other._scatter)
        return self

    def _combine(self, count: int, mean: np.ndarray, scatter: np.ndarray) -> None:
        total = self.count + count
        shift = mean - self._mean
        self._scatter += scatter
        self._scatter += np.outer(shift * (self.count * count / total), shift)
        self._mean = self._mean + shift * (count / total)
        self.count = total

    @property
    def mean(self) -> np.ndarray:
        """(D,) float64.

        Raises:
            ValueError: nothing was added yet.
        """
        if self.count == 0:
            raise ValueError("no features were added, so there is no mean")
        return self._mean.copy()

    @property
    def covariance(self) -> np.ndarray:
        """(D, D) float64, unbiased: divided by N - 1, as `np.cov` does.

        Raises:
            ValueError: fewer than two images.
        """
        if self.count < 2:
            raise ValueError(f"a covariance needs at least 2 images, got {self.count}")
        return self._scatter / (self.count - 1)
