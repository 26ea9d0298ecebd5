"""Data sets by name or folder: uint8 images with labels, split into train and test, cached on disk."""

import hashlib
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.errors import UserError
from common.system.files import cache_dir, save_arrays


@dataclass(frozen=True)
class Split:
    """images: (N, H, W, 3) uint8, 0 to 255, in memory or a `numpy.memmap`; labels: (N,) int32, indices of classes."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True)
class Dataset:
    """A data set; `fingerprint` is a SHA-256 of every pixel and label, in order; `notes` are for the user."""

    name: str
    class_names: tuple[str, ...]
    train: Split
    test: Split
    fingerprint: str
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        for name, split in (("train", self.train), ("test", self.test)):
            wrong = split.labels[(split.labels < 0) | (split.labels >= len(self.class_names))]
            if len(wrong):
                count = len(self.class_names)
                raise UserError(f"{self.name}: the {name} images have label {wrong[0]}, none of the {count} classes")

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
    return ("cifar10", "celeb_a", "photos")


def folder_name(path: Path | str) -> str:
    """What a data set is called after its folder: the last part of the path, `.` and `..` resolved."""
    return Path(os.path.abspath(path)).name


def load_dataset(name: str, image_size: int = 32, crop: str = "center", skip_broken: bool = False) -> Dataset:
    """Load a data set by name or from a folder, from the cache if it was prepared before.

    Args:
        name: `cifar10` or `celeb_a` (through TFDS; honours `TFDS_DATA_DIR`), `photos` (embedded, no download), or the
            path of a folder of pictures (see `common.data.folder`).
        image_size: height and width in pixels; CIFAR-10 has 32 only.
        crop: how CelebA's and a folder's pictures become square (see `common.data.decoding.fit`).
        skip_broken: leave a folder's broken files out instead of refusing it.

    Raises:
        UserError: an unknown name, a size that the data set cannot give, data that is neither on disk nor in reach, or
            a folder with broken files.
    """
    # Imported here since these modules build on this one's classes.
    from common.data import celeb_a, cifar10, folder, photos

    path = Path(name).expanduser()
    if name == "celeb_a":
        return celeb_a.load_celeb_a(image_size, crop)
    if name == "cifar10":
        return _cached(name, *cifar10.plan(image_size))
    if name == "photos":
        return _cached(name, *photos.plan(image_size))
    if path.is_dir():
        return folder.load_folder(path, image_size, crop, skip_broken)
    names = ", ".join(dataset_names())
    raise UserError(f"unknown data set {name!r}; choose from {names}, or name a folder of pictures")


def _cached(name: str, key: str, prepare: Callable[[], Dataset]) -> Dataset:
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
