"""What can be said before a run starts: how long it will take here, and what the committed run of its recipe had."""

import time
from pathlib import Path
from typing import Any

import tensorflow as tf

from common.recipe import changed_settings
from common.run.run_folder import RunFolder
from common.system.progress import duration
from common.training.loop import Training

COMMITTED = Path(__file__).resolve().parents[2] / "results"
WORTH_STEPS = 500  # a shorter run is over before anyone wants to know
TIMED_STEPS = 4
SAID = {"fid768": "fid768 {:.2f}", "class_accuracy": "class accuracy {:.0%}", "cifar": "cifar {:.0f}"}


def forecast(training: Training, config: dict[str, Any]) -> str:
    """One or two lines about the steps that are left; none of a run that is short."""
    left = training.settings.epochs * training.steps - training.epoch * training.steps - training.step
    if left < WORTH_STEPS:
        return ""
    lines = [f"Training will take about {duration(left * seconds_a_step(training))} here, measurements aside."]
    committed = RunFolder(COMMITTED / config["family"] / config["recipe"])
    if committed.config.exists() and _same(committed, config, training):
        lines += _expectation(committed, training.settings.epochs * training.steps * training.settings.step_images)
    return "\n".join(lines) + "\n"


def _same(committed: RunFolder, config: dict[str, Any], training: Training) -> bool:
    return not changed_settings(committed.read_config()["settings"], config["settings"], type(training.settings))


def seconds_a_step(training: Training) -> float:
    """Time a few steps, once they are compiled, and take them back: every variable is then as it was before."""
    before = [variable.numpy() for variable in training.variables.values()]
    batches = training.devices.distribute(training.batches.epoch(0, 0, training.steps).repeat())
    iterator = iter(batches)
    training.run_steps(iterator, tf.constant(1))
    began = time.monotonic()
    training.run_steps(iterator, tf.constant(TIMED_STEPS))
    training.gan.d_loss.result().numpy()
    spent = time.monotonic() - began
    for variable, value in zip(training.variables.values(), before, strict=True):
        variable.assign(value)
    return spent / TIMED_STEPS


def _expectation(committed: RunFolder, images: int) -> list[str]:
    """What the committed run had at its last measurement within so many images."""
    measured = [row for row in committed.read_log().rows if row["images"] <= images and row.get("fid768") is not None]
    if not measured:
        return []
    row, config = measured[-1], committed.read_config()
    figures = ", ".join(words.format(row[name]) for name, words in SAID.items() if row.get(name) is not None)
    about, place = config["metrics"]["fid768"], f"results/{config['family']}/{config['recipe']}"
    return [f"By epoch {row['epoch']:.0f} the committed run, {place}, had {figures} ({about['real_count']:,} real and "
            f"{about['fake_count']:,} generated images); its training took {duration(row['seconds'])} until then on "
            f"{config.get('device', 'a machine not named')}."]  # fmt: skip
