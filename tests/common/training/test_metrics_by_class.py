"""Metrics of conditional runs, class by class: what is measured, what the log and the figures make of it."""

import json
import subprocess
import sys
from dataclasses import replace

import imageio.v3 as iio
import numpy as np
import pytest

from common.data.cifar10 import CLASS_NAMES
from common.data.dataset import Split
from common.figures.grids import save_image
from common.figures.run_figures import draw_figures
from common.run.log import COLUMNS, Log
from common.run.run_folder import RunFolder
from fid import frechet_distance_features
from fid.evaluation.cache import Cache
from fid.evaluation.training import make_evaluation
from tests.helpers import ROOT
from tests.helpers.conditional import tiny_generator
from tests.helpers.stub_training import StubGAN, train

COLUMN_NAMES = ("cifar", "cifar_intra", "class_accuracy")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache."""
    monkeypatch.setenv("CIFAR_GANS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def small(cifar10):
    """A thousand images of CIFAR-10, so that a test takes seconds."""
    train, test = (Split(part.images[:1000], part.labels[:1000]) for part in (cifar10.train, cifar10.test))
    return replace(cifar10, train=train, test=test, fingerprint="small")


def in_turn(part: Split, count: int) -> np.ndarray:
    """Real images as a perfect conditional generator gives them: image i of class i % 10."""
    by_class = [part.images[part.labels == label] for label in range(10)]
    return np.stack([by_class[i % 10][i // 10] for i in range(count)])


def test_a_perfect_generator_is_nearly_always_right_and_one_that_confuses_two_classes_shows_in_these(small, cache):
    evaluation = make_evaluation(["cifar"], small, 1000, 400, conditional=True)
    perfect = evaluation(lambda count: in_turn(small.test, count))
    assert tuple(perfect) == evaluation.names and tuple(perfect)[:3] == COLUMN_NAMES
    assert set(evaluation.names[3:]) == {f"{name}/{label}" for name in COLUMN_NAMES[1:] for label in CLASS_NAMES}
    assert perfect["class_accuracy"] > 0.85
    assert perfect["class_accuracy"] == pytest.approx(np.mean([perfect[f"class_accuracy/{c}"] for c in CLASS_NAMES]))
    assert perfect["cifar_intra"] == pytest.approx(np.mean([perfect[f"cifar_intra/{c}"] for c in CLASS_NAMES]))

    images = in_turn(small.test, 400)
    swapped = images.copy()
    swapped[3::10], swapped[8::10] = images[8::10], images[3::10]
    confused = evaluation(lambda count: swapped)
    assert confused["class_accuracy/cat"] < 0.1 and confused["class_accuracy/ship"] < 0.1
    assert confused["class_accuracy/dog"] == perfect["class_accuracy/dog"]
    assert confused["cifar_intra/cat"] > 1.5 * perfect["cifar_intra/cat"]
    assert confused["cifar_intra/dog"] == perfect["cifar_intra/dog"]
    assert confused["cifar"] == pytest.approx(perfect["cifar"])  # as a whole they are the same images


@pytest.mark.slow
def test_figures_agree_with_the_definition_and_with_an_unconditional_measurement(small, cache):
    images = in_turn(small.test, 400)
    figures = make_evaluation(["cifar"], small, 1000, 400, conditional=True)(lambda count: images)
    plain = make_evaluation(["cifar"], small, 1000, 400)
    assert plain.names == ("cifar",)
    assert plain(lambda count: images)["cifar"] == figures["cifar"]

    from fid.networks.extractor import Extractor
    from fid.protocols import get_protocol

    def features(images):
        return np.concatenate([outputs.features for outputs in Extractor(get_protocol("cifar"))(images)])

    real = features(small.train.images[small.train.labels == 3])
    assert figures["cifar_intra/cat"] == pytest.approx(frechet_distance_features(real, features(images[3::10])), 1e-4)


def test_real_images_are_measured_once(small, cache, monkeypatch):
    first = make_evaluation(["cifar"], small, 500, 100, conditional=True)
    assert len(list(cache.rglob("*.npz"))) == 1
    monkeypatch.setattr(Cache, "save", None)
    again = make_evaluation(["cifar"], small, 500, 100, conditional=True)
    images = in_turn(small.test, 100)
    assert again(lambda count: images) == first(lambda count: images)


def test_every_figure_has_its_protocol(small, cache):
    described = make_evaluation(["cifar"], small, 500, 100, conditional=True).describe()
    assert tuple(described) == COLUMN_NAMES and json.loads(json.dumps(described)) == described
    for about in described.values():
        assert about["real_count"] == 500 and about["fake_count"] == 100 and about["extractor"] == "cifar10-classifier"
    assert [name for name, about in described.items() if about.get("higher_is_better")] == ["class_accuracy"]


def test_classes_that_the_classifier_does_not_know_and_too_few_images_are_measured_as_a_whole(small, cache):
    others = replace(small, class_names=CLASS_NAMES[::-1])
    assert make_evaluation(["cifar"], others, 1000, 100, conditional=True).names == ("cifar",)
    assert make_evaluation(["cifar"], small, 1000, 19, conditional=True).names == ("cifar",)
    assert make_evaluation(["cifar"], small, 10, 100, conditional=True).names == ("cifar",)


@pytest.mark.slow
def test_a_conditional_run_logs_and_draws_its_classes(small, cache, tmp_path):
    evaluation = make_evaluation(["cifar"], small, 500, 100, conditional=True)
    run = train(tmp_path / "run", StubGAN(tiny_generator()), CLASS_NAMES, evaluation, epochs=2)
    log = run.read_log()
    assert tuple(log.metrics) == evaluation.names
    assert log.series("class_accuracy/truck")[0] == [1, 2]
    assert (run.path / "classes.png").exists()


def write_run(folder) -> RunFolder:
    """A run of two measured epochs, without a network."""
    run = RunFolder(folder)
    folder.mkdir()
    metrics = {"cifar": {}, "class_accuracy": {"higher_is_better": True}}
    config = {"family": "csagan", "recipe": "bendale", "settings": {}, "data": {"name": "cifar10"}, "metrics": metrics}
    run.write_config(config)
    log, random = Log(run.log), np.random.default_rng(0)
    for epoch in (10, 20, 30):
        row = dict.fromkeys(COLUMNS, 0.5) | {"epoch": epoch, "step": epoch, "images": epoch}
        shares, distances = random.random(10), 20 + 100 * random.random(10)
        values = {"cifar": 30.0, "cifar_intra": distances.mean(), "class_accuracy": shares.mean()}
        values |= {f"cifar_intra/{c}": v for c, v in zip(CLASS_NAMES, distances, strict=True)}
        values |= {f"class_accuracy/{c}": v for c, v in zip(CLASS_NAMES, shares, strict=True)}
        log.add(row, values if epoch < 30 else {})
    return run


@pytest.mark.slow
def test_plot_redraws_from_the_run_folder_alone(tmp_path):
    run = write_run(tmp_path / "run")
    draw_figures(run)
    before = (run.path / "classes.png").read_bytes()
    (run.path / "classes.png").unlink()
    done = subprocess.run(
        [sys.executable, str(ROOT / "results" / "plot.py"), str(run.path)], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0 and "classes.png" in done.stdout, done
    np.testing.assert_array_equal(iio.imread(run.path / "classes.png"), iio.imread(before))
    assert iio.imread(run.path / "metrics.png").shape[0] < 1500  # no panel for single classes


def test_an_unconditional_run_has_no_figure_of_classes(tmp_path):
    run = write_run(tmp_path / "run")
    log = Log(run.log)
    log.add(dict.fromkeys(COLUMNS, 0.5) | {"epoch": 1, "step": 1, "images": 1}, {"cifar": 3.0})
    save_image(run.grids / "0001.png", np.zeros((8, 8, 3), np.uint8))
    draw_figures(run)
    assert not (run.path / "classes.png").exists()
