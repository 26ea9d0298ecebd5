"""Data sets by name: uint8 images with labels, split into train and test, kept in memory and cached on disk."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.errors import UserError
from common.files import cache_dir, save_arrays


@dataclass(frozen=True)
class Split:
    """images: (N, H, W, 3) uint8, 0 to 255; labels: (N,) int32, each an index into the data set's class names."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True)
class Dataset:
    """A named data set; `fingerprint` is a SHA-256 of every pixel and label, in order."""

    name: str
    class_names: tuple[str, ...]
    train: Split
    test: Split
    fingerprint: str

    @property
    def image_size(self) -> int:
        """Height and width of an image, in pixels."""
        return self.train.images.shape[1]


def fingerprint(*splits: Split) -> str:
    """Return a SHA-256 (64 hex digits) of the splits' shapes, pixels and labels."""
    digest = hashlib.sha256()
    for split in splits:
        digest.update(repr(split.images.shape).encode())
        digest.update(np.ascontiguousarray(split.images))
        digest.update(np.ascontiguousarray(split.labels))
    return digest.hexdigest()


def dataset_names() -> tuple[str, ...]:
    """Names that `load_dataset` knows."""
    return tuple(_loaders())


def load_dataset(name: str, image_size: int = 32) -> Dataset:
    """Load a data set by name, from the cache if it was prepared before.

    Args:
        name: `cifar10` (through TFDS; honours `TFDS_DATA_DIR`) or `photos` (embedded, no download).
        image_size: height and width in pixels; CIFAR-10 has 32 only.

    Raises:
        UserError: an unknown name, a size that the data set cannot give, or data that is neither on disk nor in reach.
    """
    loaders = _loaders()
    if name not in loaders:
        raise UserError(f"unknown data set {name!r}; choose from {', '.join(loaders)}")
    key, prepare = loaders[name](image_size)
    cached = cache_dir() / "datasets" / f"{key}.npz"
    data = _read(name, cached) if cached.exists() else None
    if data is None:
        data = prepare()
        _write(data, cached)
    return data


def _loaders() -> dict[str, Callable[[int], tuple[str, Callable[[], Dataset]]]]:
    # Imported here since both modules build on this one's classes.
    from common import cifar10, photos

    return {"cifar10": cifar10.plan, "photos": photos.plan}


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
