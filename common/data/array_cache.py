"""Prepared data sets that fit into memory, kept as one `.npz` in the cache folder."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from common.data.dataset import Dataset, Split
from common.system.files import cache_dir, save_arrays


def cached(name: str, key: str, prepare: Callable[[], Dataset]) -> Dataset:
    """Return what the cache has under `key`; prepare and keep it where there is none, or a damaged one."""
    path = cache_dir() / "datasets" / f"{key}.npz"
    data = _read(name, path) if path.exists() else None
    if data is None:
        data = prepare()
        _write(data, path)
    return data


def _write(data: Dataset, path: Path) -> None:
    meta = json.dumps({"class_names": data.class_names, "fingerprint": data.fingerprint})
    try:
        save_arrays(
            path,
            meta=np.array(meta),
            train_images=data.train.images,
            train_labels=data.train.labels,
            test_images=data.test.images,
            test_labels=data.test.labels,
        )
    except OSError as error:
        print(f"note: the prepared data could not be cached in {path.parent}: {error}")


def _read(name: str, path: Path) -> Dataset | None:
    try:
        with np.load(path, allow_pickle=False) as stored:
            meta = json.loads(str(stored["meta"]))
            train = Split(stored["train_images"], stored["train_labels"])
            test = Split(stored["test_images"], stored["test_labels"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        print(f"note: {path} is damaged; preparing the data again")
        return None
    return Dataset(name, tuple(meta["class_names"]), train, test, meta["fingerprint"])
