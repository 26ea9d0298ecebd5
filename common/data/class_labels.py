"""Labels of classes: the order in which conditional images are drawn, and a class by its name or number."""

from collections.abc import Sequence

import numpy as np

from common.errors import UserError


def in_turn(count: int, classes: int) -> np.ndarray:
    """Label i % classes for image i, (count,) int32: every class equally often, whatever prefix is taken."""
    return (np.arange(count) % classes).astype(np.int32)


def find_label(text: str, names: Sequence[str]) -> int:
    """Find a class by its name or by its number.

    Raises:
        UserError: there is none; the message lists those there are.
    """
    if text in names:
        return list(names).index(text)
    if text.isdecimal() and int(text) < len(names):
        return int(text)
    listed = ", ".join(f"{name} ({label})" for label, name in enumerate(names))
    raise UserError(f"unknown label {text!r}; the classes are {listed}")
