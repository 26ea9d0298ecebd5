"""What goes wrong while a run trains: nothing good is lost, nothing bad is kept, and a line says so."""

import math
import os
import shutil
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from common.errors import TrainingFailed, UserError
from common.run.checkpoints import Checkpoints
from common.run.generator_file import is_whole, load_generator
from common.run.log import Log
from common.run.run_folder import RunFolder
from common.system.signals import Interrupt
from common.training import loop
from tests.helpers import ROOT
from tests.helpers.stub_training import StubGAN, train


def shades():
    z = keras.Input((4,))
    x = keras.layers.Dense(3, "tanh", kernel_initializer="zeros", name="shade")(z)
    return keras.Model(z, keras.layers.UpSampling2D(32)(keras.layers.Reshape((1, 1, 3))(x)))


class CountingGAN(StubGAN):
    """Its generator's shade tells how many steps it has had; after `good` steps it is not finite."""

    def __init__(self, good=math.inf):
        super().__init__(shades())
        self.good, self.bias = good, self.sampler.get_layer("shade").bias

    def train_step(self, batch):
        super().train_step(batch)
        step = self.bias + 0.1
        self.bias.assign(tf.where(step > 0.1 * self.good + 0.05, math.nan, step))

    def state(self):
        return super().state() | {"bias": self.bias}


class Given:
    """A metric whose values are given; a callable among them is called."""

    names, higher_is_better = ("m",), False

    def __init__(self, *values):
        self.values = iter(values)

    def __call__(self, sample):
        value = next(self.values)
        return {"m": value() if callable(value) else value}


def everything(folder):
    """Bytes by name, but for the checkpoints'."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_generator_that_is_not_finite_replaces_nothing(tmp_path):
    measured = Given(1.0, 0.5)
    with pytest.raises(TrainingFailed, match=r"bias is no longer finite after step 4; what was kept before stays"):
        train(tmp_path / "run", CountingGAN(good=3), (), measured, epochs=2)
    run = RunFolder(tmp_path / "run")
    assert [row["epoch"] for row in run.read_log().rows] == [1] and len(run.grid_files()) == 1
    np.testing.assert_allclose(load_generator(run.generator).get_layer("shade").bias, [0.2] * 3, rtol=1e-5)
    assert next(measured.values) == 0.5  # it was not even measured


class LosingGAN(StubGAN):
    """Its variable counts the steps; after three D's loss is not finite, though the variable is."""

    def train_step(self, batch):
        self.variable.assign_add(1.0)
        self.d_loss.update_state(tf.where(self.variable > 3.0, math.nan, 1.0))
        self.g_loss.update_state(1.0)


def test_a_loss_that_is_not_finite_stops_the_run_and_its_step_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "SAVE_SECONDS", -1)
    for figures in ("draw_figures", "draw_page"):  # they take most of the time
        monkeypatch.setattr(loop, figures, lambda run: None)
    said = r"the loss is no longer finite \(d_loss nan, g_loss 1\.0\) in epoch 2, within the [12] steps before step 2"
    with pytest.raises(TrainingFailed, match=said):
        train(tmp_path / "run", LosingGAN(shades()), (), epochs=3)
    run = RunFolder(tmp_path / "run")
    assert len(run.read_log().rows) == 1 and Checkpoints(run.checkpoints).newest()[1]["variable"] in (2, 3)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("more_is_better", [False, True])
def test_a_figure_that_is_not_finite_is_logged_and_never_the_best_unless_it_is(tmp_path, value, more_is_better):
    evaluation = Given(1.0, value)
    evaluation.higher_is_better = more_is_better
    run = train(tmp_path / "run", CountingGAN(), (), evaluation, epochs=2)
    assert str(Log.read(run.log).rows[1]["m"]) == str(value)
    kept = 2 if value == (math.inf if more_is_better else -math.inf) else 1
    np.testing.assert_allclose(load_generator(run.generator).get_layer("shade").bias, [0.2 * kept] * 3, rtol=1e-5)
    assert (run.path / "metrics.png").exists() and (run.path / "index.html").exists()


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="no such limit here")
@pytest.mark.parametrize("room", [0, 600])
def test_a_picture_on_a_full_disk_is_an_error_that_names_it_and_prints_nothing(tmp_path, room):
    code = ("import resource, sys, numpy as np; from common.figures.grids import save_image\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), -1))\n"
            "try: save_image(sys.argv[1], np.random.randint(0, 256, (200, 200, 3), np.uint8))\n"
            "except OSError as error: print(error)")  # fmt: skip
    path = tmp_path / "x.png"
    done = subprocess.run([sys.executable, "-c", code, path, str(room)], cwd=ROOT, capture_output=True, text=True)
    assert not done.stderr and done.stdout.endswith(f"File too large: '{path}'\n")
    assert list(tmp_path.iterdir()) == []


def test_damaged_grids_and_strays_among_them_stop_nothing(tmp_path):
    run = train(tmp_path / "run", CountingGAN(), (), epochs=1)
    (run.grids / "0001.png").write_bytes(b"no picture")
    for stray in ("0001 (copy).png", "1e3.png", "notes.txt", "\u0663.png"):
        (run.grids / stray).write_bytes(b"x")
    run = train(tmp_path / "run", CountingGAN(), (), epochs=2)
    assert [path.name for path in run.grid_files()] == ["0001.png", "0002.png"]
    assert len(run.read_log().rows) == 2 and (run.path / "training.gif").exists()


def test_a_folder_that_is_moved_away_is_not_made_again_and_goes_on_where_it_is(tmp_path):
    here, there = tmp_path / "run", tmp_path / "moved"
    with pytest.raises(TrainingFailed, match=r"no longer there.*goes on from its last checkpoint"):
        train(
            here,
            CountingGAN(),
            (),
            Given(1.0, lambda: shutil.move(here, there) and 0.5),
            epochs=2,
        )
    assert not here.exists() and RunFolder(there).read_config()
    assert [row["epoch"] for row in RunFolder(there).read_log().rows] == [1]


def test_a_folder_that_goes_while_a_file_is_written_is_what_is_said(tmp_path, monkeypatch):
    def gone(path, picture):
        shutil.rmtree(path.parent.parent)
        raise FileNotFoundError(2, "No such file or directory", str(path))

    monkeypatch.setattr(loop, "save_image", gone)
    with pytest.raises(TrainingFailed, match="no longer there"):
        train(tmp_path / "run", CountingGAN(), (), epochs=1)


def test_a_damaged_generator_is_written_again_when_the_run_goes_on(tmp_path, capsys):
    run = train(tmp_path / "run", CountingGAN(), (), epochs=1)
    whole = run.generator.read_bytes()
    assert is_whole(run.generator)
    for damaged in (b"", whole[:-100], whole[:3000] + bytes([whole[3000] ^ 1]) + whole[3001:]):
        run.generator.write_bytes(damaged)
        assert not is_whole(run.generator)
        train(tmp_path / "run", CountingGAN(), (), epochs=1)
        assert "generator.keras is damaged" in capsys.readouterr().out
        np.testing.assert_allclose(load_generator(run.generator).get_layer("shade").bias, [0.2] * 3, rtol=1e-5)


@pytest.mark.parametrize(("damaged", "kept"), [(False, 1), (True, 2)])
def test_a_run_that_goes_on_knows_its_best_figure_while_it_has_that_generator(tmp_path, monkeypatch, damaged, kept):
    for figures in ("draw_figures", "draw_page"):  # they take most of the time
        monkeypatch.setattr(loop, figures, lambda run: None)
    run = train(tmp_path / "run", CountingGAN(), (), Given(1.0), epochs=1)
    if damaged:
        run.generator.write_bytes(b"")
    run = train(tmp_path / "run", CountingGAN(), (), Given(2.0), epochs=2)
    np.testing.assert_allclose(load_generator(run.generator).get_layer("shade").bias, [0.2 * kept] * 3, rtol=1e-5)
    first, second = run.read_log().rows
    assert second["seconds"] >= first["seconds"] > 0


def test_a_generator_that_is_gone_is_written_again_where_an_epoch_is_done(tmp_path, capsys):
    run = train(tmp_path / "run", CountingGAN(), (), epochs=1)
    assert "is gone" not in capsys.readouterr().out
    run.generator.unlink()
    train(tmp_path / "run", CountingGAN(), (), epochs=1)
    assert "generator.keras is gone" in capsys.readouterr().out
    np.testing.assert_allclose(load_generator(run.generator).get_layer("shade").bias, [0.2] * 3, rtol=1e-5)


def test_a_kill_during_the_first_write_of_the_config_leaves_a_folder_to_begin_in(tmp_path):
    (tmp_path / ".tmp-cifar-gans-123-config.json").write_text('{"fam')
    RunFolder(tmp_path).create()
    (tmp_path / ".tmp-of-mine").write_text("x")
    with pytest.raises(UserError, match="holds other files"):
        RunFolder(tmp_path).create()
    (tmp_path / "log.csv").write_text("x")
    with pytest.raises(UserError, match=r"has lost its config\.json"):
        RunFolder(tmp_path).create()


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no such signal here")
def test_a_closed_terminal_stops_as_sigterm_does_and_nohup_holds():
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup themselves
    with Interrupt() as interrupt:
        os.kill(os.getpid(), signal.SIGHUP)
        with pytest.raises(KeyboardInterrupt):
            interrupt.check()
        assert interrupt.signal_number == signal.SIGHUP
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupt() as interrupt:
            os.kill(os.getpid(), signal.SIGHUP)
            interrupt.check()
    finally:
        signal.signal(signal.SIGHUP, before)
