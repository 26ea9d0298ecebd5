"""Weights as text: float16, deflated, in base64. `results/keep.py` rounds to as many bits: nothing of those is lost."""

import base64
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from common.errors import UserError


def encode(arrays: Sequence[np.ndarray]) -> tuple[list[dict[str, Any]], str]:
    """Arrays as text; those of one axis, which are small, stay float32.

    Returns:
        Of each its shape and whether it is `half`; and base64 of the deflated bytes: the low bytes of all float16
        numbers, their high bytes, which are alike and deflate well, then the float32 ones.

    Raises:
        UserError: a number is not finite, or too large for float16.
    """
    with np.errstate(over="ignore"):
        kept = [np.asarray(array, "<f2" if np.ndim(array) > 1 else "<f4") for array in arrays]
    if not all(np.isfinite(array).all() for array in kept):
        raise UserError("the generator has weights that are not finite as float16; it has not survived its training")
    half = [array.ravel() for array in kept if array.ndim > 1]
    planes = np.concatenate([*half, np.zeros(0, "<f2")]).view(np.uint8).reshape(-1, 2).T
    data = zlib.compress(planes.tobytes() + b"".join(array.tobytes() for array in kept if array.ndim <= 1), 9)
    return [{"shape": list(array.shape), "half": array.ndim > 1} for array in kept], base64.b64encode(data).decode()
