"""Data sets too large for memory: decoded once into one file of pixels, which is mapped, not read."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from common.data.dataset import Dataset, Split, fingerprint
from common.errors import UserError
from common.system.files import Damaged, cache_dir, load_arrays, replacing, save_arrays
from common.system.json_text import parse_json
from common.system.progress import ImageProgress

Example = tuple[np.ndarray, int]  # pixels (size, size, 3) uint8, label


def load_mapped(
    name: str,
    key: tuple[str, str],
    image_size: int,
    class_names: Sequence[str],
    splits: Sequence[Iterable[Example]],
    finish: Callable[[], Sequence[str]] = tuple,
) -> Dataset:
    """Map a data set from the cache; if it is not there, write it there first, an image at a time.

    The file of pixels (N, size, size, 3) uint8, train then test, is written first and the small one beside it, which
    says what it is, last; each is whole or absent.

    Args:
        name: of the data set.
        key: which data set under which settings, and a hash of its content. What the cache holds of another content
            is deleted.
        image_size: height and width in pixels.
        class_names: in the order of the labels.
        splits: train and test; not touched where the cache has them.
        finish: called when all images are written; returns notes for the user, or raises to give up.

    Raises:
        UserError: the cache cannot be written.
    """
    setting, content = key
    stem = cache_dir() / "datasets" / f"{setting}-{content}"
    data = _open(stem, name, image_size, class_names)
    if data is None:
        try:
            _write(stem, image_size, splits, finish)
        except OSError as error:
            raise UserError(
                f"the images cannot be kept in {stem.parent}: {error.strerror or error}; "
                "CIFAR_GANS_CACHE can name another folder"
            ) from error
        for old in stem.parent.glob(f"{setting}-*"):
            if old.stem != stem.name:
                old.unlink(missing_ok=True)
        data = _open(stem, name, image_size, class_names)
    return data


def _open(stem: Path, name: str, size: int, class_names: Sequence[str]) -> Dataset | None:
    index = stem.with_suffix(".npz")
    if not index.exists():
        return None
    try:
        arrays = load_arrays(index)
        meta, labels = parse_json(str(arrays["meta"])), (arrays["train_labels"], arrays["test_labels"])
        train, test = _map(stem.with_suffix(".pixels"), size, labels)
        if fingerprint(train, test) != meta["fingerprint"]:  # reads what training will read anyway, from the disk once
            raise Damaged("its pixels are others")
        return Dataset(name, tuple(class_names), train, test, meta["fingerprint"], tuple(map(str, meta["notes"])))
    except (OSError, Damaged, KeyError, TypeError, ValueError, UserError):
        print(f"note: {index} or its pixels are damaged; preparing the data again")
        return None


def _write(stem: Path, size: int, splits: Sequence[Iterable[Example]], finish: Callable[[], Sequence[str]]) -> None:
    pixels = stem.with_suffix(".pixels")
    with replacing(pixels) as temporary:
        with open(temporary, "wb") as file:
            progress = ImageProgress("prepared")
            labels = [_append(file, examples, progress) for examples in splits]
        notes = finish()
    meta = json.dumps({"fingerprint": fingerprint(*_map(pixels, size, labels)), "notes": list(notes)})
    save_arrays(stem.with_suffix(".npz"), meta=np.array(meta), train_labels=labels[0], test_labels=labels[1])


def _append(file: BinaryIO, examples: Iterable[Example], progress: ImageProgress) -> np.ndarray:
    labels = []
    for pixels, label in examples:
        file.write(np.ascontiguousarray(pixels))
        labels.append(label)
        progress.add(1)
    return np.array(labels, np.int32)


def _map(path: Path, size: int, labels: Sequence[np.ndarray]) -> list[Split]:
    train = len(labels[0])
    images = np.memmap(path, np.uint8, "r", shape=(train + len(labels[1]), size, size, 3))
    return [Split(images[:train], labels[0]), Split(images[train:], labels[1])]
