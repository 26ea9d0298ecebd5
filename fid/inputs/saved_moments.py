"""Moments from a file, where their images are not at hand."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from common.errors import UserError

KEYS = (("mean", "covariance"), ("mean", "cov"), ("mu", "sigma"))  # as this and other projects name them


@dataclass(frozen=True)
class SavedMoments:
    """Mean (D,) and covariance (D, D) from a file; `count` is None where the file does not say."""

    name: str
    mean: np.ndarray
    covariance: np.ndarray
    count: int | None
    conditions: str = ""  # JSON: what they were computed under, where this project wrote them

    @property
    def split(self) -> str:
        """Where the images came from: the file does not say."""
        return "-"


def read_moments(name: str, arrays: Mapping[str, np.ndarray]) -> SavedMoments | None:
    """Find moments among the arrays of a file; None where there are none.

    Raises:
        UserError: they are of wrong shapes or types, or not finite.
    """
    for mean, covariance in KEYS:
        if mean in arrays and covariance in arrays:
            return _moments(name, arrays[mean], arrays[covariance], arrays)
    return None


def _moments(name: str, mean: np.ndarray, covariance: np.ndarray, arrays: Mapping[str, np.ndarray]) -> SavedMoments:
    numeric = all(np.issubdtype(x.dtype, np.floating) for x in (mean, covariance))
    if not numeric or mean.ndim != 1 or covariance.shape != (mean.size, mean.size):
        raise UserError(
            f"{name}: mean and covariance must be floats of shape (D,) and (D, D), got "
            f"{mean.dtype} {mean.shape} and {covariance.dtype} {covariance.shape}"
        )
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise UserError(f"{name}: mean or covariance holds values that are not finite")
    count = int(arrays["count"]) if "count" in arrays else None
    return SavedMoments(name, mean, covariance, count, str(arrays.get("conditions", "")))
