"""`--on-nan rollback`: back to the epoch's start, with other random numbers, three times, exact wherever it stops."""

import contextlib
import json
import math
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from common.errors import NotFinite, UserError
from common.run.checkpoints import Checkpoints
from common.run.run_folder import RunFolder
from common.system.progress import Progress
from common.training import loop
from common.training.rollback import APART, order_of, redraw
from tests.helpers import ROOT
from tests.helpers.conditional import tiny_generator
from tests.helpers.stub_training import StubGAN, train

EPOCHS = 6  # of two steps


class DrawingGAN(StubGAN):
    """Its state depends on every image and every draw so far; a draw below `bad` makes it infinite."""

    def __init__(self, bad):
        super().__init__(tiny_generator())
        self.bad, self.seed = bad, keras.random.SeedGenerator(5)

    def train_step(self, batch):
        super().train_step(batch)
        drawn = keras.random.uniform((), seed=self.seed)
        seen = tf.reduce_sum(batch[0] * tf.linspace(0.0, 1.0, 32)[:, None]) + drawn
        self.variable.assign(tf.where(drawn < self.bad, math.inf, self.variable * 0.5 + seen))

    def state(self):
        return super().state() | {"latent_seed/0/seed_generator_state": self.seed.state}


def run(folder, bad=0.15, **more):
    return train(folder, DrawingGAN(bad), ("a", "b"), epochs=EPOCHS, **({"on_nan": "rollback"} | more))


def end(folder):
    """The last checkpoint: what is of the clock left out."""
    meta, arrays = Checkpoints(folder.checkpoints).newest()
    return {name: array.tobytes() for name, array in arrays.items()} | {"rollbacks": meta["rollbacks"]}


@pytest.fixture(scope="module", autouse=True)
def without_pictures():
    """Figures, grids and generators are not what is looked at here, and take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("draw_figures", "draw_page", "save_generator", "save_image"):
            patch.setattr(loop, name, lambda *args: None)
        yield


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    return run(tmp_path_factory.mktemp("straight") / "run")


def test_it_goes_back_says_so_records_it_and_ends(straight, tmp_path, capsys):
    again = run(tmp_path / "run")
    assert end(again) == end(straight)
    (epoch, *_), lines = end(straight)["rollbacks"], capsys.readouterr().out.splitlines()
    notes = [line for line in lines if line.startswith("note: variable is no longer finite after step ")]
    assert len(notes) == len(end(straight)["rollbacks"]) >= 1
    assert f"back to epoch {epoch - 1}, step 0, and on with other random numbers (rollback 1 of at most 3)" in notes[0]
    assert straight.read_config()["rollbacks"] == end(straight)["rollbacks"]
    assert [row["epoch"] for row in straight.read_log().rows] == list(range(1, EPOCHS + 1))


def test_stop_is_the_default_and_a_run_that_has_stopped_may_be_rolled_back(straight, tmp_path, monkeypatch):
    with pytest.raises(NotFinite, match="what was kept before stays"):
        run(tmp_path / "run", on_nan="stop")
    monkeypatch.setattr(loop, "SAVE_SECONDS", -1)
    assert end(run(tmp_path / "run"))["rollbacks"] == end(straight)["rollbacks"]


def test_after_three_it_stops(tmp_path, capsys):
    with pytest.raises(NotFinite):
        run(tmp_path / "run", bad=2.0)
    assert capsys.readouterr().out.count("note: ") == 3
    assert RunFolder(tmp_path / "run").read_config()["rollbacks"] == [1, 1, 1]
    (start,) = Checkpoints(tmp_path / "run" / "checkpoints").files()
    assert start.name == "step-00000000.npz"
    with pytest.raises(NotFinite):
        run(tmp_path / "run", bad=2.0)
    assert "note: " not in capsys.readouterr().out


class Killed(BaseException):
    """As kill -9: nothing is saved after it."""


def stopping(function, after, how):
    """The function, which at its call of that number is the last thing that the process does, or does not."""
    calls = []

    def stopped(*args, **kwargs):
        calls.append(1)
        if len(calls) == after:
            raise how
        return function(*args, **kwargs)

    return stopped


PLACES = [(Progress, "update", 1, KeyboardInterrupt), (Progress, "update", 7, Killed),
          (Checkpoints, "restore", 2, Killed), (Checkpoints, "drop_after", 1, KeyboardInterrupt),
          (Checkpoints, "save", 4, Killed), (RunFolder, "write_config", 2, Killed)]  # fmt: skip


@pytest.mark.slow
def test_stopped_anywhere_it_ends_with_the_same_bytes(straight, tmp_path, monkeypatch):
    """Before the rollback, after it, and between any two of its writes."""
    for case, (owner, name, after, how) in enumerate(PLACES):
        folder = tmp_path / f"{name}-{after}"
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, stopping(getattr(owner, name), after, how))
            patch.setattr(loop, "SAVE_SECONDS", -1 if case % 2 else 60)
            with contextlib.suppress(Killed, KeyboardInterrupt, SystemExit):
                run(folder)
        assert end(run(folder)) == end(straight), (name, after)


def test_other_random_numbers_and_another_order():
    numbers = {order_of(epoch, attempt) for epoch in range(100) for attempt in range(4)}
    assert len(numbers) == 400 and order_of(7, 0) == 7 and order_of(APART, 3) < 2**31
    states = []
    for attempt in (1, 2):
        seed = keras.random.SeedGenerator(5)
        redraw({"a/seed_generator_state": seed.state, "b/kernel": None}, attempt)
        states.append(np.asarray(seed.state).tolist())
    assert states[0] != states[1] and [5, 0] not in states


@pytest.mark.parametrize("odd", [3, "x", [1.5], [None], {"a": 1}])
def test_odd_rollbacks_in_a_config_are_refused(tmp_path, odd):
    (tmp_path / "config.json").write_text(json.dumps({"family": "x", "recipe": "y", "settings": {}, "rollbacks": odd}))
    with pytest.raises(UserError, match="is not a run folder"):
        RunFolder(tmp_path).read_config()


@pytest.mark.slow
def test_a_command_that_diverges_whatever_it_draws(tmp_path):
    wild = ["--set", "d_learning_rate=1e38", "--set", "loss=wasserstein", "--set", "optimizer=rmsprop",
            "--set", "g_width=8", "--set", "d_width=8", "--batch-size", "16", "--steps-per-epoch", "3"]  # fmt: skip
    result = subprocess.run(
        [sys.executable, str(ROOT / "dcgan" / "train.py"), "--data", "photos", "--epochs", "2", "--metrics-every", "0",
         "--on-nan", "rollback", "--out", str(tmp_path / "run"), *wild], capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert result.returncode == 1 and result.stdout.count("rollback ") == 3, result
    assert "no longer finite" in result.stderr and result.stderr.count("\n") == 1
