"""What is read off a run's curve: pure functions of steps, minutes and values."""

from collections.abc import Sequence

import numpy as np


def at_step(steps: Sequence[float], values: Sequence[float | None], step: int) -> float | None:
    """The value measured at a step; None where none was."""
    return next((value for s, value in zip(steps, values, strict=True) if s == step), None)


def at_minutes(minutes: Sequence[float], values: Sequence[float | None], place: float) -> float | None:
    """The value after so many minutes, on the straight line between the measurements around; None before the first."""
    points = [(m, value) for m, value in zip(minutes, values, strict=True) if value is not None]
    if not points or not points[0][0] <= place <= points[-1][0]:
        return None
    return float(np.interp(place, *zip(*points, strict=True)))


def until(places: Sequence[float], values: Sequence[float | None], last: float) -> list[float | None]:
    """The values measured up to a step, or up to so many minutes."""
    return [value for place, value in zip(places, values, strict=True) if place <= last]


def wrong_way(values: Sequence[float | None], sign: int) -> float | None:
    """The share of a curve's movement that goes the wrong way: 0 where it only gets better, 1/2 where it wanders.

    Args:
        values: in order; None where nothing was measured.
        sign: 1 where lower is better, -1 where higher is.

    Returns:
        The sum of the moves for the worse over the sum of all moves, without units; None with fewer than two moves.
    """
    moves = np.diff([value for value in values if value is not None]) * sign
    total = np.abs(moves).sum()
    return float(moves[moves > 0].sum() / total) if len(moves) > 1 and total else None
