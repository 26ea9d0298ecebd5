"""What is said before a run starts: how long it takes here, and what the committed run of its recipe had by then."""

import numpy as np
import pytest

from common.data.batches import Batches
from common.data.dataset import Split
from common.recipe import changed_settings
from common.run.run_folder import RunFolder
from common.training import forecast as module
from common.training.forecast import forecast, seconds_a_step
from common.training.loop import Training
from csagan.recipes import RECIPES as CSAGAN
from dcgan.model import DCGAN
from dcgan.recipes import BENDALE, DESAI


def _recipe(**changes):
    tiny = {"width": 4, "hidden": 8, "batch_size": 4, "image_size": 32, "latent_dim": 4, "replay_size": 8}
    return DESAI.override(tiny | {"metrics_every": 0} | changes)


def _training(folder, recipe):
    settings, random = recipe.settings, np.random.default_rng(0)
    size = settings.image_size
    data = Split(random.integers(0, 256, (8, size, size, 3), np.uint8), np.arange(8, dtype=np.int32) % 2)
    return Training(DCGAN(settings, 2), Batches(data, 4, 0), RunFolder(folder), settings, None, class_names=("a", "b"))


def test_timed_steps_are_taken_back(tmp_path):
    tiny = {
        "g_width": 2,
        "d_width": 2,
        "batch_size": 4,
        "image_size": 8,
        "kernel_size": 3,
        "replay": "store",
        "update": "alternating",
    }
    training = _training(tmp_path, BENDALE.override(tiny | {"replay_size": 8, "metrics_every": 0}))
    before = {name: variable.numpy().copy() for name, variable in training.variables.items()}
    assert seconds_a_step(training) > 0
    for name, variable in training.variables.items():
        np.testing.assert_array_equal(variable.numpy(), before[name], err_msg=name)


@pytest.fixture
def committed(tmp_path, monkeypatch):
    """A committed run of the tiny recipe, measured after 4 and 8 images."""
    monkeypatch.setattr(module, "COMMITTED", tmp_path)
    run = RunFolder(tmp_path / "dcgan" / "desai")
    run.path.mkdir(parents=True)
    counts = {"real_count": 5000, "fake_count": 2000}
    run.write_config({"family": "dcgan", "recipe": "desai", "settings": _recipe().record(), "device": "an abacus",
                      "metrics": {"fid768": counts}})  # fmt: skip
    run.log.write_text("epoch,step,images,seconds,d_loss,g_loss,images_per_second,fid768,class_accuracy\n"
                       "1,1,4,60,1,1,1,0.9,0.2\n2,2,8,120,1,1,1,0.5,0.4\n3,3,4000000,180,1,1,1,0.1,0.8\n")  # fmt: skip
    return run


def _said(tmp_path, monkeypatch, **changes):
    monkeypatch.setattr(module, "seconds_a_step", lambda training: 2.0)
    recipe = _recipe(**changes)
    return forecast(_training(tmp_path / "run", recipe),
                    {"family": "dcgan", "recipe": "desai", "settings": recipe.record()})  # fmt: skip


def test_says_the_time_here_and_the_figures_by_then(tmp_path, monkeypatch, committed):
    assert _said(tmp_path, monkeypatch, epochs=300) == (
        "Training will take about 20:00 here, measurements aside.\n"
        "By epoch 2 the committed run, results/dcgan/desai, had fid768 0.50, class accuracy 40% (5,000 real and 2,000 "
        "generated images); its training took 2:00 until then on an abacus.\n"
    )


def test_other_settings_have_no_figures(tmp_path, monkeypatch, committed):
    said = _said(tmp_path, monkeypatch, epochs=300, g_learning_rate=0.1)
    assert said == "Training will take about 20:00 here, measurements aside.\n"
    assert "committed" in _said(tmp_path, monkeypatch, epochs=300, seed=7, metrics="cifar")


def test_a_short_run_says_nothing(tmp_path, monkeypatch, committed):
    assert _said(tmp_path, monkeypatch, epochs=2) == ""


def test_every_committed_run_can_be_told(tmp_path):
    runs = [RunFolder(config.parent) for config in module.COMMITTED.glob("*/*/config.json")]
    measured = [run for run in runs if run.read_log().series("fid768")[0]]
    assert len(measured) > 5
    for run in measured:
        assert "had fid768 " in module._expectation(run, 10**12)[0]


def test_a_setting_that_the_committed_run_did_not_know_changes_nothing(tmp_path, monkeypatch, committed):
    config = committed.read_config()
    del config["settings"]["target_noise"], config["settings"]["sync_batch_norm"]  # one is the recipe's, one a default
    committed.write_config(config)
    assert "committed" not in _said(tmp_path, monkeypatch, epochs=300)
    committed.write_config(
        config | {"settings": config["settings"] | {"target_noise": _recipe().record()["target_noise"]}}
    )
    assert "committed" in _said(tmp_path, monkeypatch, epochs=300)


def test_the_committed_run_of_best_is_of_todays_recipe():
    config, best = RunFolder(module.COMMITTED / "csagan" / "best").read_config(), CSAGAN["best"]
    assert changed_settings(config["settings"], best.record(), best.kind) == {}


def test_a_change_is_told_with_both_values_and_a_setting_that_was_not_known_had_its_default(committed):
    there = committed.read_config()["settings"]
    del there["shuffle"], there["real_term"]  # the recipe has another than the default of the first
    there |= {"gone": {"value": 3}, "width": {"value": 8}, "seed": {"value": 9}, "beta_1": {"value": 0.5}}
    changed = changed_settings(there, _recipe(beta_1=0.25).record(), _recipe().kind)
    assert changed == {"shuffle": (True, False), "gone": (3, None), "width": (8, 4), "beta_1": (0.5, 0.25)}
