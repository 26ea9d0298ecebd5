"""Batches: every image once an epoch, an order that only seed and epoch decide, a start anywhere."""

import numpy as np
import tensorflow as tf

from common.data.batches import Batches
from common.data.dataset import Split
from common.data.pixel_range import from_uint8, to_uint8

COUNT = 50
IMAGES = np.random.RandomState(0).randint(0, 256, (COUNT, 8, 8, 3), np.uint8)
SPLIT = Split(IMAGES, np.arange(COUNT, dtype=np.int32))  # labels tell which image it is


def labels(batches, epoch, start=0, stop=None):
    return [label.numpy().tolist() for _, label in batches.epoch(epoch, start, stop or batches.steps)]


def test_an_epoch_shows_no_image_twice_and_every_epoch_has_its_own_order():
    batches = Batches(SPLIT, 8, seed=3)
    first, second = labels(batches, 0), labels(batches, 1)
    assert len(first) == 6 and len({index for batch in first for index in batch}) == 48
    assert first != second
    assert first == labels(Batches(SPLIT, 8, seed=3), 0) != labels(Batches(SPLIT, 8, seed=4), 0)


def test_unshuffled_batches_come_in_the_split_s_own_order_every_epoch():
    batches = Batches(SPLIT, 8, seed=3, shuffle=False)
    assert labels(batches, 0) == labels(batches, 1) == np.arange(48).reshape(6, 8).tolist()


def test_an_epoch_can_be_entered_anywhere():
    batches = Batches(SPLIT, 8, seed=3, flip=True)
    whole = list(batches.epoch(2, 0, 6))
    rest = list(batches.epoch(2, 4, 6))
    for (a, i), (b, j) in zip(whole[4:], rest, strict=True):
        np.testing.assert_array_equal(i, j)
        np.testing.assert_array_equal(a, b)


def test_mapped_images_give_the_same_bytes(tmp_path):
    IMAGES.tofile(tmp_path / "pixels")
    mapped = Split(np.memmap(tmp_path / "pixels", np.uint8, "r", shape=IMAGES.shape), SPLIT.labels)
    for flip in (False, True):
        pair = [list(Batches(split, 8, seed=3, flip=flip).epoch(1, 2, 6)) for split in (SPLIT, mapped)]
        assert len(pair[1]) == 4
        for (a, i), (b, j) in zip(*pair, strict=True):
            assert a.numpy().tobytes() == b.numpy().tobytes() and i.numpy().tolist() == j.numpy().tolist()
            assert a.shape == b.shape == (8, 8, 8, 3)


def test_images_on_a_device_give_the_same_batches_within_the_step():
    ours, theirs = (Batches(SPLIT, 8, seed=3, flip=True, device=device) for device in ("/CPU:0", None))
    load = tf.function(ours.load)
    for place, (images, which) in zip(ours.epoch(1, 2, 6), theirs.epoch(1, 2, 6), strict=True):
        here, of = load(*place)
        np.testing.assert_allclose(here, images, atol=1e-6)  # compiled, a division becomes a product
        assert of.numpy().tolist() == which.numpy().tolist()
        assert place[0].shape == (8,) and theirs.load(images, which) == (images, which)


def test_images_are_normalised_and_come_back():
    values = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    unit = from_uint8(values).numpy()
    assert unit.min() == -1 and unit.max() == 1
    np.testing.assert_array_equal(to_uint8(unit), values)
    assert to_uint8(np.array([-7.0, 7.0])).tolist() == [0, 255]


def test_flips_mirror_about_half_of_the_images_one_by_one():
    flipped = 0
    for images, which in Batches(SPLIT, 10, seed=0, flip=True).epoch(0, 0, 5):
        for image, index in zip(to_uint8(images), which.numpy(), strict=True):
            same, mirrored = (image == IMAGES[index]).all(), (image == IMAGES[index][:, ::-1]).all()
            assert same or mirrored
            flipped += mirrored
    assert 10 < flipped < 40


def test_mirroring_is_drawn_anew_for_every_seed_epoch_and_step():
    drawn = []
    for seed, epoch in ((0, 0), (0, 1), (1, 0)):
        batches = Batches(SPLIT, 25, seed, flip=True, shuffle=False).epoch(epoch, 0, 2)
        drawn += [(to_uint8(images) != IMAGES[which]).any((1, 2, 3)).tobytes() for images, which in batches]
    assert len(set(drawn)) == len(drawn) == 6
