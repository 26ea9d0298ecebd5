"""`--init-from RUN`: the weights of another run, from its checkpoint or its generator's file, or one line why not."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from common.errors import UserError
from common.run.checkpoints import Checkpoints
from common.run.generator_file import save_generator
from common.run.run_folder import RunFolder
from common.training.init_from import init_from
from dcgan.model import DCGAN
from dcgan.recipes import BENDALE
from tests.helpers import ROOT

SMALL = {"g_width": 2, "d_width": 2, "batch_size": 4, "image_size": 8, "latent_dim": 4}


def small_gan(seed, **changes):
    keras.utils.set_random_seed(seed)
    return DCGAN(BENDALE.override(SMALL | changes).settings)


def trained_run(path, **changes):
    """A run folder with a checkpoint, and its GAN."""
    gan, run = small_gan(1, **changes), RunFolder(path)
    for seed in range(2):
        gan.train_step((tf.random.stateless_uniform((4, 8, 8, 3), (seed, 1), -1, 1), tf.zeros(4, tf.int32)))
    run.create()
    run.write_config({"family": "dcgan", "recipe": "bendale", "settings": {}})
    Checkpoints(run.checkpoints).save(2, gan.state(), {"epoch": 1, "step": 0})
    return gan, run


def assert_same(ours, theirs):
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_both_networks_come_from_the_newest_checkpoint_and_optimizers_begin_anew(tmp_path):
    """Whatever the two runs have of dropout, averaging and counts of steps."""
    old, run = trained_run(tmp_path, ema_decay=0.5, ema_warmup=True, dropout=0.3, spectral_norm="both")
    new = small_gan(2, ema_decay=0.9, dropout=0, spectral_norm="both", loss="hinge")
    about = init_from(new, run)
    for name in ("generator", "discriminator", "ema_generator"):
        assert_same(getattr(new, name), getattr(old, name))
    assert new.g_optimizer.iterations == 0 and all(not np.any(m) for m in new.g_optimizer._momentums)
    assert about == {"run": str(tmp_path), "recipe": "dcgan/bendale", "epoch": 1, "step": 0,
                     "networks": ["generator", "discriminator"]}  # fmt: skip


@pytest.mark.slow
def test_an_average_begins_with_the_generator_where_the_run_keeps_none(tmp_path):
    old, run = trained_run(tmp_path)
    new = small_gan(2, ema_decay=0.9)
    init_from(new, run)
    assert_same(new.ema_generator, old.generator)


def test_without_a_checkpoint_the_generator_s_file_is_taken_and_d_stays(tmp_path):
    old, run = trained_run(tmp_path)
    for file in run.checkpoints.iterdir():
        file.unlink()
    save_generator(run.generator, old.generator)
    new, untouched = small_gan(2, ema_decay=0.9), small_gan(2)
    assert init_from(new, run)["networks"] == ["generator"]
    assert_same(new.generator, old.generator)
    assert_same(new.ema_generator, old.generator)
    assert_same(new.discriminator, untouched.discriminator)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"g_width": 3}, r"its generator does not fit this recipe's: .*kernel \(4, \d+\) there, .* here"),
        ({"d_width": 3}, "its discriminator does not fit this recipe's"),
        ({"g_batch_norm": False}, r"its generator does not fit this recipe's: \d+ weights there, \d+ here"),
    ],
)
def test_networks_that_do_not_fit_are_refused(tmp_path, changes, words):
    with pytest.raises(UserError, match=words):
        init_from(small_gan(2, **changes), trained_run(tmp_path)[1])


@pytest.mark.parametrize("name", ["generator", "generator/1", "generator/x/kernel", "generator/99/kernel"])
def test_a_checkpoint_with_odd_names_is_refused(tmp_path, name):
    gan, run = trained_run(tmp_path)
    Checkpoints(run.checkpoints).save(3, gan.state() | {name: np.zeros(1, np.float32)}, {})
    if name == "generator/99/kernel":
        with pytest.raises(UserError, match="its generator does not fit this recipe's"):
            init_from(small_gan(2), run)
    else:
        assert init_from(small_gan(2), run)["step"] is None


def test_a_run_with_neither_is_refused(tmp_path):
    _, run = trained_run(tmp_path)
    for file in run.checkpoints.iterdir():
        file.unlink()
    with pytest.raises(UserError, match=r"generator\.keras does not exist"):
        init_from(small_gan(2), run)


def train(out, *more):
    command = [sys.executable, str(ROOT / "dcgan" / "train.py"), "--data", "photos", "--steps-per-epoch", "1",
               "--batch-size", "4", "--metrics-every", "0", "--precision", "float32", "--set", "g_width=2",
               "--set", "d_width=2", "--epochs", "1", "--out", str(out), *map(str, more)]  # fmt: skip
    quiet = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=quiet)


@pytest.mark.slow
def test_the_flag_is_recorded_and_the_same_command_goes_on(tmp_path):
    refused = train(tmp_path / "a", "--init-from", tmp_path / "none")
    assert refused.returncode == 2 and "none is not a run folder" in refused.stderr and not (tmp_path / "a").exists()
    trained_run(tmp_path / "b", image_size=8, latent_dim=100)
    flag = ("--init-from", tmp_path / "b", "--image-size", "8")
    began = train(tmp_path / "c", *flag)
    assert began.returncode == 0 and "Begins with the weights of" in began.stdout, began.stderr
    again = train(tmp_path / "c", *flag, "--epochs", "2")
    assert again.returncode == 0 and "Begins with" not in again.stdout, again.stderr
    record = json.loads((tmp_path / "c" / "config.json").read_text())["init_from"]
    assert record["networks"] == ["generator", "discriminator"] and record["epoch"] == 1


def test_a_run_that_began_otherwise_is_another(tmp_path):
    run, config = RunFolder(tmp_path), {"family": "dcgan", "recipe": "bendale", "settings": {}}
    run.write_config(config)
    with pytest.raises(UserError, match="init_from is None there and c here"):
        run.check_same(config | {"init_from": {"run": "runs/c"}})
    run.write_config(config | {"init_from": {"run": "runs/c", "epoch": 3}})
    run.check_same(config | {"init_from": {"run": "elsewhere/c"}})
