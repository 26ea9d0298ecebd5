"""`digits`: the same bytes everywhere, legible, and test fonts that no training image shows."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from common.data.class_labels import find_label
from common.data.dataset import fingerprint
from common.data.digits import CLASS_NAMES, GROUNDS, INKS, MASK, TEST_FONTS, TRAIN_FONTS, digits, read_masks
from common.data.load import load_dataset
from common.data.outlines import fill, read_glyphs
from common.errors import UserError

FONTS = Path(find_spec("matplotlib").origin).parent / "mpl-data" / "fonts" / "ttf"


@pytest.fixture(scope="module")
def data():
    return load_dataset("digits")


def test_the_same_bytes_everywhere(data, monkeypatch):
    """Those of the cache, and those drawn now: a tenth of them, which other random numbers make other ones."""
    assert data.fingerprint == "de10637e71244264bba55f9ee41ceb8adedff4562e41a1ee94c361e61ecf612d"
    assert data.fingerprint == fingerprint(data.train, data.test)
    monkeypatch.setattr("common.data.digits.TRAIN_IMAGES", 1000)
    monkeypatch.setattr("common.data.digits.TEST_IMAGES", 200)
    assert digits().fingerprint == "286e6aa716a1cd4c449c6cc372d4cb1b1958ca751cbd5ec5ff02085f0f04d85c"


def test_every_digit_as_often(data):
    assert data.train.images.shape == (10_000, 32, 32, 3) and data.train.images.dtype == np.uint8
    assert data.test.images.shape == (2_000, 32, 32, 3) and data.test.images.dtype == np.uint8
    assert (np.bincount(data.train.labels) == 1000).all() and (np.bincount(data.test.labels) == 200).all()
    assert [data.class_names[find_label(str(digit), data.class_names)] for digit in range(10)] == list("0123456789")


def test_all_fonts_with_digits_are_in_one_split():
    from fontTools.ttLib import TTFont

    with_digits = set()
    for path in FONTS.glob("*.ttf"):
        with TTFont(path) as font:
            names = {font.getBestCmap().get(ord(digit), "") for digit in CLASS_NAMES}
        if {"zero", "seven"} <= names or "zerooldstyle" in names:  # not symbols in the digits' places
            with_digits.add(path.stem)
    assert {*TRAIN_FONTS, *TEST_FONTS} == with_digits and not {*TRAIN_FONTS} & {*TEST_FONTS}


def test_no_font_is_another_ones_copy():
    masks = {font: np.array(read_masks(font)).tobytes() for font in TRAIN_FONTS + TEST_FONTS}
    assert len({*masks.values()}) == len(masks)


def ink(images):
    """Where the digits are: (N, H, W) bool, brighter than half-way between an image's darkest and brightest."""
    grey = images.sum(3, dtype=int)
    return 2 * grey > grey.min((1, 2), keepdims=True) + grey.max((1, 2), keepdims=True)


def test_colours_are_few_and_far_apart(data):
    images = data.train.images[::5]
    corner = images[:, 0, 0]  # the ground, but where a digit reaches into it
    shares = [(corner == ground).all(1).mean() for ground in GROUNDS]
    assert min(shares) > 0.2 and sum(shares) > 0.98
    pixels = images.reshape(len(images), -1, 3)
    brightest = pixels[np.arange(len(pixels)), pixels.sum(2, dtype=int).argmax(1)]
    shares = [(brightest == colour).all(1).mean() for colour in INKS]
    assert min(shares) > 0.2 and sum(shares) > 0.98
    dark, bright = (np.dot(colours, (0.2126, 0.7152, 0.0722)) for colours in (GROUNDS, INKS))
    assert bright.min() - dark.max() > 100


def test_digits_are_whole(data):
    covered = ink(data.train.images[::5])
    assert 0.08 < covered.mean() < 0.2
    assert covered.any((1, 2)).all() and covered[:, [0, -1]].mean() < 0.02 and covered[:, :, [0, -1]].mean() < 0.02


def test_sizes_have_a_limit():
    with pytest.raises(UserError, match="digits has no 128x128 images; the largest size is 64"):
        digits(128)


def test_a_missing_font_is_named(monkeypatch, tmp_path):
    with pytest.raises(UserError, match=r"font Comic\.ttf is missing"):
        read_masks("Comic")


def test_glyphs_fill_their_box_and_have_their_holes():
    (zero, one, eight) = read_glyphs(FONTS / "DejaVuSans.ttf", "018", MASK)
    for mask in (zero, one, eight):
        assert mask.shape == (MASK, MASK) and mask[0].any() and mask[-1].any()
    middle = zero[MASK // 2]
    assert not middle[MASK // 2] and np.count_nonzero(np.diff(middle.astype(int))) == 4  # left side, hole, right side
    assert one[:, MASK // 2].mean() > 0.9
    assert (
        np.count_nonzero(np.diff(eight[:, MASK // 2].astype(int))) == 4
    )  # from edge to edge: ink, hole, ink, hole, ink


def square(low, high, clockwise=False):
    corners = [(low, low), (high, low), (high, high), (low, high)]
    return corners[::-1] if clockwise else corners


def test_polygons_are_filled_by_winding():
    assert fill([square(0, 100)], 10).all()
    ring = fill([square(0, 100), square(30, 70, clockwise=True)], 10)
    expected = np.ones((10, 10), bool)
    expected[3:7, 3:7] = False
    np.testing.assert_array_equal(ring, expected)
    assert fill([square(0, 100), square(30, 70)], 10).all()  # the same turn twice: no hole
    triangle = fill([[(0, 0), (100, 0), (0, 100)]], 10)  # the lower left half; its edge goes through pixels' middles
    np.testing.assert_array_equal(triangle, np.tri(10, k=-1, dtype=bool))
