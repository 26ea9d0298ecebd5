"""`photos`: random crops of ten photographs inside scikit-image's wheel; no download, the same bytes anywhere."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from common.data.array_cache import cached
from common.data.dataset import Dataset, Split, fingerprint
from common.errors import UserError

FILES = {
    "astronaut": "astronaut.png",
    "camera": "camera.png",
    "cat": "chelsea.png",
    "coffee": "coffee.png",
    "coins": "coins.png",
    "galaxies": "hubble_deep_field.jpg",
    "tissue": "ihc.png",
    "motorcycle": "motorcycle_left.png",
    "retina": "retina.jpg",
    "rocket": "rocket.jpg",
}
TRAIN_IMAGES, TEST_IMAGES = 10_000, 2_000
TRAIN_SHARE = 0.75  # of a photograph's columns, from the left; test crops come from the rest
LARGEST_SCALE = 6


def load_photos(image_size: int, crop: str = "center") -> Dataset:
    """Return the data set from the cache, or prepare it (see `photos`); `crop` has no meaning here."""
    return cached("photos", f"photos-{image_size}-v1", lambda: photos(image_size))


def photos(image_size: int = 32, seed: int = 0) -> Dataset:
    """Cut random crops at random scale out of ten photographs, one class a photograph.

    A crop of `scale * image_size` pixels is averaged in integers over `scale` x `scale` blocks, and the random numbers
    come from NumPy's frozen legacy generator, so the bytes are the same on every machine.

    Returns:
        10,000 train and 2,000 test images (image_size, image_size, 3) uint8, from disjoint regions of the photographs.

    Raises:
        UserError: the size is too large for the smallest photograph, or a photograph is missing from scikit-image.
    """
    random = np.random.RandomState(seed)
    train, test = [], []
    for name, file in FILES.items():
        picture = _read(name, file)
        border = int(picture.shape[1] * TRAIN_SHARE)
        train.append(_crops(picture[:, :border], TRAIN_IMAGES // len(FILES), image_size, random))
        test.append(_crops(picture[:, border:], TEST_IMAGES // len(FILES), image_size, random))
    splits = _split(train), _split(test)
    return Dataset("photos", tuple(FILES), *splits, fingerprint(*splits))


def _split(classes: list[np.ndarray]) -> Split:
    labels = np.repeat(np.arange(len(classes), dtype=np.int32), [len(images) for images in classes])
    return Split(np.concatenate(classes), labels)


def _read(name: str, file: str) -> np.ndarray:
    from imageio.v3 import imread

    folder = Path(find_spec("skimage").origin).parent / "data"  # not imported: that takes a second and is not needed
    if not (folder / file).exists():
        raise UserError(f"scikit-image's photograph {name} ({file}) is missing; install scikit-image again")
    picture = imread(folder / file)
    return np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture[..., :3]


def _crops(region: np.ndarray, count: int, size: int, random: np.random.RandomState) -> np.ndarray:
    height, width = region.shape[:2]
    largest = min(LARGEST_SCALE, height // size, width // size)
    if largest < 1:
        raise UserError(f"photos has no {size}x{size} images; the largest size is 64")
    # Sums over any rectangle from four corners of the running sums, whatever the scale (a summed-area table).
    table = np.zeros((height + 1, width + 1, 3), np.uint32)
    table[1:, 1:] = region.cumsum(0, np.uint32).cumsum(1, np.uint32)
    crops = np.empty((count, size, size, 3), np.uint8)
    for crop in crops:
        scale = random.randint(1, largest + 1)
        top = random.randint(0, height - scale * size + 1)
        left = random.randint(0, width - scale * size + 1)
        corners = table[top : top + scale * size + 1 : scale, left : left + scale * size + 1 : scale]
        sums = corners[1:, 1:] - corners[:-1, 1:] - corners[1:, :-1] + corners[:-1, :-1]
        crop[:] = (sums + scale * scale // 2) // (scale * scale)
    return crops
