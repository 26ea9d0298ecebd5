"""Sets of images from a folder of image files: every file is RGB with 8 bits a channel, or named in an error."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from common.data.decoding import BrokenPicture, fit, kind, load, open_picture
from common.data.image_files import SPLITS, SUFFIXES, is_image, read_file, relative_name, walk
from common.errors import UserError
from fid.inputs.image_set import ImageSet


def is_image_folder(path: Path) -> bool:
    """Whether the folder, or a folder in it, has image files."""
    return any(_image_files(path))


def open_folder(path: Path, name: str, resize: int | None = None) -> ImageSet:
    """Open `*.png` and the like, either flat or one folder a class, ordered by path.

    Args:
        path: the folder.
        name: what to call it.
        resize: bring every image to this height and width first, by the rule of `--data PATH` in training: the square
            in the middle, antialiased bicubic.

    Raises:
        UserError: no images, mixed sizes without `resize`, or a file that is damaged or not RGB with 8 bits a channel.
    """
    files = sorted(_image_files(path), key=lambda file: relative_name(file, path))
    if not files:
        raise UserError(f"{path} holds no images ({', '.join(SUFFIXES)})")
    labels, class_names = _classes(path, files)
    digest = hashlib.sha256(f"folder center resize={resize}".encode())
    shape = None
    for file in files:
        data = _bytes(file)
        digest.update(os.fsencode(f"{relative_name(file, path)} {len(data)}\n"))
        digest.update(data)
        size = (resize, resize) if resize else _size(file, data)
        if shape is None:
            shape = size
        elif size != shape:
            raise UserError(
                f"{path} mixes image sizes: {files[0].name} is {_text(shape)}, {file.name} is {_text(size)}; "
                f"--resize SIZE brings all of them to one"
            )

    def read(indices: np.ndarray) -> np.ndarray:
        return np.stack([_decode(files[index], resize) for index in indices])

    split = path.name if path.name in SPLITS else "-"
    return ImageSet(
        name, split, digest.hexdigest(), *shape, np.arange(len(files)), read, labels=labels, class_names=class_names
    )


def _image_files(path: Path) -> Iterator[Path]:
    return (file for file in walk(path) if is_image(file))


def _classes(path: Path, files: list[Path]) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Return labels and class names where every image lies in a class's folder; no labels where all lie flat."""
    parents = [file.relative_to(path).parent for file in files]
    depths = {len(parent.parts) for parent in parents}
    if depths == {0}:
        return None, ()
    names = tuple(sorted({str(parent) for parent in parents}))
    if depths != {1} or set(names) <= set(SPLITS):
        raise UserError(
            f"{path} has images in {', '.join(names[:4])}: name one folder, flat or with one folder a class"
        )
    return np.array([names.index(str(parent)) for parent in parents], np.int32), names


def _bytes(file: Path) -> bytes:
    try:
        return read_file(file)
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror or error}") from error


def _size(file: Path, data: bytes) -> tuple[int, int]:
    """Return height and width, from the file's header alone."""
    with _open(file, data) as image:
        return image.height, image.width


def _decode(file: Path, resize: int | None) -> np.ndarray:
    with _open(file, _bytes(file)) as image:
        try:
            load(image)
        except BrokenPicture as error:
            raise UserError(f"{file} is {error}") from error
        return np.asarray(fit(image, resize) if resize else image)


def _open(file: Path, data: bytes) -> Image.Image:
    try:
        image = open_picture(data)
    except BrokenPicture as error:
        raise UserError(f"{file} is damaged, or no image at all") from error
    other = kind(image)
    if other == "16 bits a channel":  # Pillow would drop the lower 8
        raise UserError(f"{file} has 16 bits a channel, not 8; convert it first")
    if other:
        raise UserError(f"{file} is {other}, not RGB; convert it to RGB first")
    return image


def _text(size: tuple[int, int]) -> str:
    return f"{size[1]}x{size[0]}"
