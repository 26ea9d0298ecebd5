"""One picture: what becomes of every mode, size and kind of damage."""

import io

import numpy as np
import pytest
from PIL import Image

from common.data.decoding import BrokenPicture, decode

PIXELS = np.random.RandomState(0).randint(0, 256, (16, 16, 3), np.uint8)


def encoded(image, kind="PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_a_picture_of_the_size_asked_for_keeps_every_pixel():
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True}), ("BMP", {}), ("TIFF", {}), ("PPM", {})):
        for crop in ("center", "stretch"):
            picture = decode(encoded(Image.fromarray(PIXELS), kind, **options), 16, crop)
            np.testing.assert_array_equal(picture.pixels, PIXELS)
            assert (picture.converted, picture.enlarged) == ("", False) and picture.pixels.dtype == np.uint8
    lossy = decode(encoded(Image.new("RGB", (16, 16), (200, 100, 50)), "JPEG", quality=95), 16).pixels.astype(int)
    assert np.abs(lossy - (200, 100, 50)).max() <= 3


def test_crop_takes_the_square_in_the_middle_and_stretch_the_whole():
    wide = np.zeros((16, 48, 3), np.uint8)
    wide[:, 16:32] = PIXELS
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(wide)), 16, "center").pixels, PIXELS)
    assert (decode(encoded(Image.fromarray(wide)), 16, "stretch").pixels[:, [0, -1]] == 0).all()


def test_resizing_is_antialiased():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    small = decode(encoded(Image.fromarray(stripes)), 16).pixels.astype(int)
    assert np.abs(small[:, 2:-2] - 128).max() < 8  # a plain bicubic would pick black or white


def test_a_photograph_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held sideways
    np.testing.assert_array_equal(
        decode(encoded(Image.fromarray(PIXELS), exif=exif), 16).pixels, np.rot90(PIXELS, axes=(1, 0))
    )


@pytest.mark.parametrize(
    ("mode", "name"), [("L", "grey"), ("1", "black and white"), ("P", "a palette image"), ("RGBA", "RGBA")]
)
def test_other_modes_become_rgb_and_say_so(mode, name):
    original = Image.fromarray(PIXELS).convert(mode)
    picture = decode(encoded(original), 16)
    assert picture.converted == name
    np.testing.assert_array_equal(picture.pixels, np.asarray(original.convert("RGB")))


def test_transparent_pixels_become_white():
    transparent = np.dstack([PIXELS, np.zeros((16, 16), np.uint8)])
    assert (decode(encoded(Image.fromarray(transparent)), 16).pixels == 255).all()


def test_of_16_bits_the_upper_8_are_kept():
    values = np.random.RandomState(1).randint(0, 1 << 16, (16, 16)).astype(np.uint16)
    picture = decode(encoded(Image.fromarray(values)), 16)
    assert picture.converted == "16 bits a channel"
    np.testing.assert_array_equal(picture.pixels, np.repeat((values >> 8).astype(np.uint8)[..., None], 3, 2))


def test_a_single_pixel_is_enlarged_and_says_so():
    picture = decode(encoded(Image.new("RGB", (1, 1), (1, 2, 3))), 16)
    assert picture.enlarged and (picture.pixels == (1, 2, 3)).all()


FRAMES = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue", "green")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"these are words\n", "no picture"),
        (encoded(Image.fromarray(PIXELS))[:300], "damaged"),
        (encoded(Image.fromarray(np.tile(PIXELS, (8, 8, 1))), "JPEG")[:2000], "damaged.*truncated"),
        (encoded(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]), "no picture"),
        (encoded(FRAMES[0], "PNG", save_all=True, append_images=FRAMES[1:]), r"animation.*\(3\)"),
        (encoded(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:]), r"animation.*\(3\)"),
        (encoded(Image.fromarray(np.zeros((4, 4), np.float32)), "TIFF"), "floating-point"),
        (b"P6 30000 30000 255\n", "too large"),
    ],
)
def test_what_is_broken(data, message):
    with pytest.raises(BrokenPicture, match=message):
        decode(data, 16)
