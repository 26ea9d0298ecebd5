"""Exact checkpoints: every variable of a run in one `.npz`, whole or absent, the last two kept.

One file and no pickles: `variables` by name, and `meta`, a JSON text. The zip's checksums find a truncated or damaged
file; then the one before it is used, and so where members have vanished, or are of another shape or type.
"""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from common.errors import NotFinite, TrainingFailed
from common.system.files import Damaged, load_arrays, save_arrays
from common.system.json_text import parse_json

KEPT = 2
META = {
    "epoch": int,
    "step": int,
    "seconds": int | float,
    "best": int | float,
}  # of what a checkpoint says
PREFIX = "variables/"  # of a variable's name in the file


class Checkpoints:
    """The checkpoints of one run, named by step: `step-00000781.npz`."""

    def __init__(self, folder: Path):
        self.folder = folder

    def files(self) -> list[Path]:
        """Checkpoints on disk, oldest first."""
        return sorted(self.folder.glob("step-*.npz"))

    def save(self, step: int, variables: Mapping[str, Any], meta: Mapping[str, Any], keep: int | None = None) -> Path:
        """Write a checkpoint, then drop all but the last two, and that of step `keep`.

        Raises:
            NotFinite: a variable is not finite; nothing is written and the last good checkpoint stays.
        """
        arrays = {name: np.asarray(variable) for name, variable in variables.items()}
        check_finite(arrays, step)
        path = self._path(step)
        save_arrays(path, meta=np.array(json.dumps(meta)), **{PREFIX + name: array for name, array in arrays.items()})
        for old in self.files()[:-KEPT]:
            if keep is None or old != self._path(keep):
                _drop(old)
        return path

    def restore(
        self, variables: Mapping[str, Any], last: int | None = None, run: str | None = None
    ) -> dict[str, Any] | None:
        """Load the newest whole checkpoint into `variables` and return its meta; None where there is none.

        With `last` the newest of those up to that step. One whose meta names another `run` is passed over.

        Says on standard output which files were passed over, and why.

        Raises:
            TrainingFailed: there are checkpoints and none of them is whole, or their variables are not this model's.
        """
        reasons = []
        for path in reversed(self.files()):
            if last is not None and path > self._path(last):
                continue
            try:
                meta, arrays = _read(path)
                _check(variables, arrays)
                if meta.get("run", run) != run:
                    raise Damaged("it is another run's")
            except (OSError, Damaged) as error:
                reasons.append(f"{path.name}: {error}")
                print(f"note: checkpoint {path.name} is damaged ({error}); trying the one before it", flush=True)
                continue
            for name, variable in variables.items():
                variable.assign(arrays[name])
            return meta
        if reasons:
            raise TrainingFailed(
                f"no checkpoint in {self.folder} can be read ({'; '.join(reasons)}); move the run folder away to start "
                "again"
            )
        return None

    def drop_after(self, step: int) -> None:
        """Remove the checkpoints of later steps."""
        for path in self.files():
            if path > self._path(step):
                _drop(path)

    def newest(self) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
        """Meta, and arrays by name, of the newest checkpoint that can be read; None where there is none."""
        for path in reversed(self.files()):
            with contextlib.suppress(OSError, Damaged):
                return _read(path)
        return None

    def _path(self, step: int) -> Path:
        return self.folder / f"step-{step:08d}.npz"


def check_finite(variables: Mapping[str, Any], step: int) -> None:
    """Find out whether a state is worth keeping.

    Raises:
        NotFinite: a variable is not.
    """
    for name, variable in variables.items():
        array = np.asarray(variable)
        if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
            raise NotFinite(
                f"{name} is no longer finite after step {step}",
                "what was kept before stays: the last good checkpoint, the log, the generator",
            )


def _drop(path: Path) -> None:
    os.truncate(path, 0)  # a mounted drive's bin would keep what is removed
    path.unlink()


def _read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    arrays = load_arrays(path)
    try:
        meta = dict(parse_json(str(arrays.pop("meta"))))
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"it does not say what it is of: {error}") from error
    for key, kind in META.items():
        if key in meta and (not isinstance(meta[key], kind) or isinstance(meta[key], bool)):
            raise Damaged(f"its {key} is no number")
    return meta, {name.removeprefix(PREFIX): array for name, array in arrays.items()}


def _check(variables: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    odd = sorted(set(variables) ^ set(arrays))
    if odd:
        raise Damaged(f"it is of another model or version: {odd[0]} is in only one of them")
    for name, variable in variables.items():
        array, here = arrays[name], np.asarray(variable)
        if array.shape != here.shape or array.dtype != here.dtype:
            raise Damaged(f"{name} has shape {array.shape}, {array.dtype}; the model {here.shape}, {here.dtype}")
