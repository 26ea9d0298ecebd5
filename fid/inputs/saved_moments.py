"""Moments from a file, where their images are not at hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from common.errors import UserError
from common.system.json_text import parse_json

KEYS = (("mean", "covariance"), ("mean", "cov"), ("mu", "sigma"))  # as this and other projects name them


@dataclass(frozen=True)
class SavedMoments:
    """Mean (D,) and covariance (D, D) from a file; `count` is None where the file does not say."""

    name: str
    mean: np.ndarray
    covariance: np.ndarray
    count: int | None
    conditions: Mapping[str, Any] = field(default_factory=dict)  # that they hold under, where this project wrote them

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
    return SavedMoments(name, mean, covariance, _count(name, arrays), _conditions(name, arrays))


def _count(name: str, arrays: Mapping[str, np.ndarray]) -> int | None:
    if "count" not in arrays:
        return None
    count = arrays["count"]
    if count.size != 1 or not np.issubdtype(count.dtype, np.integer) or count.item() < 2:
        raise UserError(f"{name}: count must be one whole number from 2 up, got {count.dtype} of shape {count.shape}")
    return int(count.item())


def _conditions(name: str, arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    text = str(arrays.get("conditions", ""))
    try:
        return dict(parse_json(text)) if text else {}
    except (TypeError, ValueError) as error:
        raise UserError(f"{name}: what its moments were computed under cannot be read ({error})") from error
