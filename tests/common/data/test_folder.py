"""Folders as data: layouts, splits, the cache, and an outcome for every odd file."""

import os
import time

import numpy as np
import pytest
from PIL import Image

from common.data.dataset import fingerprint
from common.data.load import load_dataset
from common.errors import UserError
from fid.inputs.find import Draw, find_input
from tests.helpers import SHARED


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CIFAR_GANS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "datasets"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "pictures"


def pixels(value: int, size: int = 8) -> np.ndarray:
    return np.random.RandomState(value).randint(0, 256, (size, size, 3), np.uint8)


def write(folder, *values, suffix=".png"):
    folder.mkdir(parents=True, exist_ok=True)
    for value in values:
        Image.fromarray(pixels(value)).save(folder / f"{value:03}{suffix}")


def load(folder, **options):
    return load_dataset(str(folder), 8, **options)


def assert_split(split, values, labels):
    np.testing.assert_array_equal(split.images, np.stack([pixels(value) for value in values]))
    assert split.labels.tolist() == labels and split.labels.dtype == np.int32


# Layouts


def test_train_and_test_with_classes(folder):
    write(folder / "train" / "cat", 1, 2)
    write(folder / "train" / "dog", 3)
    write(folder / "test" / "dog", 4)
    data = load(folder)
    assert (data.name, data.class_names, data.notes) == ("pictures", ("cat", "dog"), ())
    assert_split(data.train, [1, 2, 3], [0, 0, 1])
    assert_split(data.test, [4], [1])
    assert data.fingerprint == fingerprint(data.train, data.test)


@pytest.mark.parametrize("stand_in", ["test", "val", "validation"])
def test_train_and_test_without_classes(folder, stand_in):
    write(folder / "train", 1, 2)
    write(folder / stand_in, 3)
    data = load(folder)
    assert data.class_names == ("pictures",)
    assert_split(data.train, [1, 2], [0, 0])
    assert_split(data.test, [3], [0])


def test_class_folders_alone_hold_out_every_tenth_of_each_class(folder):
    write(folder / "cat", *range(12))
    write(folder / "dog", 20, 21, 22)
    write(folder / "eel", 30)
    data = load(folder)
    assert data.class_names == ("cat", "dog", "eel")
    assert_split(data.test, [1, 11, 21], [0, 0, 1])
    assert_split(data.train, [0, *range(2, 11), 20, 22, 30], [0] * 10 + [1] * 2 + [2])
    assert "3 of 16 pictures are held out" in data.notes[0]


def test_a_flat_folder_is_one_class(folder):
    write(folder, *range(5))
    data = load(folder)
    assert data.class_names == ("pictures",)
    assert_split(data.train, [0, 2, 3, 4], [0] * 4)
    assert_split(data.test, [1], [0])


def test_train_alone_holds_out_too(folder):
    write(folder / "train" / "cat", 1, 2)
    data = load(folder)
    assert_split(data.train, [1], [0])
    assert_split(data.test, [2], [0])


def test_names_with_spaces_and_letters_of_any_kind_and_links_are_read(folder, tmp_path):
    write(tmp_path / "elsewhere", 5)
    folder.mkdir()
    (folder / "größe 1 猫").symlink_to(tmp_path / "elsewhere")
    write(folder / "a b", 1, 2)
    (folder / "a b" / "001.png").rename(folder / "a b" / "mein Bild à 猫.PNG")
    data = load(folder)
    assert data.class_names == ("a b", "größe 1 猫")
    assert_split(data.train, [2, 5], [0, 1])
    assert_split(data.test, [1], [0])


def test_jpeg_webp_and_others_are_read(folder):
    for value, suffix in enumerate((".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".ppm", ".png")):
        write(folder, value, suffix=suffix)
    data = load(folder)
    assert len(data.train) + len(data.test) == 7


@pytest.mark.parametrize(
    ("places", "message"),
    [
        ((), "holds no pictures"),
        (("cat", "."), "several depths"),
        (("cat", "dog/small"), "several depths"),
        (("cat/small/grey",), "too deep"),
        (("train", "cat"), "cat beside train"),
        (("train", "."), "001.png, 002.png beside train"),
        (("test",), "test but no train"),
        (("train/cat", "test/dog"), "test has dog; train has cat"),
        (("train/cat", "test"), "test has no classes; train has cat"),
    ],
)
def test_folders_of_another_layout(folder, places, message):
    folder.mkdir()
    for place in places:
        write(folder / place, 1, 2)
    with pytest.raises(UserError, match=message):
        load(folder)


def test_a_class_without_pictures_is_left_out_and_named(folder):
    write(folder / "train" / "cat", 1, 2)
    write(folder / "test" / "cat", 3)
    (folder / "train" / "dog").mkdir()
    data = load(folder)
    assert data.class_names == ("cat",)
    assert data.notes == ("no pictures in dog, which is no class here",)


def test_crop_decides_how_pictures_become_square(folder):
    folder.mkdir()
    for index in range(2):
        Image.fromarray(np.hstack([pixels(1), pixels(2), pixels(3)])).save(folder / f"{index}.png")
    middle, whole = (load(folder, crop=crop).train.images[0] for crop in ("center", "stretch"))
    np.testing.assert_array_equal(middle, pixels(2))
    assert not np.array_equal(whole, middle)


# Odd files


def spoil(folder) -> dict[str, str]:
    """Put one broken file of each kind there; return what is said of each."""
    (folder / "words.png").write_text("these are words")
    Image.fromarray(pixels(0, 128)).save(folder / "half.jpg")
    (folder / "half.jpg").write_bytes((folder / "half.jpg").read_bytes()[:3000])
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(folder / "dance.gif", save_all=True, append_images=frames[1:])
    (folder / "dance.gif").rename(folder / "dance.png")
    (folder / "gone.png").symlink_to(folder / "nowhere.png")
    (folder / "none.png").write_bytes(b"")
    os.mkfifo(folder / "pipe.png")
    return {"words.png": "no picture", "half.jpg": "damaged", "dance.png": "no picture",
            "gone.png": "a link to nothing", "none.png": "empty", "pipe.png": "not a regular file"}  # fmt: skip


def test_broken_files_are_named_together_in_one_line(folder, cache):
    write(folder, 1, 2, 3)
    expected = spoil(folder)
    with pytest.raises(UserError, match=r"6 of 9 pictures are broken.*--skip-broken") as caught:
        load(folder)
    for name, reason in expected.items():
        assert f"{name} ({reason}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(cache.iterdir())


def test_broken_files_are_left_out_and_counted_on_request(folder):
    write(folder, 1, 2, 3)
    spoil(folder)
    for _ in range(2):  # prepared, and from the cache
        data = load(folder, skip_broken=True)
        assert_split(data.train, [1, 3], [0, 0])
        assert_split(data.test, [2], [0])
        assert any("broken pictures left out: 6, dance.png" in note for note in data.notes)
    with pytest.raises(UserError, match="broken"):
        load(folder)  # what one may skip, the other may not


def test_only_broken_files(folder):
    folder.mkdir()
    spoil(folder)
    with pytest.raises(UserError, match="6 of 6 pictures are broken"):
        load(folder, skip_broken=True)


def test_what_is_converted_enlarged_or_not_read_is_counted(folder):
    write(folder, 1, 2)
    Image.fromarray(pixels(3)).convert("L").save(folder / "grey.png")
    Image.fromarray(np.full((8, 8), 40_000, np.uint16)).save(folder / "deep.png")
    Image.new("RGB", (1, 1)).save(folder / "dot.png")
    Image.new("RGB", (8, 8)).save(folder / "still.gif")
    (folder / "notes.txt").write_text("")
    (folder / ".DS_Store").write_text("")
    data = load(folder)
    assert len(data.train) + len(data.test) == 5
    notes = "; ".join(data.notes)
    assert "converted to RGB: 2 (1 16 bits a channel, 1 grey)" in notes
    assert "smaller than 8x8 and enlarged: 1" in notes
    assert "not read: 2 (.gif, .txt)" in notes
    assert load(folder).notes == data.notes


# The cache


def test_the_second_start_opens_no_picture(folder, monkeypatch):
    write(folder, 1, 2, 3)
    first = load(folder)
    monkeypatch.setattr("common.data.folder.decode", None)
    again = load(folder)
    assert again.fingerprint == first.fingerprint and isinstance(again.train.images, np.memmap)
    np.testing.assert_array_equal(again.train.images, first.train.images)


def test_a_changed_folder_size_or_rule_is_read_again(folder, cache):
    write(folder, 1, 2, 3)
    prints = [load(folder).fingerprint]
    Image.fromarray(pixels(9)).save(folder / "002.png")
    prints.append(load(folder).fingerprint)
    assert len(list(cache.iterdir())) == 2  # the images and what they are; nothing of the old content
    write(folder, 4)
    prints.append(load(folder).fingerprint)
    prints.append(load_dataset(str(folder), 16).fingerprint)
    assert len(set(prints)) == 4


def test_the_fingerprint_is_of_pixels_not_of_files(folder, tmp_path):
    write(folder, 1, 2)
    write(tmp_path / "copy" / "pictures", 1, 2, suffix=".bmp")
    assert load(folder).fingerprint == load(tmp_path / "copy" / "pictures").fingerprint


@pytest.mark.parametrize("suffix", [".npz", ".pixels"])
def test_a_damaged_cache_is_made_again(folder, cache, suffix, capsys):
    write(folder, 1, 2, 3)
    first = load(folder)
    (file,) = cache.glob(f"*{suffix}")
    fingerprint, before = first.fingerprint, first.train.images.copy()
    file.write_bytes(file.read_bytes()[:100])
    again = load(folder)
    assert "damaged" in capsys.readouterr().out
    np.testing.assert_array_equal(again.train.images, before)
    assert again.fingerprint == fingerprint


def test_a_cache_that_cannot_be_written(folder, tmp_path, monkeypatch):
    write(folder, 1, 2, 3)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CIFAR_GANS_CACHE", str(tmp_path / "file"))
    with pytest.raises(UserError, match="CIFAR_GANS_CACHE"):
        load(folder)


def test_metrics_see_the_pixels_that_training_sees(folder):
    folder.mkdir()
    for value in range(6):
        Image.fromarray(np.hstack([pixels(value, 20), pixels(value + 50, 20)])).save(folder / f"{value}.png")
    data, source = load(folder), find_input(str(folder), 8)(Draw(6, 6))
    ours = {image.tobytes() for split in (data.train, data.test) for image in split.images}
    assert ours == {image.tobytes() for batch in source.batches() for image in batch}


@pytest.mark.slow
def test_faces_start_their_second_run_at_once():
    if not (SHARED / "faces").is_dir():
        pytest.skip("the folder of faces is not here")
    first = load_dataset(str(SHARED / "faces"), 64)
    began = time.perf_counter()
    again = load_dataset(str(SHARED / "faces"), 64)
    assert time.perf_counter() - began < 5
    assert (len(again.train), len(again.test), again.class_names) == (6000, 1000, ("face",))
    assert again.train.images.shape[1:] == (64, 64, 3) and again.fingerprint == first.fingerprint
