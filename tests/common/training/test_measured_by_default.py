"""What is measured unasked: the write-ups' protocol where its weights are; chosen once, recorded, kept on resume."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from common.commands.order import check_weights
from common.data.load import load_dataset
from common.errors import UserError
from common.figures.curves import save_metrics
from common.run.log import COLUMNS, Log
from common.run.run_folder import RunFolder
from csagan.recipes import RECIPES as CSAGAN
from dcgan.recipes import RECIPES as DCGAN
from fid.evaluation import choice
from fid.evaluation.choice import choose_metrics
from fid.evaluation.training import make_evaluation
from fid.networks import weights
from fid.networks.weights import INCEPTION_2015, KERAS_INCEPTION_V3, MissingWeights
from fid.protocols import get_protocol
from sagan.recipes import RECIPES as SAGAN
from tests.helpers import ROOT


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """An empty cache, no weights named, no network."""
    monkeypatch.setenv("CIFAR_GANS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FID_WEIGHTS", raising=False)
    monkeypatch.setattr(choice, "reachable", lambda published: False)


def stand_in(published, folder: Path) -> Path:
    """A file with the name of published weights, which is all that a choice looks at."""
    path = folder / published.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_the_best_protocol_whose_weights_are_at_hand(tmp_path):
    assert choose_metrics(True)[0] == choose_metrics(False)[0] == "cifar"
    stand_in(INCEPTION_2015, tmp_path / "cache" / "weights")
    assert choose_metrics(True)[0] == choose_metrics(False)[0] == "fid768,cifar"
    named = stand_in(KERAS_INCEPTION_V3, tmp_path / "named")
    assert choose_metrics(True, named) == ("writeup,cifar", "the weights of Keras' InceptionV3, with which CSA "
                                           "250 measures, are at hand")  # fmt: skip
    assert choose_metrics(False, named)[0] == "fid768,cifar"
    with pytest.raises(UserError, match="no such file"):
        choose_metrics(True, tmp_path / "absent.h5")


def test_what_can_be_fetched_is_fetched_and_a_download_that_fails_leaves_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(choice, "reachable", lambda published: True)
    fetched = []

    def download(published):
        fetched.append(published)
        if published is KERAS_INCEPTION_V3:
            raise MissingWeights("broken off")

    monkeypatch.setattr(weights, "_download", download)
    assert choose_metrics(True)[0] == "fid768,cifar"
    assert fetched == [KERAS_INCEPTION_V3, INCEPTION_2015]


def test_a_dead_network_costs_one_limited_wait(monkeypatch):
    monkeypatch.setattr(choice, "reachable", weights.reachable)
    monkeypatch.setattr(weights, "TIMEOUT", 0.3)

    def hang(*args, **kwargs):
        time.sleep(3)
        raise OSError

    monkeypatch.setattr(weights.urllib.request, "urlopen", hang)
    began = time.monotonic()
    assert choose_metrics(True)[0] == "cifar"
    assert time.monotonic() - began < 1


def test_recipes_of_write_ups_leave_it_open_and_ours_do_not():
    for recipes in (DCGAN, SAGAN, CSAGAN):
        for recipe in recipes.values():
            own = recipe.own("metrics").value
            expected = "fid768,cifar" if recipe.name == "best" else "auto"
            assert own == expected or recipe.settings.data != "cifar10", recipe.name


@pytest.mark.slow
def test_the_protocol_brings_its_own_counts_and_the_floor_of_real_images(tmp_path, monkeypatch):
    """With the network of protocol cifar in place of InceptionV3, whose two thousand images would take a minute."""
    photos = load_dataset("photos")
    small = replace(get_protocol("cifar"), name="small", own_counts=True, split="test", real_count=60, fake_count=50)
    monkeypatch.setitem(sys.modules["fid.protocols"].PROTOCOLS, "small", small)
    evaluation = make_evaluation(["small", "cifar"], photos, 100, 80)
    described, asked = evaluation.describe(), []

    def sample(count):
        asked.append(count)
        return photos.train.images[-count:]

    figures = evaluation(sample)
    assert asked == [80] and described["small"]["fake_count"] == 50 and described["cifar"]["fake_count"] == 80
    assert described["small"]["real"] == "photos:test" and "floor" not in described["cifar"]
    assert 0 < described["small"]["floor"] < 4 * figures["small"] and json.dumps(described)


def test_weights_that_a_run_measured_with_and_that_are_gone_are_one_clear_error(monkeypatch):
    def missing(published, given=None):
        raise MissingWeights(f"{published.file} is not here")

    monkeypatch.setattr("fid.networks.load.find_weights", missing)
    photos = load_dataset("photos")
    assert make_evaluation(["fid768"], photos, 10, 10) is None  # a run that has never had them goes without
    with pytest.raises(UserError, match=r"this run measures fid768, and the weights for it are gone: .* is not here"):
        make_evaluation(["fid768"], photos, 10, 10, required={"fid768"})


def test_levels_are_drawn_into_the_panel_of_their_column(tmp_path):
    log = Log(tmp_path / "log.csv")
    for epoch in (1, 2, 3):
        log.add(dict.fromkeys(COLUMNS, 1.0) | {"epoch": epoch}, {"writeup": 100.0 - epoch, "cifar": 50.0})
    described = {"writeup": {"floor": 47.25}, "cifar": {}}
    save_metrics(tmp_path / "with.svg", log, "a title", described, reported={"writeup": 69.09})
    save_metrics(tmp_path / "without.svg", log, "a title", {"writeup": {}, "cifar": {}})
    texts = [(tmp_path / name).read_text() for name in ("with.svg", "without.svg")]  # words are in comments
    for words in ("reported 69.09", "floor: real images 47.25"):
        assert [text.count(words) for text in texts] == [1, 0]


def random_inception(path: Path):
    """Keras' InceptionV3 with random weights, and its file, written as the published one."""
    import h5py
    import keras
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    keras.utils.set_random_seed(0)
    network = keras.applications.InceptionV3(include_top=False, weights=None, pooling="avg")
    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, network)
    return network


@pytest.mark.slow
def test_the_write_ups_features_are_those_of_keras_network(tmp_path):
    from fid.networks.extractor import Extractor
    from fid.networks.resize import nearest

    network = random_inception(tmp_path / "stand-in.h5")
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    (outputs,) = Extractor(get_protocol("writeup"), tmp_path / "stand-in.h5")(images)
    scaled = nearest(images.astype(np.float32), 299) / 127.5 - 1
    expected = network(scaled, training=False).numpy()
    np.testing.assert_allclose(outputs.features, expected, atol=1e-4 * np.abs(expected).max())

    (tmp_path / "other.h5").write_bytes(b"something else")
    with pytest.raises(UserError, match=r"other.h5 does not hold the weights of Keras' InceptionV3"):
        Extractor(get_protocol("writeup"), tmp_path / "other.h5")


@pytest.mark.slow
def test_a_run_measures_as_the_write_ups_did_and_keeps_to_it(cifar10, tmp_path, monkeypatch):
    """With random weights in the file that Keras publishes, named in $FID_WEIGHTS; few images, or it takes minutes."""
    random_inception(tmp_path / "stand-in.h5")
    code = (
        "import dataclasses, runpy, sys; from fid.protocols import PROTOCOLS; sys.argv = sys.argv[1:]\n"
        "PROTOCOLS['writeup'] = dataclasses.replace(PROTOCOLS['writeup'], real_count=40, fake_count=30)\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )

    def train(epochs: int) -> subprocess.CompletedProcess:
        args = [ROOT / "dcgan" / "train.py", "--out", tmp_path / "run", "--epochs", epochs, "--steps-per-epoch", 1]
        args += ["--metrics-every", 1, "--set", "metric_fake=100", "--set", "metric_real=100"]
        command = [sys.executable, "-c", code, *map(str, args)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)

    monkeypatch.setenv("FID_WEIGHTS", str(tmp_path / "stand-in.h5"))
    done = train(1)
    assert done.returncode == 0, done.stderr
    assert "metrics writeup,cifar (auto: the weights of Keras' InceptionV3" in done.stdout
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["settings"]["metrics"]["value"] == "writeup,cifar" and config["reported_fid"] == 69.09
    about = config["metrics"]["writeup"]
    assert (about["real"], about["real_count"], about["fake_count"]) == ("cifar10:test", 40, 30) and about["floor"] > 0
    assert tuple(Log.read(tmp_path / "run" / "log.csv").metrics)[:2] == ("writeup", "cifar")

    monkeypatch.delenv("FID_WEIGHTS")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # no network, wherever this runs
    gone = train(2)
    assert gone.returncode == 2 and "this run measures writeup, and the weights for it are gone" in gone.stderr
    monkeypatch.setenv("FID_WEIGHTS", str(tmp_path / "stand-in.h5"))
    assert train(2).returncode == 0


def test_a_run_does_not_go_on_with_figures_by_other_weights(tmp_path):
    run = RunFolder(tmp_path)
    check_weights(run, {"cifar": {"weights_sha256": "b" * 64}})  # it begins
    run.write_config({"family": "dcgan", "recipe": "bendale", "settings": {}, "metrics":
                      {"cifar": {"weights_sha256": "a" * 64}, "older": {}}})  # fmt: skip
    check_weights(run, {"cifar": {"weights_sha256": "a" * 64}, "older": {"weights_sha256": "c" * 64}})
    with pytest.raises(UserError, match="those of cifar are aaaaaaaa there and bbbbbbbb here"):
        check_weights(run, {"cifar": {"weights_sha256": "b" * 64}})
