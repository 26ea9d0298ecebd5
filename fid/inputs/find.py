"""Whatever can be measured: image folders, arrays, data sets, run folders, saved moments; a function that samples."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.data.dataset import Dataset
from common.data.load import DATASETS, load_dataset
from common.errors import UserError
from common.system.files import expanded
from fid.inputs.array_file import check_images, open_array, open_file
from fid.inputs.image_folder import is_image_folder, open_folder
from fid.inputs.image_set import ImageSet, array_set
from fid.inputs.run_images import check_run, open_run
from fid.inputs.saved_moments import SavedMoments

KINDS = (
    "a folder of images, an .npy or .npz array, a run folder, saved moments (.npz), "
    "or a data set such as cifar10:train or photos:test"
)


@dataclass(frozen=True)
class Draw:
    """Which images of a set: how many (None: `default` of them, or all where there are fewer), and the seed."""

    count: int | None
    default: int
    seed: int = 0


Opener = Callable[[Draw], ImageSet | SavedMoments]
Sample = Callable[[int], np.ndarray]  # count -> images (count, H, W, 3) uint8
Images = np.ndarray | tuple[np.ndarray, np.ndarray] | Sample | ImageSet | SavedMoments | str | Path


def find_images(images: Images, name: str) -> Opener:
    """Find the images of a Python object, or by a name or path as in `find_input`.

    Args:
        images: an array (N, H, W, 3) uint8, or whatever NumPy makes one of; such an array and its labels (N,); a
            function that makes `count` images; a set that is open already; a name or a path.
        name: what to call images that have no name of their own.

    Raises:
        UserError: see `find_input`; and on opening, images that are not (N, H, W, 3) uint8.
    """
    if isinstance(images, str | Path):
        return find_input(str(images))
    if isinstance(images, ImageSet | SavedMoments):
        return lambda draw: _drawn(images, draw)
    if callable(images):
        return lambda draw: open_array(made(images, name, draw.count or draw.default), name)
    array, *labels = map(np.asarray, images if isinstance(images, tuple) else (images,))
    return lambda draw: _drawn(open_array(array, name, *labels), draw)


def find_input(text: str, resize: int | None = None) -> Opener:
    """Find a set by its name or path, without reading it; what is returned opens it.

    Args:
        text: a path, or the name and split of a data set.
        resize: bring the images of a folder or a data set to this height and width first.

    Raises:
        UserError: nothing of that name; and on opening, too few images, or a file that is damaged or not what it
            should be.
    """
    path = expanded(text)
    if (path / "config.json").is_file() or (path / "generator.keras").is_file():
        check_run(path, text)
        return lambda draw: open_run(path, text, draw.count or draw.default, draw.seed)
    if path.is_dir():
        if not is_image_folder(path):
            raise UserError(f"{text} is a folder with neither images nor a generator.keras in it")
        return lambda draw: _drawn(open_folder(path, text, resize), draw)
    if path.is_file() and path.suffix in (".npy", ".npz"):
        return lambda draw: _drawn(open_file(path, text), draw)
    if path.exists():
        raise UserError(f"{text} is of no known kind; A and B are each {KINDS}")
    name, _, split = text.rpartition(":")
    if text.partition(":")[0] not in DATASETS:
        raise UserError(f"{text} does not exist; A and B are each {KINDS}")
    if split not in ("train", "test"):
        raise UserError(f"{text}: say which split, {text}:train or {text}:test")
    return lambda draw: _drawn(_open_dataset(text, name, split, resize), draw)


def made(sample: Sample, name: str, count: int) -> np.ndarray:
    """Let a function make `count` images, (count, H, W, 3) uint8.

    Raises:
        UserError: it made more or fewer, or something else.
    """
    images = np.asarray(sample(count))
    check_images(name, images)
    if len(images) != count:
        raise UserError(f"{name}: asked for {count:,} images, the function made {len(images):,}")
    return images


def _drawn(source: ImageSet | SavedMoments, draw: Draw) -> ImageSet | SavedMoments:
    if isinstance(source, SavedMoments):
        return source
    count = min(draw.default, len(source)) if draw.count is None else draw.count
    return source.draw(count, draw.seed)


def _open_dataset(text: str, name: str, split: str, resize: int | None) -> ImageSet:
    return dataset_set(load_dataset(name, resize) if resize else load_dataset(name), split, text)


def dataset_set(dataset: Dataset, split: str, name: str | None = None) -> ImageSet:
    """The images of a data set's split, `train` or `test`, with their labels; called `name`, or NAME:SPLIT."""
    part, fingerprint = getattr(dataset, split), f"{dataset.fingerprint} {split}"
    name = name or f"{dataset.name}:{split}"
    return array_set(name, split, fingerprint, part.images, part.labels, dataset.class_names)
