"""Data sets by name: labels, splits, cache, the same bytes everywhere, and short answers where data is missing."""

import os
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from common.data import cifar10, tfds_source
from common.data.dataset import Dataset, Split, fingerprint
from common.data.load import DATASETS, load_dataset
from common.data.photos import photos
from common.errors import UserError
from dcgan.recipes import BENDALE
from fid.inputs.find import Draw, find_input
from tests.helpers import ROOT


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CIFAR_GANS_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def pictures():
    return photos()


def test_photos_have_the_same_bytes_everywhere(pictures):
    assert pictures.fingerprint == "9e2adf11a968790583039eecea37b01bb5e19d78119a84d9cdc97bd10f3fdc16"
    assert pictures.fingerprint == fingerprint(pictures.train, pictures.test)


def test_photos_are_labelled_and_split(pictures):
    assert pictures.train.images.shape == (10_000, 32, 32, 3) and pictures.train.images.dtype == np.uint8
    assert pictures.test.images.shape == (2_000, 32, 32, 3) and len(pictures.class_names) == 10
    assert (np.bincount(pictures.train.labels) == 1000).all() and (np.bincount(pictures.test.labels) == 200).all()
    grey = pictures.class_names.index("camera")
    of_class = pictures.train.images[pictures.train.labels == grey]
    assert (of_class == of_class[..., :1]).all()


def test_photos_train_and_test_crops_are_of_disjoint_regions(monkeypatch):
    picture = np.zeros((200, 400, 3), np.uint8)
    picture[:, 300:] = 255
    for name, value in (("_read", lambda *which: picture), ("TRAIN_IMAGES", 300), ("TEST_IMAGES", 300)):
        monkeypatch.setattr(f"common.data.photos.{name}", value)
    data = photos()
    assert len(data.train) == len(data.test) == 300
    assert (data.train.images == 0).all() and (data.test.images == 255).all()


@pytest.mark.slow
def test_photos_other_sizes():
    assert photos(64).train.images.shape[1:] == (64, 64, 3)
    with pytest.raises(UserError, match="largest size is 64"):
        photos(128)


def test_some_classes_alone(cache):
    whole, some = load_dataset("photos"), load_dataset("photos:rocket,cat")
    assert some.class_names == ("rocket", "cat") and (len(some.train), len(some.test)) == (2000, 400)
    cats = whole.train.images[whole.train.labels == whole.class_names.index("cat")]
    np.testing.assert_array_equal(some.train.images[some.train.labels == 1], cats)
    assert some.fingerprint != whole.fingerprint and some.name == "photos:rocket,cat"
    for wrong in ("photos:dog", "photos:cat,cat", "photos:"):
        with pytest.raises(UserError, match="none of them, or named twice"):
            load_dataset(wrong)


def test_cifar10_is_enlarged_once_by_antialiased_bicubic(cache, monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)
    splits = Split(images[:4], np.array([3, 1, 0, 9], np.int32)), Split(images[4:], np.array([5, 2], np.int32))
    data = Dataset("cifar10", cifar10.CLASS_NAMES, *splits, fingerprint(*splits))
    monkeypatch.setattr(cifar10, "_read", lambda: data)
    large = load_dataset("cifar10", 64)
    assert large.train.images.shape == (4, 64, 64, 3) and isinstance(large.train.images, np.memmap)
    expected = np.asarray(Image.fromarray(images[2]).resize((64, 64), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(large.train.images[2], expected)
    assert large.test.labels.tolist() == [5, 2] and large.class_names == cifar10.CLASS_NAMES
    with pytest.raises(UserError, match="32x32, 64x64, 128x128, not of 48"):
        load_dataset("cifar10", 48)


def test_the_cache_is_used_and_a_damaged_one_is_made_again(cache, monkeypatch, capsys):
    first = load_dataset("photos")
    (file,) = (cache / "datasets").glob("*.npz")
    began = time.perf_counter()
    again = load_dataset("photos")
    assert time.perf_counter() - began < 2 and again.fingerprint == first.fingerprint
    np.testing.assert_array_equal(again.train.images, first.train.images)
    file.write_bytes(file.read_bytes()[:1000])
    assert load_dataset("photos").fingerprint == first.fingerprint
    assert "damaged" in capsys.readouterr().out


def test_unknown_name_and_wrong_size():
    with pytest.raises(UserError, match="unknown data set 'mnist'; choose from cifar10, celeb_a, digits, photos"):
        load_dataset("mnist")


def test_without_network_and_data_one_clear_message_within_ten_seconds(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "empty"))
    monkeypatch.setattr(tfds_source, "reachable", lambda host: False)
    began = time.perf_counter()
    with pytest.raises(UserError, match=r"TFDS_DATA_DIR.*--data photos"):
        load_dataset("cifar10")
    assert time.perf_counter() - began < 10


def test_damaged_tfds_folder_is_named(cache, tmp_path, monkeypatch):
    folder = tmp_path / "tfds" / "cifar10" / "3.0.2"
    folder.mkdir(parents=True)
    (folder / "dataset_info.json").write_text("{}")
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))
    with pytest.raises(UserError, match="could not read CIFAR-10"):
        load_dataset("cifar10")


def test_cifar10_is_whole(cifar10):
    assert len(cifar10.train) == 50_000 and len(cifar10.test) == 10_000
    assert (np.bincount(cifar10.train.labels) == 5000).all() and (np.bincount(cifar10.test.labels) == 1000).all()
    mean = cifar10.train.images.mean(axis=(0, 1, 2)) / 255
    np.testing.assert_allclose(mean, [0.49140, 0.48216, 0.44653], atol=1e-5)


@pytest.mark.slow
def test_reading_cifar10_is_silent(cifar10):
    """TensorFlow, which TFDS imports on its first use, would print a dozen lines of its own."""
    code = (
        "from common.data.cifar10 import HOST\n"
        "from common.data.tfds_source import opened\n"
        "with opened('cifar10', 'CIFAR-10', HOST, 'none') as builder:\n"
        "    next(iter(builder.as_dataset(split='test', shuffle_files=False)))\n"
    )
    loud = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=loud)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_fingerprint_sees_every_pixel_and_label():
    images, labels = np.zeros((4, 8, 8, 3), np.uint8), np.zeros(4, np.int32)
    base = fingerprint(Split(images, labels))
    other_pixel, other_label = images.copy(), labels.copy()
    other_pixel[3, 7, 7, 2], other_label[3] = 1, 1
    assert len({base, fingerprint(Split(other_pixel, labels)), fingerprint(Split(images, other_label))}) == 3


def test_a_label_outside_the_classes_is_named():
    images, labels = np.zeros((3, 8, 8, 3), np.uint8), np.array([0, 1, 2], np.int32)
    with pytest.raises(UserError, match="the test images have label 2, none of the 2 classes"):
        Dataset("pets", ("cat", "dog"), Split(images, labels % 2), Split(images, labels), "")


def test_a_new_data_set_is_one_function_and_one_row(monkeypatch):
    def grey(image_size: int, crop: str) -> Dataset:
        """Twelve grey pictures of three shades."""
        labels = np.arange(12, dtype=np.int32) % 3
        shades = (labels * 100).astype(np.uint8)[:, None, None, None]
        split = Split(np.tile(shades, (1, image_size, image_size, 3)), labels)
        return Dataset("grey", ("black", "middle", "light"), split, split, fingerprint(split, split))

    monkeypatch.setitem(DATASETS, "grey", grey)
    assert load_dataset("grey", 16).train.images.shape == (12, 16, 16, 3)
    assert load_dataset("grey:light").class_names == ("light",)
    assert BENDALE.override({"data": "grey", "image_size": 16}).settings.data == "grey"
    assert len(find_input("grey:test")(Draw(None, 100))) == 12
