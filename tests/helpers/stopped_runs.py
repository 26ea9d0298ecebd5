"""Runs of the real command that are stopped, and whether two runs have the same end."""

import csv
import os
import subprocess
import sys
import time

import imageio.v3 as iio
import numpy as np

from tests.helpers import ROOT

TINY = ["--data", "photos", "--steps-per-epoch", "12", "--batch-size", "16", "--metrics-every", "0",
        "--precision", "float32", "--set", "g_width=8", "--set", "d_width=8", "--set", "ema_decay=0.9",
        "--set", "flip=true"]  # fmt: skip


def command(out, epochs, *more, saving_always=False):
    wrapped = [str(ROOT / "tests" / "helpers" / "saving_always.py")] if saving_always else []
    script = [sys.executable, *wrapped, str(ROOT / "dcgan" / "train.py")]
    return [*script, *TINY, "--out", str(out), "--epochs", str(epochs), *more]


def train(out, epochs, *more, **how):
    quiet = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.run(command(out, epochs, *more, **how), capture_output=True, text=True, timeout=200, env=quiet)


def stop_when(out, epochs, condition, how, *more, **kind):
    """Start a run and stop it by a signal as soon as `condition()` is true; return its exit code and output."""
    process = subprocess.Popen(
        command(out, epochs, *more, **kind), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    deadline = time.monotonic() + 120
    while not condition() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert process.poll() is None, process.stdout.read()
    process.send_signal(how)
    return process.wait(60), process.stdout.read()


def last_state(out):
    with np.load(max((out / "checkpoints").glob("step-*.npz")), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files if name != "meta"}


def losses(out):
    with open(out / "log.csv", newline="") as file:
        return [(row["epoch"], row["step"], row["d_loss"], row["g_loss"]) for row in csv.DictReader(file)]


def assert_same_end(out, straight):
    ours, theirs = last_state(out), last_state(straight)
    assert set(ours) == set(theirs)
    for name in ours:
        assert ours[name].tobytes() == theirs[name].tobytes(), name
    assert losses(out) == losses(straight)
    for file in ("generator.keras", "training.gif", "final_images/09.png", "grids/0004.png"):
        assert (out / file).exists()
    assert (iio.imread(out / "grids/0004.png") == iio.imread(straight / "grids/0004.png")).all()
