"""Every resize equals the code it is named after."""

import numpy as np
import pytest
from PIL import Image
from skimage.transform import resize as skimage_resize

from fid.networks.resize import bicubic, bilinear, legacy_bilinear, nearest

SIZES = [(32, 32), (64, 64), (33, 47), (149, 150), (299, 299), (400, 350)]


def images(height: int, width: int) -> np.ndarray:
    """(2, height, width, 3) float32, whole numbers from 0 to 255."""
    return np.random.default_rng(0).integers(0, 256, (2, height, width, 3)).astype(np.float32)


def two_taps(length: int, size: int, half_pixel: bool) -> np.ndarray:
    """The (size, length) matrix of a bilinear resize along one axis, by its definition."""
    matrix = np.zeros((size, length))
    for i in range(size):
        x = (i + 0.5) * length / size - 0.5 if half_pixel else i * length / size
        x = min(max(x, 0.0), length - 1.0)
        low = int(x)
        high = min(low + 1, length - 1)
        matrix[i, low] += 1 - (x - low)
        matrix[i, high] += x - low
    return matrix


@pytest.mark.parametrize("height, width", SIZES)
def test_nearest_equals_scikit_image_to_the_pixel(height, width):
    x = images(height, width)
    expected = [skimage_resize(image, (299, 299), order=0, anti_aliasing=False) for image in x]
    np.testing.assert_array_equal(nearest(x, 299), expected)


@pytest.mark.parametrize("height, width", SIZES)
@pytest.mark.parametrize("resize, half_pixel", [(bilinear, True), (legacy_bilinear, False)])
def test_bilinear_equals_its_definition(resize, half_pixel, height, width):
    x = images(height, width)
    rows, columns = two_taps(height, 299, half_pixel), two_taps(width, 299, half_pixel)
    expected = np.einsum("ih,nhwc,jw->nijc", rows, x, columns, optimize=True)
    np.testing.assert_allclose(resize(x, 299), expected, atol=0.01)


@pytest.mark.parametrize("height, width", SIZES)
def test_bicubic_equals_pillow_as_clean_fid_calls_it(height, width):
    x = images(height, width)
    channels = np.moveaxis(x, 3, 1).reshape(-1, height, width)
    resized = [np.asarray(Image.fromarray(c).resize((299, 299), Image.Resampling.BICUBIC)) for c in channels]
    expected = np.moveaxis(np.clip(resized, 0, 255).reshape(2, 3, 299, 299), 1, 3)
    np.testing.assert_allclose(bicubic(x, 299), expected, atol=0.01)


@pytest.mark.peer
def test_half_pixel_bilinear_equals_pytorch():
    torch = pytest.importorskip("torch", reason="torch is not installed (tests/requirements-peers.txt)")
    x = images(32, 32)
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(x).permute(0, 3, 1, 2), size=(299, 299), mode="bilinear", align_corners=False
    )
    np.testing.assert_allclose(bilinear(x, 299), expected.permute(0, 2, 3, 1), atol=1e-3)


def test_the_two_bilinears_differ():
    x = images(32, 32)
    assert np.abs(bilinear(x, 299) - legacy_bilinear(x, 299)).max() > 50
