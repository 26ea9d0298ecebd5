"""What a run's page shows, as numbers: curves over every unit, classes, progress. From the log and the config alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from common.run.log import UNITS, VALIDATION, Log

POINTS = 600  # of a curve, at most: more than a panel has pixels
RECENT = 10  # epochs that tell how long the next ones take
LOSSES = {"d_loss": "discriminator", "g_loss": "generator"}


@dataclass(frozen=True)
class Progress:
    """How far a run is: epochs done of how many, seconds of training so far and an epoch, images a second."""

    done: int
    epochs: int
    images: int
    seconds: float
    epoch_seconds: float
    rate: float

    @property
    def left(self) -> float:
        """Seconds of training that are left, at the pace of the last epochs."""
        return max(0, self.epochs - self.done) * self.epoch_seconds


def progress(log: Log, epochs: int) -> Progress:
    """Read the progress off a log; zeros where it has no epoch yet."""
    if not log.rows:
        return Progress(0, epochs, 0, 0.0, 0.0, 0.0)
    last, recent = log.rows[-1], log.rows[-RECENT - 1 :]
    before = recent[0] if len(log.rows) > RECENT else {"epoch": 0, "seconds": 0.0}
    pace = (last["seconds"] - before["seconds"]) / max(1, last["epoch"] - before["epoch"])
    return Progress(int(last["epoch"]), epochs, int(last["images"]), last["seconds"], pace, last["images_per_second"])


def panels(log: Log) -> list[dict[str, Any]]:
    """A panel for the losses and one for each other column that was measured, but those of single classes.

    Returns:
        For each: `title`, and `curves`, each with a `label`, whether it is `dashed`, perhaps a `colour`, the `value`s,
        and for each of `UNITS` the places; at most `POINTS` of them, evenly spaced, the last included. What is not
        finite is left out.
    """
    losses = [
        {
            "label": label + (", validation" if prefix else ""),
            "dashed": bool(prefix),
            "colour": colour,
            **_curve(log, prefix + name),
        }
        for prefix in ("", VALIDATION)
        for colour, (name, label) in enumerate(LOSSES.items())
    ]
    found = [{"title": "losses", "curves": losses}]
    found += [
        {"title": name, "curves": [{"label": name, "dashed": False, **_curve(log, name)}]} for name in log.figures()
    ]
    shown = [{**panel, "curves": [curve for curve in panel["curves"] if curve["value"]]} for panel in found]
    return [panel for panel in shown if panel["curves"]]


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is a mapping, else an empty one: a config is whatever its file says."""
    return value if isinstance(value, Mapping) else {}


def _curve(log: Log, name: str) -> dict[str, list[float]]:
    columns = {unit: log.series(name, unit)[0] for unit in UNITS} | {"value": log.series(name)[1]}
    finite = np.flatnonzero(np.isfinite(columns["value"]))
    chosen = finite[np.unique(np.linspace(0, len(finite) - 1, min(POINTS, len(finite))).round().astype(int))]
    return {key: _short([values[index] for index in chosen]) for key, values in columns.items()}


def _short(values: Sequence[float]) -> list[float]:
    """Six digits, as the log has them, and counts whole."""
    return [int(value) if value == int(value) else float(f"{value:.6g}") for value in values]
