"""Checkpoints: whole or absent, the last two kept, damage found, nothing bad written."""

import json
import os

import numpy as np
import pytest
import tensorflow as tf

from common.errors import TrainingFailed
from common.run.checkpoints import Checkpoints


def variables(value):
    return {"a": tf.Variable([value, value + 1]), "b/seed": tf.Variable([1, 2], dtype=tf.uint32)}


def test_round_trip_and_the_last_two_kept(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2, 3):
        checkpoints.save(step, variables(float(step)), {"epoch": step})
    assert [file.name for file in checkpoints.files()] == ["step-00000002.npz", "step-00000003.npz"]
    target = variables(0.0)
    assert checkpoints.restore(target) == {"epoch": 3}
    assert target["a"].numpy().tolist() == [3.0, 4.0] and target["b/seed"].numpy().tolist() == [1, 2]
    assert len(list(tmp_path.iterdir())) == 2


def test_later_ones_are_dropped_and_an_epochs_start_is_kept(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2, 3, 4):
        checkpoints.save(step, variables(float(step)), {"epoch": step}, keep=1)
    assert [int(file.stem[-8:]) for file in checkpoints.files()] == [1, 3, 4]
    checkpoints.drop_after(3)
    assert checkpoints.restore(variables(0.0)) == {"epoch": 3} and checkpoints.newest()[0] == {"epoch": 3}
    assert [int(file.stem[-8:]) for file in checkpoints.files()] == [1, 3]


def test_an_old_one_is_emptied_before_it_is_removed(tmp_path):
    """As a second name of the file shows, which stands for the bin of a mounted drive."""
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    os.link(checkpoints.save(1, variables(1.0), {}), tmp_path / "bin")
    for step in (2, 3):
        checkpoints.save(step, variables(float(step)), {})
    assert (tmp_path / "bin").stat().st_size == 0


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty"])
def test_a_damaged_one_is_passed_over_with_a_message(tmp_path, capsys, damage):
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2):
        checkpoints.save(step, variables(float(step)), {"epoch": step})
    last = checkpoints.files()[-1]
    data = bytearray(last.read_bytes())
    if damage == "flipped":
        place = data.index(np.float32(2.0).tobytes() + np.float32(3.0).tobytes())
        data[place] ^= 1
    last.write_bytes({"truncated": data[: len(data) // 2], "flipped": data, "empty": b""}[damage])
    target = variables(0.0)
    assert checkpoints.restore(target)["epoch"] == 1 and target["a"].numpy()[0] == 1.0
    assert "step-00000002.npz is damaged" in capsys.readouterr().out


def test_another_runs_is_passed_over_and_one_of_old_that_does_not_say_is_taken(tmp_path, capsys):
    checkpoints = Checkpoints(tmp_path)
    for step, meta in enumerate(({}, {"run": "mine"}, {"run": "theirs"}), 1):
        checkpoints.save(step, variables(float(step)), meta | {"epoch": step}, keep=1)
    assert checkpoints.restore(variables(0.0), run="mine")["epoch"] == 2
    assert "step-00000003.npz is damaged (it is another run's)" in capsys.readouterr().out
    assert checkpoints.restore(variables(0.0), last=1, run="mine")["epoch"] == 1
    with pytest.raises(TrainingFailed, match="it is another run's"):
        checkpoints.files()[0].unlink()
        checkpoints.restore(variables(0.0), run="a third one")


def test_none_whole_and_none_at_all(tmp_path):
    assert Checkpoints(tmp_path / "new").restore(variables(0.0)) is None
    (tmp_path / "step-00000001.npz").write_bytes(b"junk")
    with pytest.raises(TrainingFailed, match=r"no checkpoint .* can be read"):
        Checkpoints(tmp_path).restore(variables(0.0))


def test_weights_that_are_not_finite_are_never_written(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(1, variables(1.0), {})
    with pytest.raises(TrainingFailed, match="a is no longer finite after step 2"):
        checkpoints.save(2, variables(float("nan")), {})
    assert [file.name for file in tmp_path.iterdir()] == ["step-00000001.npz"]


def test_another_model_is_refused_and_left_untouched(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(1, variables(1.0), {})
    other = {"a": tf.Variable([0.0, 0.0]), "b/seed": tf.Variable([1, 2, 3], dtype=tf.uint32)}
    with pytest.raises(TrainingFailed, match="b/seed has shape"):
        checkpoints.restore(other)
    assert other["a"].numpy().tolist() == [0.0, 0.0]
    with pytest.raises(TrainingFailed, match="another model"):
        checkpoints.restore({"a": tf.Variable([0.0, 0.0])})


def test_pickles_are_refused(tmp_path, capsys):
    np.savez(tmp_path / "step-00000001.npz", meta=np.array(json.dumps({})), a=np.array([{}], dtype=object))
    with pytest.raises(TrainingFailed, match="can be read"):
        Checkpoints(tmp_path).restore(variables(0.0))
    assert "damaged" in capsys.readouterr().out


def test_a_full_disk_keeps_the_old_checkpoint(tmp_path, monkeypatch):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(1, variables(1.0), {})

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoints.save(2, variables(2.0), {})
    assert [file.name for file in tmp_path.iterdir()] == ["step-00000001.npz"]
