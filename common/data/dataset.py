"""What a data set is: uint8 images with labels, split into train and test."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.errors import UserError


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


def choose_classes(data: Dataset, names: Sequence[str]) -> Dataset:
    """The images of some classes alone, with labels in the order of `names`.

    Raises:
        UserError: a class that the data set does not have, or one named twice.
    """
    for name in names:
        if name not in data.class_names or names.count(name) > 1:
            known = ", ".join(data.class_names)
            raise UserError(f"{data.name} has the classes {known}; {name!r} is none of them, or named twice")
    splits = [_choose(split, [data.class_names.index(name) for name in names]) for split in (data.train, data.test)]
    return Dataset(f"{data.name}:{','.join(names)}", tuple(names), *splits, fingerprint(*splits), data.notes)


def _choose(split: Split, classes: list[int]) -> Split:
    chosen = np.flatnonzero(np.isin(split.labels, classes))
    relabel = np.full(max(split.labels.max(), *classes) + 1, -1, np.int32)
    relabel[classes] = np.arange(len(classes))
    return Split(split.images[chosen], relabel[split.labels[chosen]])


def fingerprint(*splits: Split) -> str:
    """Return a SHA-256 (64 hex digits) of the splits' shapes, pixels and labels."""
    digest = hashlib.sha256()
    for split in splits:
        digest.update(repr(split.images.shape).encode())
        digest.update(np.ascontiguousarray(split.images))
        digest.update(np.ascontiguousarray(split.labels))
    return digest.hexdigest()


def folder_name(path: Path | str) -> str:
    """What a data set is called after its folder: the last part of the path, `.` and `..` resolved."""
    return Path(os.path.abspath(path)).name
