"""Damage anywhere in a file of arrays: a checkpoint's is passed over, a cache's made again, an input's is one line."""

import io
import json
import random
import zipfile

import numpy as np
import pytest

from common.data.array_cache import cached
from common.data.dataset import Dataset, Split, fingerprint
from common.data.pixel_file import load_mapped
from common.errors import UserError
from common.run.checkpoints import Checkpoints
from common.system.files import Damaged, load_arrays, save_arrays
from fid.evaluation.cache import Cache
from fid.inputs.array_file import open_file
from fid.inputs.saved_moments import SavedMoments

CASES = 300  # of damage to each kind of file


class Variable:
    """What a checkpoint asks of a variable."""

    def __init__(self, value):
        self.value = np.asarray(value)

    def __array__(self, dtype=None, copy=None):
        return self.value

    def assign(self, value):
        self.value = value


def damages(whole: bytes, seed: int = 0):
    """One flipped bit, mostly in the zip's own directory; a cut; a stretch of zeros; two stretches exchanged."""
    drawn = random.Random(seed)
    for case in range(CASES):
        data = bytearray(whole)
        place = drawn.randrange(len(data)) if case % 3 else len(data) - 1 - drawn.randrange(min(600, len(data)))
        if case % 10 == 7:
            data = data[:place]
        elif case % 10 == 8:
            data[place : place + 30] = bytes(len(data[place : place + 30]))
        else:
            data[place] ^= 1 << drawn.randrange(8)
        yield bytes(data)


def test_a_damaged_checkpoint_never_stops_a_resume_nor_changes_it(tmp_path, capsys):
    def variables(value):
        return {"a": Variable(np.full(40, value, np.float32)), "b/seed": Variable(np.array([1, 2], np.uint32))}

    checkpoints, passed_over = Checkpoints(tmp_path), 0
    for step in (1, 2):
        checkpoints.save(step, variables(float(step)), {"epoch": step})
    newest = checkpoints.files()[-1]
    for data in damages(newest.read_bytes()):
        newest.write_bytes(data)
        target = variables(0.0)
        epoch = checkpoints.restore(target)["epoch"]
        assert (target["a"].value == epoch).all() and target["b/seed"].value.tolist() == [1, 2]
        passed_over += epoch == 1
    assert passed_over > CASES / 2 and "is damaged" in capsys.readouterr().out


def tiny():
    images = np.arange(6 * 8 * 8 * 3, dtype=np.uint32).astype(np.uint8).reshape(6, 8, 8, 3)
    splits = Split(images[:4], np.arange(4, dtype=np.int32) % 2), Split(images[4:], np.arange(2, dtype=np.int32))
    return Dataset("tiny", ("a", "b"), *splits, fingerprint(*splits))


def test_a_damaged_cache_of_arrays_is_made_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CIFAR_GANS_CACHE", str(tmp_path))
    made = []
    data = cached("tiny", "key", tiny)
    (path,) = tmp_path.rglob("*.npz")
    whole = path.read_bytes()
    for damaged in list(damages(whole))[::3]:
        path.write_bytes(damaged)
        again = cached("tiny", "key", lambda: made.append(1) or tiny())
        assert again.fingerprint == data.fingerprint == fingerprint(again.train, again.test)
        assert again.class_names == ("a", "b")
    assert len(made) > CASES / 6


def mapped(decoded):
    data = tiny()

    def examples(split):
        decoded.append(split)
        yield from zip(split.images, split.labels, strict=True)

    return load_mapped("tiny", ("setting", "content"), 8, ("a", "b"), (examples(data.train), examples(data.test)))


def test_damaged_pixels_and_their_index_are_made_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CIFAR_GANS_CACHE", str(tmp_path))
    decoded = []
    first = mapped(decoded)
    assert len(decoded) == 2 and mapped(decoded).fingerprint == first.fingerprint and len(decoded) == 2
    for suffix in ("pixels", "npz"):
        (path,) = tmp_path.rglob(f"*.{suffix}")
        for damaged in list(damages(path.read_bytes()))[::6]:
            path.unlink()  # what is mapped stays as it was
            path.write_bytes(damaged)
            again = mapped(decoded)
            assert again.fingerprint == first.fingerprint == fingerprint(again.train, again.test)
    assert len(decoded) > 2 * CASES / 6
    assert "damaged; preparing the data again" in capsys.readouterr().out


def test_a_damaged_cache_of_features_is_computed_again(tmp_path, capsys):
    cache, key = Cache(tmp_path), {"data": "abc", "count": 10}
    cache.save(key, mean=np.arange(30.0), covariance=np.eye(3))
    (path,) = tmp_path.glob("*.npz")
    expected, lost = (np.arange(30.0).tolist(), np.eye(3).tolist()), 0
    for damaged in damages(path.read_bytes()):
        path.write_bytes(damaged)
        stored = cache.load(key, ("mean", "covariance"))
        assert len(list(cache.entries())) == 1
        lost += stored is None
        assert stored is None or (stored["mean"].tolist(), stored["covariance"].tolist()) == expected
    assert lost > CASES / 2


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
def test_a_damaged_input_is_one_line_or_what_it_was(tmp_path, suffix):
    path, images = tmp_path / f"x{suffix}", tiny().train.images
    np.save(path, images) if suffix == ".npy" else np.savez(path, images=images, labels=np.arange(4))
    whole, refused = path.read_bytes(), 0
    for damaged in damages(whole):
        path.unlink()
        path.write_bytes(damaged)
        try:
            found = open_file(path, "x")
        except UserError as error:
            refused += "x" in str(error)
        else:
            assert found.read(np.arange(len(found))).shape[3] == 3
    assert refused > CASES / (2 if suffix == ".npz" else 20)


FLOATS = {"mean": np.zeros(3), "covariance": np.eye(3)}
ODD = {
    "texts": {"images": np.array([[[["a", "b", "c"]]]])},
    "dates": {"images": np.zeros((2, 4, 4, 3), "M8[s]")},
    "complex": {"images": np.zeros((2, 4, 4, 3), complex)},
    "records": {"images": np.zeros((2, 4, 4, 3), [("a", "u1")])},
    "truth": {"images": np.zeros((2, 4, 4, 3), bool)},
    "one number": {"images": np.uint8(3)},
    "one number with labels": {"images": np.uint8(3), "labels": np.arange(3)},
    "texts for labels": {"images": np.full((2, 4, 4, 3), 9, np.uint8), "labels": np.array(["a", "b"])},
    "two counts": FLOATS | {"count": np.array([1, 2])},
    "a text for count": FLOATS | {"count": np.array("many")},
    "a negative count": FLOATS | {"count": np.array(-5)},
    "conditions that are no JSON": FLOATS | {"conditions": np.array("{")},
    "conditions of another kind": FLOATS | {"conditions": np.array("3")},
    "complex moments": {"mean": np.zeros(3, complex), "covariance": np.eye(3)},
}


@pytest.mark.parametrize("arrays", ODD.values(), ids=ODD)
def test_arrays_of_odd_types_are_a_users_error(tmp_path, arrays):
    save_arrays(tmp_path / "odd.npz", **arrays)
    with pytest.raises(UserError, match="odd"):
        open_file(tmp_path / "odd.npz", "odd")


def test_moments_that_are_whole_are_read(tmp_path):
    save_arrays(tmp_path / "x.npz", **FLOATS, count=np.array(5), conditions=np.array(json.dumps({"size": 3})))
    found = open_file(tmp_path / "x.npz", "x")
    assert isinstance(found, SavedMoments) and (found.count, found.conditions) == (5, {"size": 3})


def test_a_header_that_claims_a_terabyte_takes_no_memory(tmp_path):
    header = io.BytesIO()
    claim = {"descr": "|u1", "fortran_order": False, "shape": (10**6, 1024, 1024, 3)}
    np.lib.format.write_array_header_1_0(header, claim)
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("images.npy", header.getvalue() + bytes(100))
    with pytest.raises(Damaged, match="not as large as it says"):
        load_arrays(tmp_path / "x.npz")
    with pytest.raises(UserError, match="damaged"):
        open_file(tmp_path / "x.npz", "x")
    (tmp_path / "x.npy").write_bytes(header.getvalue() + bytes(100))
    with pytest.raises(UserError, match="damaged"):
        open_file(tmp_path / "x.npy", "x")
