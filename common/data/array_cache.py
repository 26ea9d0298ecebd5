"""Prepared data sets that fit into memory, kept as one `.npz` in the cache folder."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from common.data.dataset import Dataset, Split
from common.errors import UserError
from common.system.files import Damaged, cache_dir, load_arrays, save_arrays
from common.system.json_text import parse_json


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
        arrays = load_arrays(path)
        meta = parse_json(str(arrays["meta"]))
        splits = [_split(arrays[f"{part}_images"], arrays[f"{part}_labels"]) for part in ("train", "test")]
        return Dataset(name, tuple(map(str, meta["class_names"])), *splits, str(meta["fingerprint"]))
    except (OSError, Damaged, KeyError, TypeError, ValueError, UserError):
        print(f"note: {path} is damaged; preparing the data again")
        return None


def _split(images: np.ndarray, labels: np.ndarray) -> Split:
    if images.ndim != 4 or images.dtype != np.uint8 or labels.shape != images.shape[:1] or labels.dtype != np.int32:
        raise Damaged("its arrays are no images and labels")
    return Split(images, labels)
