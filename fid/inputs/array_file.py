"""Sets of images from an array, in memory or in an `.npy` or `.npz` file."""

import hashlib
from pathlib import Path

import numpy as np

from common.errors import UserError
from common.system.files import load_arrays
from fid.inputs.image_set import ImageSet, array_set
from fid.inputs.saved_moments import SavedMoments, read_moments


def open_file(path: Path, name: str) -> ImageSet | SavedMoments:
    """Open an array of images, uint8 (N, H, W, 3) with `labels` (N,) beside it or not, or saved moments.

    Raises:
        UserError: a file that is damaged, or holds neither.
    """
    try:
        whole = path.suffix == ".npz"
        arrays = load_arrays(path) if whole else {"": np.lib.format.open_memmap(path, mode="r")}
    except Exception as error:  # NumPy raises whatever the damage leads it to
        raise UserError(f"{name} is damaged, or no {path.suffix} file: {error}") from error
    moments = read_moments(name, arrays)
    if moments:
        return moments
    return open_array(_images(name, arrays), name, arrays.get("labels"))


def open_array(images: np.ndarray, name: str, labels: np.ndarray | None = None) -> ImageSet:
    """Make a set of images in an array.

    Args:
        images: (N, H, W, 3) uint8, in memory or mapped.
        name: what to call it.
        labels: (N,) integers.

    Raises:
        UserError: other types, shapes or values.
    """
    check_images(name, images)
    if labels is not None and (labels.shape != (len(images),) or not np.issubdtype(labels.dtype, np.integer)):
        raise UserError(f"{name}: labels must be {len(images)} integers, got {labels.dtype} of shape {labels.shape}")
    digest = hashlib.sha256(repr(images.shape).encode())
    largest = 0
    for start in range(0, len(images), 1024):
        chunk = np.ascontiguousarray(images[start : start + 1024])
        largest = max(largest, int(chunk.max()))
        digest.update(chunk)
    if largest <= 1:
        raise UserError(f"{name} holds uint8 values from 0 to {largest}; images go from 0 to 255")
    return array_set(name, "-", digest.hexdigest(), images, labels)


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


def check_images(name: str, images: np.ndarray) -> None:
    """Find out whether an array is (N, H, W, 3) uint8.

    Raises:
        UserError: it is not.
    """
    shape = images.shape
    if images.ndim == 4 and shape[1] == 3 and shape[3] != 3:
        raise UserError(f"{name} has the shape {shape}: channels come last here, (N, H, W, 3); transpose it")
    if images.ndim != 4 or shape[3] != 3 or 0 in shape:
        kind = " (grey)" if images.ndim == 3 or shape[-1:] == (1,) else " (RGBA)" if shape[-1:] == (4,) else ""
        raise UserError(f"{name} has the shape {shape}{kind}; images are (N, H, W, 3), RGB")
    if images.dtype != np.uint8:
        raise UserError(f"{name} holds {_found(images)}; images are uint8 from 0 to 255{_advice(images)}")


def _found(images: np.ndarray) -> str:
    """Its type and, of numbers, their range."""
    if not np.issubdtype(images.dtype, np.floating) and not np.issubdtype(images.dtype, np.integer):
        return str(images.dtype)
    return f"{images.dtype} from {_number(images.min())} to {_number(images.max())}"


def _advice(images: np.ndarray) -> str:
    """How to make uint8 of floats in one of the usual ranges."""
    if not np.issubdtype(images.dtype, np.floating):
        return ""
    low, high = float(images.min()), float(images.max())
    if not -1 <= low <= high <= 1:
        return ""
    scaled = "(x + 1) * 127.5" if low < 0 else "x * 255"
    return f". If that is {'[-1, 1]' if low < 0 else '[0, 1]'}: np.rint({scaled}).astype(np.uint8)"


def _number(value: np.generic) -> str:
    return f"{float(value):.4g}"
