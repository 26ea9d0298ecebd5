"""A run that is stopped at any instant ends with the same bytes as one that never stopped."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys

import imageio.v3 as iio
import numpy as np
import pytest

from tests.helpers import ROOT
from tests.helpers.stopped_runs import assert_same_end, command, stop_when, train


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    out = tmp_path_factory.mktemp("straight") / "run"
    result = train(out, 4)
    assert result.returncode == 0, result.stderr
    return out


def test_the_folder_is_whole(straight):
    names = {str(path.relative_to(straight)) for path in straight.rglob("*") if path.is_file()}
    expected = {
        "config.json",
        "index.html",
        "log.csv",
        "losses.png",
        "remarks.json",
        "metrics.png",
        "training.gif",
        "samples.png",
        "generator.keras",
    }
    expected |= {f"grids/{epoch:04d}.png" for epoch in range(1, 5)} | {f"final_images/{i:02d}.png" for i in range(10)}
    expected |= {"checkpoints/step-00000048.npz"}
    earlier = {f"checkpoints/step-{step:08d}.npz" for step in (12, 24, 36)}  # at most one a minute: a slow machine's
    assert names - earlier == expected
    assert iio.imread(straight / "final_images" / "00.png").shape == (32, 32, 3)


def test_a_kill(straight, tmp_path):
    out = tmp_path / "run"
    stop_when(out, 4, (out / "grids" / "0002.png").exists, signal.SIGKILL, saving_always=True)
    config = json.loads((out / "config.json").read_text())
    (out / "config.json").write_text(json.dumps(config | {"device": "an abacus"}))
    result = train(out, 4)
    assert result.returncode == 0 and "Going on after epoch" in result.stdout, result
    assert_same_end(out, straight)
    assert json.loads((out / "config.json").read_text())["device"] == f"an abacus, then {config['device']}"


@pytest.mark.slow
def test_kills_with_and_without_checkpoints_since(straight, tmp_path):
    out = tmp_path / "run"
    within = out / "checkpoints" / "step-00000001.npz"
    stop_when(out, 4, within.exists, signal.SIGKILL, saving_always=True)  # in epoch 1, which has one then
    stop_when(out, 4, (out / "grids" / "0003.png").exists, signal.SIGKILL)  # in epoch 4; there is none of epoch 3
    result = train(out, 4)
    assert result.returncode == 0 and "Going on after epoch" in result.stdout, result
    assert_same_end(out, straight)
    config = json.loads((out / "config.json").read_text())
    starts = [config["started"], *config["resumed"]]
    assert len(starts) == 3 and starts == sorted(starts)


@pytest.mark.slow
def test_in_bfloat16_too(tmp_path):
    """Where a CPU takes the forms of `common.training.fast_step`."""
    more = ["--precision", "mixed_bfloat16", "--set", "g_width=32", "--set", "d_width=32"]
    assert train(tmp_path / "straight", 4, *more).returncode == 0
    assert train(tmp_path / "run", 2, *more).returncode == 0
    assert train(tmp_path / "run", 4, *more).returncode == 0
    assert_same_end(tmp_path / "run", tmp_path / "straight")


@pytest.mark.slow
def test_a_run_on_a_folder_of_pictures_goes_on_to_the_same_bytes(tmp_path):
    """Its images are mapped, not in memory; and the folder moves in between."""
    random, before, after = np.random.RandomState(0), tmp_path / "pictures", tmp_path / "moved" / "pictures"
    before.mkdir()
    after.parent.mkdir()
    for index in range(40):
        iio.imwrite(before / f"{index:02d}.png", random.randint(0, 256, (8, 8, 3), np.uint8))
    more = ["--image-size", "8", "--steps-per-epoch", "2", "--data"]
    assert train(tmp_path / "straight", 4, *more, before).returncode == 0
    assert train(tmp_path / "run", 2, *more, before).returncode == 0
    before.rename(after)
    result = train(tmp_path / "run", 4, *more, after)
    assert result.returncode == 0 and "Going on after epoch 2" in result.stdout, result
    assert_same_end(tmp_path / "run", tmp_path / "straight")


@pytest.mark.slow
def test_ctrl_c_saves_within_an_epoch_says_how_to_go_on_and_exits_130(straight, tmp_path):
    out = tmp_path / "run"
    code, output = stop_when(out, 4, (out / "grids" / "0001.png").exists, signal.SIGINT)
    assert code == 130 and "--resume" in output and str(out) in output
    assert "Traceback" not in output
    result = train(out, 4)
    assert result.returncode == 0, result.stderr
    assert_same_end(out, straight)


@pytest.mark.slow
def test_a_truncated_checkpoint_falls_back_to_the_one_before(straight, tmp_path):
    out = tmp_path / "run"
    assert train(out, 3, saving_always=True).returncode == 0
    last = max((out / "checkpoints").glob("step-*.npz"))
    last.write_bytes(last.read_bytes()[:5000])
    result = subprocess.run(
        [sys.executable, str(ROOT / "dcgan" / "train.py"), "--resume", str(out), "--epochs", "4"],
        capture_output=True, text=True, timeout=200, cwd=tmp_path,
    )  # fmt: skip
    assert result.returncode == 0 and "damaged" in result.stdout and "after epoch 2" in result.stdout, result
    assert_same_end(out, straight)


def test_other_settings_are_refused(straight):
    before = {path: os.stat(path).st_mtime_ns for path in straight.rglob("*.npz")}
    refused = train(straight, 4, "--seed", "1")
    assert refused.returncode == 2 and "seed is 0 there and 1 here" in refused.stderr
    assert before == {path: os.stat(path).st_mtime_ns for path in straight.rglob("*.npz")}


@pytest.mark.slow
def test_a_finished_run_from_before_a_choice_of_the_machine_says_so_and_stays_what_it_was(straight, tmp_path):
    out = tmp_path / "run"
    shutil.copytree(straight, out)
    config = json.loads((out / "config.json").read_text())
    config["settings"]["precision"] = {"value": "float32", "source": "default", "why": ""}
    for newer in ("deterministic", "jit"):
        del config["settings"][newer]
    (out / "config.json").write_text(json.dumps(config))
    before = {path: os.stat(path).st_mtime_ns for path in out.rglob("*.npz")}
    result = train(out, 4, "--precision", "auto")
    assert result.returncode == 0 and "has its 4 epochs" in result.stdout, result
    assert before == {path: os.stat(path).st_mtime_ns for path in out.rglob("*.npz")}
    assert "precision float32 (auto: as the run began)" in result.stdout


@pytest.mark.slow
def test_a_loss_that_is_not_finite_is_one_line_and_exit_code_1(tmp_path):
    out = tmp_path / "run"
    wild = ["--set", "d_learning_rate=1e38", "--set", "loss=wasserstein", "--set", "optimizer=rmsprop"]
    result = train(out, 4, *wild)
    assert result.returncode == 1 and "no longer finite" in result.stderr and result.stderr.count("\n") == 1


@pytest.mark.slow
def test_sample_and_plot_work_on_a_killed_run(tmp_path):
    out = tmp_path / "run"
    stop_when(out, 4, (out / "grids" / "0002.png").exists, signal.SIGKILL)
    for script in ("dcgan/sample.py", "results/plot.py"):
        done = subprocess.run(
            [sys.executable, str(ROOT / script), str(out)], capture_output=True, text=True, timeout=100
        )
        assert done.returncode == 0, done.stderr
    assert len(list((out / "samples").glob("[0-9]*.png"))) == 10


@pytest.mark.slow
def test_a_disk_that_is_full_is_one_line_and_the_last_checkpoint_stays(tmp_path):
    """A file size limit stands in for the disk: checkpoints of this width are larger, the rest is smaller."""
    out = tmp_path / "run"
    assert train(out, 1).returncode == 0
    (before,) = (out / "checkpoints").glob("*.npz")
    size = before.stat().st_size // 2
    result = subprocess.run(
        command(out, 2), capture_output=True, text=True, timeout=200,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )  # fmt: skip
    assert result.returncode == 1 and "last checkpoint stays" in result.stderr, result
    assert [path.name for path in (out / "checkpoints").iterdir()] == [before.name]
