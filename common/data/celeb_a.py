"""`celeb_a`, the aligned faces of CelebA (Liu et al., 1411.7766), through TensorFlow Datasets."""

from collections.abc import Iterator

from common.data.dataset import Dataset
from common.data.decoding import decode
from common.data.pixel_file import Example, load_mapped
from common.data.tfds_source import opened, place

HOST = "drive.google.com"  # where TFDS fetches CelebA from
ADVICE = "download its img_align_celeba.zip yourself and name the folder of its images, --data PATH"


def load_celeb_a(image_size: int, crop: str = "center") -> Dataset:
    """Read CelebA's train and test splits as TFDS prepared them; its validation split is left out.

    The pictures have 178x218 pixels: crop "center" cuts the 178x178 in the middle, as PyTorch's DCGAN tutorial does.

    Args:
        image_size: height and width in pixels.
        crop: see `common.data.decoding.fit`.

    Returns:
        162,770 train and 19,962 test images (image_size, image_size, 3) uint8, memory-mapped, all of one class, "face".

    Raises:
        UserError: the data is not there and cannot be fetched, or what is there is damaged.
    """
    splits = [_examples(name, image_size, crop) for name in ("train", "test")]
    return load_mapped("celeb_a", (f"celeb_a-{place()}-{image_size}-{crop}", "v1"), image_size, ("face",), splits)


def _examples(split: str, image_size: int, crop: str) -> Iterator[Example]:
    with opened("celeb_a", "CelebA", HOST, ADVICE) as builder:
        import tensorflow_datasets as tfds

        decoders = {"image": tfds.decode.SkipDecoding()}  # by the rule that folders have, not by TensorFlow
        dataset = builder.as_dataset(split=split, shuffle_files=False, decoders=decoders)
        for example in tfds.as_numpy(dataset):
            yield decode(example["image"], image_size, crop).pixels, 0
