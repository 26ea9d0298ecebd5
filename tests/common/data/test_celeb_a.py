"""CelebA through TFDS: read from a small stand-in that TFDS itself prepares, and short answers without it."""

import time

import numpy as np
import pytest

from common.data import tfds_source
from common.data.load import load_dataset
from common.errors import UserError


@pytest.fixture
def tfds_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CIFAR_GANS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))
    return tmp_path / "tfds"


def faces(count: int, seed: int) -> np.ndarray:
    """Noise as tall as CelebA's pictures are, that a JPEG keeps: 8x8 blocks of one colour."""
    small = np.random.RandomState(seed).randint(0, 256, (count, 28, 23, 3), np.uint8)
    return small.repeat(8, 1).repeat(8, 2)[:, :218, :178]


def prepare(folder):
    import tensorflow as tf
    import tensorflow_datasets as tfds

    features = tfds.features.FeaturesDict({"image": tfds.features.Image(shape=(218, 178, 3), encoding_format="jpeg")})
    drawn = {"train": faces(5, 0), "test": faces(2, 1)}
    splits = {name: tf.data.Dataset.from_tensor_slices({"image": images}) for name, images in drawn.items()}
    tfds.dataset_builders.store_as_tfds_dataset(
        "celeb_a", "2.1.0", features=features, split_datasets=splits, data_dir=folder, disable_shuffling=False
    )


def test_the_square_in_the_middle_is_resized_and_mapped(tfds_folder):
    prepare(tfds_folder)
    data = load_dataset("celeb_a", 64)
    assert (len(data.train), len(data.test), data.class_names) == (5, 2, ("face",))
    assert data.train.images.shape == (5, 64, 64, 3) and isinstance(data.train.images, np.memmap)
    assert not data.train.labels.any()
    # TFDS shuffles as it prepares; each image is nearest to the middle of one of the originals.
    middles = faces(5, 0)[:, 20:198].astype(float).mean((1, 2))
    found = data.train.images.astype(float).mean((1, 2))
    assert np.abs(found[:, None] - middles).max(-1).min(0).max() < 2
    assert load_dataset("celeb_a", 64).fingerprint == data.fingerprint
    assert load_dataset("celeb_a", 64, "stretch").fingerprint != data.fingerprint


def test_without_network_and_data_one_clear_message_within_ten_seconds(tfds_folder, monkeypatch):
    monkeypatch.setattr(tfds_source, "reachable", lambda host: False)
    began = time.perf_counter()
    with pytest.raises(UserError, match=r"CelebA is not in .*TFDS_DATA_DIR.*--data PATH"):
        load_dataset("celeb_a", 64)
    assert time.perf_counter() - began < 10


def test_damaged_tfds_folder_is_named(tfds_folder):
    folder = tfds_folder / "celeb_a" / "2.1.0"
    folder.mkdir(parents=True)
    (folder / "dataset_info.json").write_text("{}")
    with pytest.raises(UserError, match="could not read CelebA"):
        load_dataset("celeb_a", 64)
