"""`cifar10` through TensorFlow Datasets."""

from collections.abc import Iterator

import numpy as np
from PIL import Image

from common.data.array_cache import cached
from common.data.dataset import Dataset, Split, fingerprint
from common.data.pixel_file import Example, load_mapped
from common.data.tfds_source import opened, place
from common.errors import UserError

HOST = "www.cs.toronto.edu"  # where TFDS fetches CIFAR-10 from
SIZES = (32, 64, 128)  # the images have the first one; the others are enlargements
CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def load_cifar10(image_size: int, crop: str = "center") -> Dataset:
    """Return CIFAR-10 from the cache, or read it as TFDS prepared it (see `common.data.tfds_source`).

    Args:
        image_size: 32, or 64 or 128: enlarged once, by Pillow's bicubic resize, into a memory-mapped file.
        crop: of no meaning, the images are square.

    Returns:
        50,000 train and 10,000 test images (image_size, image_size, 3) uint8.

    Raises:
        UserError: another size, data that is not there and cannot be fetched, or what is there is damaged.
    """
    if image_size not in SIZES:
        raise UserError(f"cifar10 has images of {', '.join(f'{size}x{size}' for size in SIZES)}, not of {image_size}")
    data = cached("cifar10", f"cifar10-{place()}-v1", _read)
    return data if image_size == SIZES[0] else _enlarged(data, image_size)


def _enlarged(data: Dataset, size: int) -> Dataset:
    def examples(split: Split) -> Iterator[Example]:
        for image, label in zip(split.images, split.labels, strict=True):
            yield np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC)), label

    key = f"cifar10-{place()}-{size}", data.fingerprint[:16]
    return load_mapped(data.name, key, size, data.class_names, (examples(data.train), examples(data.test)))


def _read() -> Dataset:
    with opened("cifar10", "CIFAR-10", HOST, "use --data photos, which needs no download") as builder:
        train, test = (_split(builder, name) for name in ("train", "test"))
    return Dataset("cifar10", CLASS_NAMES, train, test, fingerprint(train, test))


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
