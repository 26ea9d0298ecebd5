"""`digits`: 0 to 9 in the fonts inside matplotlib's wheel, at random places and angles, in a few colours; no download.

The same bytes anywhere: the fonts' outlines are filled by `common.data.outlines`, in whole numbers as all else here,
and the random numbers come from NumPy's frozen legacy generator.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from common.data.array_cache import cached
from common.data.dataset import Dataset, Split, fingerprint
from common.errors import UserError

# All of matplotlib's fonts that have digits. Those of the test images: sans, bold, slanted, script, typewriter.
TRAIN_FONTS = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-BoldOblique", "DejaVuSansMono", "DejaVuSansMono-Bold",
    "DejaVuSansMono-BoldOblique", "DejaVuSansMono-Oblique", "DejaVuSerif", "DejaVuSerif-BoldItalic",
    "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralBolIta", "STIXGeneralItalic", "cmb10", "cmmi10", "cmr10", "cmss10",
)  # fmt: skip
TEST_FONTS = ("DejaVuSans-Oblique", "DejaVuSerif-Bold", "STIXGeneralBol", "cmti10", "cmtt10")
CLASS_NAMES = tuple("0123456789")
TRAIN_IMAGES, TEST_IMAGES = 10_000, 2_000
GROUNDS = ((24, 32, 88), (96, 20, 44), (12, 72, 56), (32, 32, 36))  # blue, red, green, black
INKS = ((248, 248, 240), (252, 212, 56), (112, 208, 252), (255, 148, 172))  # white, yellow, sky, pink
SMALLEST, LARGEST = 22, 27  # a digit's longer side, in 32nds of the picture's
TILT = 16  # at most, the tangent in 64ths: 14 degrees
LARGEST_SIZE = 64
MASK = 128  # height and width in which a font's digit is filled, once
POINTS = 4  # a pixel's colour is the mean of 4x4 points


def load_digits(image_size: int, crop: str = "center") -> Dataset:
    """Return the data set from the cache, or prepare it (see `digits`); `crop` has no meaning here."""
    return cached("digits", f"digits-{image_size}-v1", lambda: digits(image_size))


def digits(image_size: int = 32, seed: int = 0) -> Dataset:
    """Draw every digit equally often, each time in a random font, place, height, tilt and colour, on a dark ground.

    Returns:
        10,000 train and 2,000 test images (image_size, image_size, 3) uint8, the test images in other fonts.

    Raises:
        UserError: the size is above 64, or a font is missing from matplotlib.
    """
    if image_size > LARGEST_SIZE:
        raise UserError(f"digits has no {image_size}x{image_size} images; the largest size is {LARGEST_SIZE}")
    random = np.random.RandomState(seed)
    train = _split(TRAIN_FONTS, TRAIN_IMAGES, image_size, random)
    test = _split(TEST_FONTS, TEST_IMAGES, image_size, random)
    return Dataset("digits", CLASS_NAMES, train, test, fingerprint(train, test))


def _split(fonts: tuple[str, ...], count: int, size: int, random: np.random.RandomState) -> Split:
    masks = [read_masks(font) for font in fonts]
    labels = np.repeat(np.arange(len(CLASS_NAMES), dtype=np.int32), count // len(CLASS_NAMES))
    images = np.empty((len(labels), size, size, 3), np.uint8)
    for image, label in zip(images, labels, strict=True):
        covered = _place(masks[random.randint(len(fonts))][label], size, random)
        ground, ink = (np.array(colours[random.randint(len(colours))]) for colours in (GROUNDS, INKS))
        image[:] = ground + covered[..., None] * (ink - ground) // POINTS**2
    return Split(images, labels)


def _place(mask: np.ndarray, size: int, random: np.random.RandomState) -> np.ndarray:
    """Put a digit into a picture: how many points of each pixel it covers, (size, size) int64."""
    whole = 2 * POINTS * size  # lengths are in halves of the distance between two points
    height = random.randint(SMALLEST * whole // 32, LARGEST * whole // 32 + 1)
    room = (whole - height) // 2
    right, down, tilt = (random.randint(-most, most + 1) for most in (room, room, TILT))
    points = np.arange(1 - size * POINTS, size * POINTS, 2, np.int32)
    x, y = points[None, :] - right, points[:, None] - down
    column, row = ((64 * a + tilt * b) * MASK // (64 * height) + MASK // 2 for a, b in ((x, y), (y, -x)))
    # One row and column beyond the mask are empty, as is everything further out.
    covered = np.pad(mask, 1)[(row + 1).clip(0, MASK + 1), (column + 1).clip(0, MASK + 1)]
    return covered.reshape(size, POINTS, size, POINTS).sum((1, 3))


def read_masks(font: str) -> list[np.ndarray]:
    """Read the ten digits of one of matplotlib's fonts, each (MASK, MASK) bool.

    Raises:
        UserError: matplotlib has no such font.
    """
    from common.data.outlines import read_glyphs  # a tenth of a second, and only needed once

    path = Path(find_spec("matplotlib").origin).parent / "mpl-data" / "fonts" / "ttf" / f"{font}.ttf"
    if not path.exists():
        raise UserError(f"matplotlib's font {path.name} is missing; install matplotlib again")
    return read_glyphs(path, CLASS_NAMES, MASK)
