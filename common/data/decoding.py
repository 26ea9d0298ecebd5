"""One picture file: bytes in, RGB pixels out, cut and resized by one stated rule."""

import io
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "PPM")


class BrokenPicture(ValueError):
    """Bytes that are no picture, or not all of one; the message says which."""


class Picture(NamedTuple):
    """pixels: (size, size, 3) uint8; what was done to get there."""

    pixels: np.ndarray
    converted: str  # what it was where it was not RGB with 8 bits a channel: "grey", "RGBA" ...; else empty
    enlarged: bool


def decode(data: bytes, size: int, crop: str = "center") -> Picture:
    """Decode a picture and bring it to `size` x `size` pixels (see `fit`).

    Transparent pixels become white; of 16 bits a channel the upper 8 are kept.

    Raises:
        BrokenPicture: damaged, an animation, or of no format in `FORMATS`.
    """
    image = open_picture(data)
    try:
        if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":  # a JPEG as many phones write it
            raise BrokenPicture(f"an animation, or several pictures in one ({image.n_frames})")
        converted = kind(image)
        rgb = _to_rgb(load(image))
        enlarged = min(rgb.size) < size
        return Picture(np.asarray(fit(rgb, size, crop)), converted, enlarged)
    except BrokenPicture:
        raise
    except Exception as error:  # Pillow raises whatever the damage leads it to
        raise BrokenPicture(f"damaged: {error}") from error


def open_picture(data: bytes) -> Image.Image:
    """Read a picture's header.

    Raises:
        BrokenPicture: there is none, or it promises more pixels than Pillow takes for sane.
    """
    if not data:
        raise BrokenPicture("empty")
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise BrokenPicture("too large") from error
    except Exception as error:
        raise BrokenPicture("no picture, whatever its name says") from error


def load(image: Image.Image) -> Image.Image:
    """Decode the pixels of an opened picture.

    Raises:
        BrokenPicture: they are damaged or not all there.
    """
    try:
        image.load()
    except Exception as error:
        raise BrokenPicture(f"damaged: {error}") from error
    return image


def kind(image: Image.Image) -> str:
    """Name what an opened picture, not yet loaded, is other than RGB with 8 bits a channel; empty if it is that."""
    if image.mode.startswith("I") or (image.tile and "16" in str(image.tile[0][3])):
        return "16 bits a channel"
    names = {"RGB": "", "L": "grey", "1": "black and white", "LA": "grey with alpha", "P": "a palette image"}
    return names.get(image.mode, image.mode)


def fit(image: Image.Image, size: int, crop: str = "center") -> Image.Image:
    """Turn an RGB picture upright (EXIF), then bring it to a square by Pillow's antialiased bicubic resize.

    Args:
        image: in mode RGB.
        size: height and width of the result.
        crop: "center" resizes the largest square in the middle, "stretch" the whole picture.
    """
    ImageOps.exif_transpose(image, in_place=True)
    if crop == "center":
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side))
    return image if image.size == (size, size) else image.resize((size, size), Image.Resampling.BICUBIC)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "F":
        raise BrokenPicture("floating-point pixels, whose range is not known")
    if image.mode.startswith("I"):  # Pillow's own conversion would clip at 255
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 0xFFFF:
            raise BrokenPicture("32 bits a channel")
        image = Image.fromarray((values >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image if image.mode == "RGB" else image.convert("RGB")
