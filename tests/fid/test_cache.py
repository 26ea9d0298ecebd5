"""The cache: what is stored comes back, and no damage, disk or other process spoils a measurement."""

import multiprocessing
from pathlib import Path

import numpy as np

from fid.evaluation.cache import Cache

KEY = {"data": "abc", "count": 10, "seed": None}


def test_arrays_come_back_under_their_key_alone(tmp_path):
    cache = Cache(tmp_path)
    assert cache.load(KEY) is None
    cache.save(KEY, mean=np.arange(3.0))
    np.testing.assert_array_equal(cache.load(KEY)["mean"], np.arange(3.0))
    assert set(cache.load(KEY)) == {"mean"}
    for name, value in (("data", "abd"), ("count", 11), ("seed", 0)):
        assert cache.load(KEY | {name: value}) is None


def test_a_disabled_cache_neither_reads_nor_writes(tmp_path):
    Cache(tmp_path, enabled=False).save(KEY, mean=np.arange(3.0))
    assert list(tmp_path.iterdir()) == []
    Cache(tmp_path).save(KEY, mean=np.arange(3.0))
    assert Cache(tmp_path, enabled=False).load(KEY) is None


def test_damaged_files_are_computed_again(tmp_path, capsys):
    cache = Cache(tmp_path)
    cache.save(KEY, mean=np.arange(1000.0))
    (file,) = tmp_path.glob("*.npz")
    whole = file.read_bytes()
    for content in (b"", whole[: len(whole) // 2], whole[:500] + b"\0" * 100 + whole[600:]):
        file.write_bytes(content)
        assert cache.load(KEY) is None
        assert "is damaged; computing it again" in capsys.readouterr().err
        assert len(list(cache.entries())) == 1
    cache.save(KEY, mean=np.arange(3.0))
    assert cache.load(KEY) is not None


def test_a_disk_that_cannot_be_written_costs_a_note(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    Cache(tmp_path / "file").save(KEY, mean=np.arange(3.0))
    assert "nothing was cached" in capsys.readouterr().err


def test_listing_and_clearing(tmp_path):
    cache = Cache(tmp_path)
    cache.save(KEY, mean=np.arange(3.0))
    cache.save(KEY | {"count": 11}, mean=np.arange(300.0))
    entries = list(cache.entries())
    assert [entry.key["count"] for entry in entries] == [11, 10]
    assert cache.clear() == (2, sum(entry.size for entry in entries))
    assert list(cache.entries()) == [] and cache.clear() == (0, 0)


def _hammer(folder: Path) -> None:
    cache = Cache(folder)
    for _ in range(50):
        cache.save(KEY, mean=np.arange(1000.0))
        assert cache.load(KEY) is not None


def test_two_processes_at_once(tmp_path):
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_hammer, args=(tmp_path,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert len(list(tmp_path.iterdir())) == 1
