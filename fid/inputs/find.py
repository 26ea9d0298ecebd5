"""What the command measures, by name: image folders, arrays, data sets, run folders, saved moments."""

import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.data.datasets import dataset_names, load_dataset
from common.errors import UserError
from fid.inputs.image_folder import is_image_folder, open_folder
from fid.inputs.image_set import ImageSet
from fid.inputs.run_images import check_run, open_run

KINDS = (
    "a folder of images, an .npy or .npz array, a run folder, saved moments (.npz), "
    "or a data set such as cifar10:train or photos:test"
)


@dataclass(frozen=True)
class SavedMoments:
    """Mean (D,) and covariance (D, D) from a file; `count` is None where the file does not say."""

    name: str
    mean: np.ndarray
    covariance: np.ndarray
    count: int | None
    conditions: str = ""  # JSON: what they were computed under, where this project wrote them

    @property
    def split(self) -> str:
        """Where the images came from: the file does not say."""
        return "-"


@dataclass(frozen=True)
class Draw:
    """Which images of a set: how many (None: `default` of them, or all where there are fewer), and the seed."""

    count: int | None
    default: int
    seed: int = 0


Opener = Callable[[Draw], ImageSet | SavedMoments]


def find_input(text: str, resize: int | None = None) -> Opener:
    """Find a set by its name or path, without reading it; what is returned opens it.

    Args:
        text: a path, or the name and split of a data set.
        resize: bring the images of a folder or a data set to this height and width first.

    Raises:
        UserError: nothing of that name; and on opening, too few images, or a file that is damaged or not what it
            should be.
    """
    path = Path(text).expanduser()
    if (path / "config.json").is_file() or (path / "generator.keras").is_file():
        check_run(path, text)
        return lambda draw: open_run(path, text, draw.count or draw.default, draw.seed)
    if path.is_dir():
        if not is_image_folder(path):
            raise UserError(f"{text} is a folder with neither images nor a generator.keras in it")
        return lambda draw: _drawn(open_folder(path, text, resize), draw)
    if path.is_file() and path.suffix in (".npy", ".npz"):
        return lambda draw: _drawn(_open_file(path, text), draw)
    if path.exists():
        raise UserError(f"{text} is of no known kind; A and B are each {KINDS}")
    name, _, split = text.partition(":")
    if name not in dataset_names():
        raise UserError(f"{text} does not exist; A and B are each {KINDS}")
    if split not in ("train", "test"):
        raise UserError(f"{text}: say which split, {name}:train or {name}:test")
    return lambda draw: _drawn(_open_dataset(text, name, split, resize), draw)


def _drawn(source: ImageSet | SavedMoments, draw: Draw) -> ImageSet | SavedMoments:
    if isinstance(source, SavedMoments):
        return source
    count = min(draw.default, len(source)) if draw.count is None else draw.count
    return source.draw(count, draw.seed)


def _open_dataset(text: str, name: str, split: str, resize: int | None) -> ImageSet:
    dataset = load_dataset(name, resize) if resize else load_dataset(name)
    part = getattr(dataset, split)
    return _array_set(text, split, f"{dataset.fingerprint} {split}", part.images, part.labels, dataset.class_names)


def _array_set(name, split, fingerprint, images, labels=None, class_names=()) -> ImageSet:
    return ImageSet(
        name,
        split,
        fingerprint,
        *images.shape[1:3],
        np.arange(len(images)),
        lambda indices: np.asarray(images[indices]),
        labels=labels,
        class_names=class_names,
    )


def _open_file(path: Path, name: str) -> ImageSet | SavedMoments:
    try:
        if path.suffix == ".npy":
            arrays = {"": np.load(path, mmap_mode="r", allow_pickle=False)}
        else:
            with np.load(path, allow_pickle=False) as stored:
                arrays = dict(stored)
    except (OSError, ValueError, EOFError, TypeError, AttributeError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"{name} is damaged, or no {path.suffix} file: {error}") from error
    for mean, covariance in (("mean", "covariance"), ("mean", "cov"), ("mu", "sigma")):
        if mean in arrays and covariance in arrays:
            return _moments(name, arrays[mean], arrays[covariance], arrays)
    images, labels = _images(name, arrays), arrays.get("labels")
    if labels is not None and (labels.shape != (len(images),) or not np.issubdtype(labels.dtype, np.integer)):
        raise UserError(f"{name}: labels must be {len(images)} integers, got {labels.dtype} of shape {labels.shape}")
    _check_images(name, images)
    digest = hashlib.sha256(repr(images.shape).encode())
    largest = 0
    for start in range(0, len(images), 1024):
        chunk = np.ascontiguousarray(images[start : start + 1024])
        largest = max(largest, int(chunk.max()))
        digest.update(chunk)
    if largest <= 1:
        raise UserError(f"{name} holds uint8 values from 0 to {largest}; images go from 0 to 255")
    return _array_set(name, "-", digest.hexdigest(), images, labels)


def _images(name: str, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Return the array of images of a file: the only one, or the one called `images` or `arr_0`."""
    candidates = {key: array for key, array in arrays.items() if key != "labels"}
    for key in ("images", "arr_0"):
        if key in candidates:
            return candidates[key]
    if len(candidates) != 1:
        raise UserError(
            f"{name} holds {', '.join(sorted(arrays)) or 'nothing'}; images are looked for under 'images', "
            f"moments under 'mean', 'covariance' and 'count', or 'mu' and 'sigma'"
        )
    return next(iter(candidates.values()))


def _check_images(name: str, images: np.ndarray) -> None:
    shape = images.shape
    if images.ndim == 4 and shape[1] == 3 and shape[3] != 3:
        raise UserError(f"{name} has the shape {shape}: channels come last here, (N, H, W, 3); transpose it")
    if images.ndim != 4 or shape[3] != 3 or 0 in shape:
        kind = " (grey)" if images.ndim == 3 or shape[-1:] == (1,) else " (RGBA)" if shape[-1:] == (4,) else ""
        raise UserError(f"{name} has the shape {shape}{kind}; images are (N, H, W, 3), RGB")
    if images.dtype != np.uint8:
        found = f"{images.dtype} from {_number(images.min())} to {_number(images.max())}"
        raise UserError(f"{name} holds {found}; images are uint8 from 0 to 255{_advice(images)}")


def _advice(images: np.ndarray) -> str:
    """How to make uint8 of floats in one of the usual ranges."""
    low, high = float(images.min()), float(images.max())
    if not np.issubdtype(images.dtype, np.floating) or not -1 <= low <= high <= 1:
        return ""
    scaled = "(x + 1) * 127.5" if low < 0 else "x * 255"
    return f". If that is {'[-1, 1]' if low < 0 else '[0, 1]'}: np.rint({scaled}).astype(np.uint8)"


def _number(value: np.generic) -> str:
    return f"{float(value):.4g}"


def _moments(name: str, mean: np.ndarray, covariance: np.ndarray, arrays: dict[str, np.ndarray]) -> SavedMoments:
    numeric = all(np.issubdtype(x.dtype, np.floating) for x in (mean, covariance))
    if not numeric or mean.ndim != 1 or covariance.shape != (mean.size, mean.size):
        raise UserError(
            f"{name}: mean and covariance must be floats of shape (D,) and (D, D), got "
            f"{mean.dtype} {mean.shape} and {covariance.dtype} {covariance.shape}"
        )
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise UserError(f"{name}: mean or covariance holds values that are not finite")
    count = int(arrays["count"]) if "count" in arrays else None
    return SavedMoments(name, mean, covariance, count, str(arrays.get("conditions", "")))
