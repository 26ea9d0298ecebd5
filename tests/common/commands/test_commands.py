"""The commands as users type them: mistakes are one clear line and exit code 2, before TensorFlow is imported."""

import json
import os
import subprocess
import sys
import time
from importlib.util import find_spec

import pytest

from common.errors import UserError
from tests.helpers import ROOT


def run(*command, cwd=None, timeout=120, **environment):
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd, capture_output=True, text=True, timeout=timeout, env=os.environ | environment,
    )  # fmt: skip


TRAIN, SAMPLE, PLOT = ROOT / "dcgan" / "train.py", ROOT / "dcgan" / "sample.py", ROOT / "results" / "plot.py"


def assert_users_mistake(result, *words):
    assert result.returncode == 2, result
    assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--recipe", "bendal"], ["'bendal'", "bendale, csa250, hamed, celeba, desai, wgan-sn, best"]),
        (["--set", "droput=0.1"], ["'droput'", "dropout", "kernel_size"]),
        (["--set", "dropout"], ["KEY=VALUE"]),
        (["--batch-size", "-64"], ["batch_size=-64"]),
        (["--batch-size", "20000", "--data", "photos"], ["20000", "10000 training images; lower --batch-size"]),
        (["--steps-per-epoch", "900", "--data", "photos"], ["900", "156"]),
        (["--epochs", "0"], ["epochs=0", "1"]),
        (["--data", "cifar11"], ["'cifar11'", "cifar10, celeb_a, digits, photos"]),
        (["--precision", "half"], ["precision=half", "mixed_bfloat16"]),
        (["--epoch-count", "3"], ["--epoch-count"]),
        (["--resume"], ["nothing to resume"]),
        (["--resume", "--data", "photos:cat,rocket"], ["dcgan-bendale-photos_cat,rocket is not a run folder"]),
        (["--data", "."], ["holds no pictures", ".png"]),
        (["--data", "no-such-folder"], ["'no-such-folder'", "name a folder"]),
        (["--image-size", "48"], ["image_size=48", "power of two"]),
        (["--set", "crop=none"], ["crop=none", "center, stretch"]),
        (["--histograms"], ["add --tensorboard"]),
    ],
)
def test_mistakes_in_training(tmp_path, arguments, words):
    began = time.perf_counter()
    result = run(TRAIN, *arguments, cwd=tmp_path)
    assert_users_mistake(result, *words)
    assert time.perf_counter() - began < 10  # an instant on an idle machine; TensorFlow's import alone would not be
    assert "epoch 1" not in result.stdout


def test_tensorboard_has_to_be_installed(tmp_path):
    if find_spec("tensorboard"):
        pytest.skip("TensorBoard is installed")
    assert_users_mistake(run(TRAIN, "--tensorboard", cwd=tmp_path), "pip install tensorboard")


def test_unwritable_out(tmp_path):
    (tmp_path / "file").write_text("")
    assert_users_mistake(run(TRAIN, "--data", "photos", "--out", tmp_path / "file" / "run"), "cannot write to")


def test_out_with_other_files(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    assert_users_mistake(run(TRAIN, "--data", "photos", "--out", tmp_path), "not a run folder")
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_run_of_another_recipe_or_setting_is_refused_with_the_difference(tmp_path):
    from dcgan.recipes import BENDALE

    settings = {key: item._asdict() for key, item in BENDALE.override({"data": "photos"}).provenance().items()}
    config = {"family": "dcgan", "recipe": "bendale", "settings": settings, "data": {"name": "photos"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    result = run(TRAIN, "--data", "photos", "--out", tmp_path, "--set", "dropout=0.5")
    assert_users_mistake(result, "dropout is 0.3 there and 0.5 here")
    result = run(TRAIN, "--data", "photos", "--out", tmp_path, "--recipe", "hamed")
    assert_users_mistake(result, "recipe is bendale there and hamed here")


def test_a_folder_of_broken_pictures_is_one_line_that_names_them(tmp_path):
    for name in ("a b.png", "é.jpg"):
        (tmp_path / "pictures").mkdir(exist_ok=True)
        (tmp_path / "pictures" / name).write_text("these are words")
    result = run(TRAIN, "--recipe", "celeba", "--data", "pictures", cwd=tmp_path, CIFAR_GANS_CACHE=str(tmp_path / "c"))
    assert_users_mistake(result, "2 of 2 pictures are broken", "a b.png", "--skip-broken")


def test_too_few_held_out_pictures_to_validate_on(tmp_path):
    from PIL import Image

    (tmp_path / "few").mkdir()
    for index in range(10):
        Image.new("RGB", (32, 32), (index, 0, 0)).save(tmp_path / "few" / f"{index}.png")
    few = ["--data", "few", "--batch-size", "2", "--set", "validation_steps=1"]
    result = run(TRAIN, *few, cwd=tmp_path, CIFAR_GANS_CACHE=str(tmp_path / "c"))
    assert_users_mistake(result, "needs 2 test images", "there are 1;", "validation_steps=0")


def test_a_run_knows_its_folder_by_name_and_may_be_older_than_a_setting(tmp_path):
    from common.run.run_folder import RunFolder
    from common.system.fields import defaults
    from dcgan.recipes import BENDALE

    def config(data, **changes):
        recipe = BENDALE.override({"data": data, **changes})
        table = {key: item._asdict() for key, item in recipe.provenance().items()}
        return {"family": "dcgan", "recipe": "bendale", "settings": table}

    old, run_folder = config("some/where/faces"), RunFolder(tmp_path)
    del old["settings"]["skip_broken"]
    run_folder.write_config(old)
    earlier = defaults(BENDALE.kind)
    run_folder.check_same(config("elsewhere/faces/"), earlier)
    with pytest.raises(UserError, match="data is faces there and others here"):
        run_folder.check_same(config("others"), earlier)
    with pytest.raises(UserError, match="skip_broken is False there and True here"):
        run_folder.check_same(config("faces", skip_broken=True), earlier)


@pytest.mark.parametrize("script", [SAMPLE, PLOT])
def test_sampling_and_plotting_what_is_no_run(tmp_path, script):
    assert_users_mistake(run(script, tmp_path / "nowhere"), "not a run folder")
    settings = {"latent_dim": {"value": 100}}
    config = {"family": "dcgan", "recipe": "bendale", "settings": settings, "data": {"name": "photos"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert_users_mistake(run(script, tmp_path), "after its first epoch")


def test_list_and_help_teach(tmp_path):
    listed = run(TRAIN, "--list", cwd=tmp_path)
    assert listed.returncode == 0
    for word in (
        "bendale:",
        "csa250:",
        "hamed:",
        "FID 69.09",
        "stated:",
        "author's code:",
        "assumed:",
        "batch_size=64",
    ):
        assert word in listed.stdout
    helped = run(TRAIN, "--help", cwd=tmp_path)
    assert helped.returncode == 0
    for flag in ("--recipe", "--data", "--out", "--epochs", "--steps-per-epoch", "--batch-size", "--seed", "--resume",
                 "--precision", "--metrics", "--metrics-every", "--set", "--weights", "--image-size", "--skip-broken",
                 "--tensorboard", "--histograms", "--settings"):  # fmt: skip
        assert flag in helped.stdout


def test_settings_are_shown_before_anything_is_imported_or_written(tmp_path):
    began = time.perf_counter()
    shown = run(TRAIN, "--settings", "--recipe", "csa250", "--batch-size", "32", "--set", "dropout=0.5", cwd=tmp_path)
    assert time.perf_counter() - began < 5  # TensorFlow's import alone takes longer on a busy machine
    assert shown.returncode == 0 and not any(tmp_path.iterdir())
    lines = {line.split("=")[0].strip(): line for line in shown.stdout.splitlines() if "=" in line}
    assert "batch_size=32" in lines["batch_size"] and lines["batch_size"].endswith("command line")
    assert "dropout=0.5" in lines["dropout"] and "loss=bce" in lines["loss"] and "assumed: not given" in lines["loss"]
    assert_users_mistake(run(TRAIN, "--settings", "--set", "droput=1", cwd=tmp_path), "'droput'")


def test_no_data_and_no_network_is_one_line_within_ten_seconds(tmp_path):
    """Needs a machine that cannot reach the data's host; elsewhere TFDS would begin a download of 160 MB."""
    from common.data.cifar10 import HOST
    from common.data.tfds_source import reachable

    if reachable(HOST):
        pytest.skip("the data's host can be reached from here")
    began = time.perf_counter()
    result = run(TRAIN, cwd=tmp_path, TFDS_DATA_DIR=str(tmp_path), CIFAR_GANS_CACHE=str(tmp_path))
    assert_users_mistake(result, "TFDS_DATA_DIR", "--data photos")
    assert time.perf_counter() - began < 10
