"""`sample.py` by class: files, grids and interpolations as users get them, and their mistakes."""

import json
import shutil
import sys

import imageio.v3 as iio
import keras
import numpy as np
import pytest
from PIL import Image

from common.commands.sample import sample_command
from common.figures.grids import grid
from common.run.generator_file import save_generator
from common.sampling.interpolation import slerp
from common.sampling.latents import latents
from common.sampling.sampler import Sampler
from tests.helpers.conditional import tiny_generator

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def write_run(folder, generator):
    folder.mkdir()
    save_generator(folder / "generator.keras", generator)
    config = {"family": "csagan", "recipe": "x", "settings": {"latent_dim": {"value": 4}}, "data": {"classes": NAMES}}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture(scope="module")
def conditional(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("conditional") / "run", tiny_generator())


@pytest.fixture(scope="module")
def unconditional(tmp_path_factory):
    z = keras.Input((4,))
    x = keras.layers.Reshape((8, 8, 3))(keras.layers.Dense(192, "tanh", kernel_initializer="random_normal")(z))
    return write_run(tmp_path_factory.mktemp("unconditional") / "run", keras.Model(z, x))


@pytest.fixture
def sample(monkeypatch, capsys, tmp_path):
    """Run the command; return its exit code, what it printed on stderr, and the folder of images."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["sample.py", *map(str, arguments), "--out", str(tmp_path / "out")])
        with pytest.raises(SystemExit) as end:
            sample_command("csagan")
        return end.value.code, capsys.readouterr().err, tmp_path / "out"

    return run


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("label", ["cat", "3"])
def test_one_class_by_name_or_number(sample, conditional, label):
    code, error, out = sample(conditional, "--label", label, "--count", 3)
    assert code == 0, error
    assert names(out) == ["00-cat.png", "01-cat.png", "02-cat.png", "grid.png"]
    expected = Sampler(tiny_generator(), 4, 10).from_latents(latents(3, 4, 0, "sample"), [3, 3, 3])
    for index in range(3):
        np.testing.assert_array_equal(iio.imread(out / f"{index:02d}-cat.png"), expected[index])


def test_names_of_classes_stay_within_the_folder(sample, conditional, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(conditional, run)
    config = json.loads((run / "config.json").read_text())
    names_there = ["/../../../../x", "..", "\x1b]0;x\x07", "a\nb", "a\0b", "x" * 300, "$\\frac{$", "\udcff", "", "/x"]
    config["data"]["classes"] = names_there
    (run / "config.json").write_text(json.dumps(config))
    code, error, out = sample(run, "--label", "all", "--count", 1)
    assert code == 0, error
    assert len(names(out)) == 11 and "00-_.._.._.._.._x.png" in names(out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "run"]


def test_all_classes_are_a_labelled_grid_with_the_same_latents_in_every_row(sample, conditional):
    code, error, out = sample(conditional, "--label", "all", "--count", 3)
    assert code == 0, error
    assert len(names(out)) == 31 and {"00-airplane.png", "03-automobile.png", "29-truck.png"} <= set(names(out))
    picture = iio.imread(out / "grid.png")
    images = Sampler(tiny_generator(), 4, 10).by_class(latents(3, 4, 0, "sample"), range(10))
    np.testing.assert_array_equal(picture[:, -(3 * 34 + 2) :], grid(images, 3))


def test_without_a_label_every_class_in_turn(sample, conditional):
    _, _, out = sample(conditional, "--count", 12)
    assert names(out)[:2] == ["00-airplane.png", "01-automobile.png"] and "11-automobile.png" in names(out)


def test_truncation_changes_the_latents(sample, conditional):
    _, _, out = sample(conditional, "--label", "cat", "--count", 2, "--truncation", "0.1")
    expected = Sampler(tiny_generator(), 4, 10).from_latents(latents(2, 4, 0, "sample", 0.1), [3, 3])
    np.testing.assert_array_equal(iio.imread(out / "01-cat.png"), expected[1])


def test_unconditional_images_are_what_they_always_were(sample, unconditional):
    code, error, out = sample(unconditional, "--count", 3)
    assert code == 0, error
    assert names(out) == ["00.png", "01.png", "02.png", "grid.png"]
    generator = keras.saving.load_model(unconditional / "generator.keras")
    expected = Sampler(generator, 4).from_latents(latents(3, 4, 0, "sample"))
    np.testing.assert_array_equal(iio.imread(out / "grid.png"), grid(expected, 3))


def test_interpolation_between_latents(sample, unconditional):
    code, error, out = sample(unconditional, "--interpolate", 5)
    assert code == 0, error
    assert names(out) == ["interpolation.gif", "interpolation.png"]
    generator = keras.saving.load_model(unconditional / "generator.keras")
    images = Sampler(generator, 4).from_latents(slerp(*latents(2, 4, 0, "sample"), 5))
    np.testing.assert_array_equal(iio.imread(out / "interpolation.png"), grid(images, 5))
    with Image.open(out / "interpolation.gif") as gif:
        assert gif.n_frames == 8 and gif.width >= 80  # there and back


@pytest.mark.parametrize(("arguments", "rows", "frames"), [
    ([], 10, 30), (["--label", "cat"], 1, 30), (["--label", "cat", "--to-label", "5"], 1, 30),
])  # fmt: skip
def test_interpolation_of_a_conditional_run(sample, conditional, arguments, rows, frames):
    code, error, out = sample(conditional, *arguments, "--interpolate")
    assert code == 0, error
    picture = iio.imread(out / "interpolation.png")
    assert picture.shape[0] == rows * 34 + 2 and picture.shape[1] >= 16 * 34 + 2
    with Image.open(out / "interpolation.gif") as gif:
        assert gif.n_frames == frames
    cat = Sampler(tiny_generator(), 4, 10).from_latents(latents(1, 4, 0, "sample"), [3])[0]
    top = (3 if rows == 10 else 0) * 34 + 2
    left = picture.shape[1] - (16 * 34 + 2) + 2
    np.testing.assert_array_equal(picture[top : top + 32, left : left + 32], cat)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--label", "cow"], ["'cow'", "cat (3)", "truck (9)"]),
        (["--label", "10"], ["'10'", "airplane (0)"]),
        (["--label", "cat", "--to-label", "cow", "--interpolate"], ["'cow'"]),
        (["--to-label", "cat", "--interpolate"], ["--label"]),
        (["--label", "all", "--to-label", "cat", "--interpolate"], ["--label"]),
        (["--label", "cat", "--to-label", "dog"], ["--interpolate"]),
        (["--label", "cat", "--to-label", "all", "--interpolate"], ["--to-label needs one class"]),
        (["--interpolate", "1"], ["2 steps"]),
        (["--interpolate", "--count", "3"], ["--count"]),
        (["--truncation", "0"], ["--truncation"]),
        (["--truncation", "nan"], ["--truncation"]),
        (["--count", "0"], ["--count"]),
    ],
)
def test_mistakes_are_one_line(sample, conditional, arguments, words):
    code, error, out = sample(conditional, *arguments)
    assert code == 2 and error.startswith("error: ") and error.count("\n") == 1, error
    assert all(word in error for word in words), error
    assert not out.exists()


def test_an_unconditional_run_has_no_labels(sample, unconditional):
    code, error, _ = sample(unconditional, "--label", "cat")
    assert code == 2 and "unconditional" in error
