"""Exact checkpoints: every variable of a run in one `.npz`, whole or absent, the last two kept.

One file and no pickles: `variables` by name, and `meta`, a JSON text. The zip's checksums find a truncated or damaged
file; then the one before it is used.
"""

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from common.errors import TrainingFailed
from common.system.files import save_arrays

KEPT = 2


class Checkpoints:
    """The checkpoints of one run, named by step: `step-00000781.npz`."""

    def __init__(self, folder: Path):
        self.folder = folder

    def files(self) -> list[Path]:
        """Checkpoints on disk, oldest first."""
        return sorted(self.folder.glob("step-*.npz"))

    def save(self, step: int, variables: Mapping[str, Any], meta: Mapping[str, Any]) -> Path:
        """Write a checkpoint, then drop all but the last two.

        Raises:
            TrainingFailed: a variable is not finite; nothing is written and the last good checkpoint stays.
        """
        arrays = {f"variables/{name}": np.asarray(variable) for name, variable in variables.items()}
        for name, array in arrays.items():
            if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
                raise TrainingFailed(f"{name} is no longer finite after step {step}")
        path = self.folder / f"step-{step:08d}.npz"
        save_arrays(path, meta=np.array(json.dumps(meta)), **arrays)
        for old in self.files()[:-KEPT]:
            os.truncate(old, 0)  # a mounted drive's bin would keep what is removed
            old.unlink()
        return path

    def restore(self, variables: Mapping[str, Any]) -> dict[str, Any] | None:
        """Load the newest whole checkpoint into `variables` and return its meta; None where there is none.

        Says on standard output which files were damaged and passed over.

        Raises:
            TrainingFailed: there are checkpoints and none of them is whole, or their variables are not this model's.
        """
        files = self.files()
        for path in reversed(files):
            try:
                meta, arrays = _read(path)
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
                print(f"note: checkpoint {path.name} is damaged ({error}); trying the one before it", flush=True)
                continue
            _assign(variables, arrays, path)
            return meta
        if files:
            raise TrainingFailed(f"no checkpoint in {self.folder} can be read; move the run folder away to start again")
        return None


def _read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    with np.load(path, allow_pickle=False) as stored:
        meta = json.loads(str(stored["meta"]))
        return meta, {name.removeprefix("variables/"): stored[name] for name in stored.files if name != "meta"}


def _assign(variables: Mapping[str, Any], arrays: Mapping[str, np.ndarray], path: Path) -> None:
    if set(variables) != set(arrays):
        odd = sorted(set(variables) ^ set(arrays))[0]
        raise TrainingFailed(f"{path.name} is of another model or version: {odd} is in only one of them")
    for name, variable in variables.items():
        if tuple(variable.shape) != arrays[name].shape:
            raise TrainingFailed(
                f"{path.name}: {name} has shape {arrays[name].shape}, the model {tuple(variable.shape)}"
            )
    for name, variable in variables.items():
        variable.assign(arrays[name])
