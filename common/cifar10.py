"""`cifar10` through TensorFlow Datasets, with a short answer where TFDS would retry a dead network for minutes."""

import hashlib
import os
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np

from common.datasets import Dataset, Split, fingerprint
from common.errors import UserError
from common.quiet import quiet_import

HOST = "www.cs.toronto.edu"  # where TFDS fetches CIFAR-10 from
PROBE_SECONDS = 5
CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def plan(image_size: int) -> tuple[str, Callable[[], Dataset]]:
    """Return the cache key and the function that prepares the data (see `cifar10`)."""
    if image_size != 32:
        raise UserError(f"cifar10 has 32x32 images, not {image_size}x{image_size}")
    folder = _data_dir()
    place = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]
    return f"cifar10-{place}-v1", lambda: cifar10(folder)


def _data_dir() -> Path:
    return Path(os.environ.get("TFDS_DATA_DIR", "~/tensorflow_datasets")).expanduser()


def cifar10(folder: Path) -> Dataset:
    """Read CIFAR-10 as TFDS prepared it in `folder`, downloading it first if need be.

    Returns:
        50,000 train and 10,000 test images (32, 32, 3) uint8.

    Raises:
        UserError: the data is not there and cannot be fetched, or what is there is damaged.
    """
    prepared = sorted((folder / "cifar10").glob("*/dataset_info.json"))
    if not prepared and not _reachable():
        raise UserError(
            f"CIFAR-10 is not in {folder} and {HOST} cannot be reached to download it. Connect to the network, or set "
            "TFDS_DATA_DIR to a folder where TFDS has prepared cifar10, or use --data photos, which needs no download"
        )
    with quiet_import():
        import tensorflow_datasets as tfds

    tfds.disable_progress_bar()
    try:
        if prepared:
            builder = tfds.builder_from_directory(prepared[-1].parent)
        else:
            builder = tfds.builder("cifar10", data_dir=folder)
            builder.download_and_prepare()
        train, test = (_split(builder, name) for name in ("train", "test"))
    except Exception as error:  # TFDS raises whatever its readers and its downloader raise
        reason = " ".join(str(error).split())[:300]
        raise UserError(f"TFDS could not read CIFAR-10 in {folder}: {type(error).__name__}: {reason}") from error
    return Dataset("cifar10", CLASS_NAMES, train, test, fingerprint(train, test))


def _reachable() -> bool:
    try:
        with socket.create_connection((HOST, 443), timeout=PROBE_SECONDS):
            return True
    except OSError:
        return False


def _split(builder, name: str) -> Split:
    import tensorflow_datasets as tfds

    count = builder.info.splits[name].num_examples
    images, labels = np.empty((count, 32, 32, 3), np.uint8), np.empty(count, np.int32)
    examples = tfds.as_numpy(builder.as_dataset(split=name, shuffle_files=False))
    for index, example in enumerate(examples):
        images[index], labels[index] = example["image"], example["label"]
    if index + 1 != count:
        raise ValueError(f"{name} has {index + 1} images instead of {count}")
    return Split(images, labels)
