"""Data sets by name or folder. A new one is one file and one row of `DATASETS`."""

from collections.abc import Callable, Mapping

from common.data.celeb_a import load_celeb_a
from common.data.cifar10 import load_cifar10
from common.data.dataset import Dataset, choose_classes
from common.data.digits import load_digits
from common.data.folder import load_folder
from common.data.photos import load_photos
from common.errors import UserError
from common.system.files import expanded

# By name: of image size (height and width in pixels) and crop (see `common.data.decoding.fit`).
DATASETS: Mapping[str, Callable[[int, str], Dataset]] = {
    "cifar10": load_cifar10,
    "celeb_a": load_celeb_a,
    "digits": load_digits,
    "photos": load_photos,
}


def load_dataset(name: str, image_size: int = 32, crop: str = "center", skip_broken: bool = False) -> Dataset:
    """Load a data set by name or from a folder, from the cache if it was prepared before.

    Args:
        name: `cifar10` or `celeb_a` (through TFDS; honours `TFDS_DATA_DIR`), `digits` or `photos` (embedded, no
            download), some classes of one of these (`cifar10:cat,dog`), or the path of a folder of pictures (see
            `common.data.folder`).
        image_size: height and width in pixels; CIFAR-10's own is 32, 64 and 128 are enlargements.
        crop: how CelebA's and a folder's pictures become square (see `common.data.decoding.fit`).
        skip_broken: leave a folder's broken files out instead of refusing it.

    Raises:
        UserError: an unknown name, a size that the data set cannot give, data that is neither on disk nor in reach, or
            a folder with broken files.
    """
    base, colon, classes = name.partition(":")
    if base in DATASETS:
        data = DATASETS[base](image_size, crop)
        return choose_classes(data, [part.strip() for part in classes.split(",")]) if colon else data
    path = expanded(name)
    if path.is_dir():
        return load_folder(path, image_size, crop, skip_broken)
    raise UserError(f"unknown data set {name!r}; choose from {', '.join(DATASETS)}, or name a folder of pictures")
