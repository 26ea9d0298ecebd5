"""Grids of images, and single images, as PNG."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import imageio.v3 as iio
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from common.figures.animation import GIF_PIXELS
from common.system.files import write_bytes
from common.system.names import printable

MOST_COLUMNS = 10  # of a grid beside names
NAME_PIXELS = 96  # at most, for the names of classes beside a grid
GAP = 2  # between the images of a grid


def grid(
    images: np.ndarray, columns: int, gap: int = GAP, frames: Mapping[int, tuple[int, int, int]] | None = None
) -> np.ndarray:
    """Lay images (N, H, W, 3) uint8 out in rows on white; empty places stay white.

    Args:
        images: in the order of reading.
        columns: images of a row.
        gap: pixels between them.
        frames: RGB colours by image, of frames half a gap wide.
    """
    count, height, width, _ = images.shape
    rows = -(-count // columns)
    canvas = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, 3), 255, np.uint8)
    for index, image in enumerate(images):
        top = gap + index // columns * (height + gap)
        left = gap + index % columns * (width + gap)
        if frames and index in frames:
            edge = gap // 2
            canvas[top - edge : top + height + edge, left - edge : left + width + edge] = frames[index]
        canvas[top : top + height, left : left + width] = image
    return canvas


def labelled_grid(images: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Lay images (rows * columns, H, W, 3) uint8 out in a row a name, with the name at its left."""
    picture = grid(images, len(images) // len(names))
    font, width = _name_font(), _names_width(names)
    margin = Image.new("RGB", (width, len(picture)), "white")
    draw = ImageDraw.Draw(margin)
    for row, name in enumerate(names):
        middle = GAP + row * (images.shape[1] + GAP) + images.shape[1] / 2
        draw.text((width - 4, middle), _shortened(name, font), "black", font, anchor="rm")
    return np.concatenate([np.asarray(margin), picture], axis=1)


def columns_beside(names: Sequence[str], image_size: int) -> int:
    """How many images fit beside the names in a frame of the GIF, so that it need not be halved; 1 to 10."""
    return max(1, min(MOST_COLUMNS, (GIF_PIXELS - _names_width(names) - GAP) // (image_size + GAP)))


def first_columns(picture: Image.Image, names: Sequence[str], image_size: int, columns: int) -> Image.Image:
    """The first columns of a grid's picture; itself where it has no more, or is laid out in another way.

    Args:
        picture: of `grid`, or with names of `labelled_grid`.
        names: at its left; () where it has none.
        image_size: pixels of an image.
        columns: to be kept.
    """
    left, cell = _names_width(names) if names else 0, image_size + GAP
    width = left + columns * cell + GAP
    if (picture.width - left - GAP) % cell or picture.width <= width:
        return picture
    return picture.crop((0, 0, width, picture.height))


def save_image(path: Path, image: np.ndarray) -> None:
    """Write one image (H, W, 3) uint8 as PNG."""
    # Not by imageio's own file: where the disk is full, closing it prints a traceback.
    write_bytes(path, iio.imwrite("<bytes>", image, extension=".png"))


def _name_font() -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(12)


def _names_width(names: Sequence[str]) -> int:
    font = _name_font()
    return 8 + max(int(font.getlength(_shortened(name, font)) + 1) for name in names)


def _shortened(name: str, font: ImageFont.FreeTypeFont) -> str:
    name = printable(name)
    if font.getlength(name) <= NAME_PIXELS:
        return name
    while name and font.getlength(name + "...") > NAME_PIXELS:
        name = name[:-1]
    return name + "..."
