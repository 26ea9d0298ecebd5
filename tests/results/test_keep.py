"""results/keep.py: a run thinned out keeps its pictures to one level, stays within its bounds, and refuses the rest."""

import subprocess
import sys

import imageio.v3 as iio
import keras
import numpy as np
import pytest
from PIL import Image

from common.errors import UserError
from common.figures.animation import save_gif
from common.figures.grids import save_image
from common.run.generator_file import load_generator, save_generator
from common.run.run_folder import RunFolder
from common.sampling.sampler import Sampler
from results.keeping import keep_run as module
from results.keeping.bounds import GIF_BYTES, GRIDS, LARGE_RUN_BYTES, RUN_BYTES, run_bytes
from results.keeping.keep_run import keep_run
from results.keeping.pictures import spread
from results.keeping.weights import BITS, rounded, shrink_generator
from tests.helpers import ROOT
from tests.helpers.conditional import tiny_generator
from tests.helpers.stub_training import StubGAN, train

CLASSES = ("cat", "dog")


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run of eleven epochs, with a figure of another command beside it."""
    run = train(tmp_path_factory.mktemp("run") / "run", StubGAN(tiny_generator(2)), CLASSES, epochs=11)
    settings = {"latent_dim": 4, "image_size": 32, "seed": 0, "epochs": 11}
    run.write_config(
        {"family": "csagan", "recipe": "bendale", "writeup": "w", "reported": "r",
         "data": {"name": "photos", "classes": CLASSES},
         "settings": {key: {"value": value, "source": "default", "why": ""} for key, value in settings.items()}}
    )  # fmt: skip
    save_image(run.path / "attention.png", np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8))
    return run


@pytest.fixture(scope="module")
def kept(run, tmp_path_factory):
    return keep_run(run, "csagan/bendale", tmp_path_factory.mktemp("results"))


def test_what_is_kept_is_whole_and_small(run, kept):
    names = {path.relative_to(kept.path).as_posix() for path in kept.path.rglob("*") if path.is_file()}
    assert {"config.json", "log.csv", "generator.keras", "index.html", "samples.png", "training.gif", "losses.png",
            "attention.png", "final_images/09.png"} <= names  # fmt: skip
    assert not any(name.startswith(("checkpoints", ".")) for name in names)
    assert [file.stem for file in kept.grid_files()] == ["0001", "0002", "0004", "0005", "0007", "0008", "0010", "0011"]
    assert {p.name for p in kept.path.parent.iterdir()} == {"bendale"}  # nothing temporary is left
    for file in (*kept.grid_files(), kept.path / "attention.png"):
        assert len(Image.open(file).convert("RGB").getcolors(10**6)) <= 256
    assert kept.config.read_bytes() == run.config.read_bytes() and kept.log.read_bytes() == run.log.read_bytes()
    page = (kept.path / "index.html").read_text()
    assert '"grids":["0001.png","0002.png","0004.png"' in page


def test_the_kept_generator_makes_the_kept_samples_and_the_runs_to_one_level(run, kept):
    ours = Sampler(load_generator(kept.generator), 4, 2).draw(10, 0, "final").astype(int)
    for folder in (run, kept):
        shown = [iio.imread(folder.final_images / f"{index:02d}.png") for index in range(10)]
        assert np.abs(ours - np.stack(shown)).max() <= 1
    weights = load_generator(kept.generator).get_weights()
    assert all(np.array_equal(value, rounded(value)) for value in weights)
    assert not all(np.array_equal(value, rounded(value)) for value in load_generator(run.generator).get_weights())


def test_a_grid_keeps_its_names_and_first_columns(run, kept):
    before, after = (iio.imread(folder.grids / "0011.png", mode="RGB") for folder in (run, kept))
    assert after.shape[0] == before.shape[0] and after.shape[1] == before.shape[1] - 6 * 34
    assert np.abs(before[:, : after.shape[1]].astype(int) - after).mean() < 8  # 256 colours


def test_a_kept_run_kept_again_is_the_same_to_the_byte(kept):
    before = content(kept.path)
    assert content(keep_run(kept, "csagan/bendale", kept.path.parent.parent).path) == before


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_rounded_weights_make_the_same_pictures_to_one_level_and_load_with_keras_alone(tmp_path, policy):
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Dense(8 * 8 * 32, dtype=policy), keras.layers.BatchNormalization(dtype=policy),
              keras.layers.LeakyReLU(dtype=policy), keras.layers.Reshape((8, 8, 32), dtype=policy),
              keras.layers.Conv2DTranspose(3, 4, 4, activation="tanh", dtype=policy)]  # fmt: skip
    model = keras.Sequential([keras.Input((16,)), *layers])
    plain = keras.Sequential([keras.Input((16,)), *(type(layer).from_config(layer.get_config() | {"dtype": "float32"})
                                                    for layer in layers)])  # fmt: skip
    plain.set_weights(model.get_weights())
    save_generator(tmp_path / "a.keras", model)
    shrink_generator(tmp_path / "a.keras", tmp_path / "b.keras")
    loaded = keras.saving.load_model(tmp_path / "b.keras", safe_mode=True)
    a, b = (Sampler(each, 16).draw(100, 0, "test").astype(int) for each in (plain, loaded))
    assert 0 < np.abs(a - b).max() <= 1
    assert (tmp_path / "b.keras").stat().st_size < 0.6 * (tmp_path / "a.keras").stat().st_size


def test_rounding_keeps_eleven_bits():
    x = np.float32([0, -0.0, 1, 2047, 2049, 2051, 1e-30, -np.pi, 3e38])
    y = rounded(x)
    assert y.dtype == np.float32 and y.tolist()[:6] == [0, 0, 1, 2047, 2048, 2052]
    assert (np.abs(y - x) <= np.abs(x) * 2.0**-BITS).all() and np.array_equal(rounded(y), y)
    assert not (y.view(np.uint32) & 0x1FFF).any()


def test_a_gif_stays_within_its_bound(tmp_path):
    random = np.random.default_rng(0)
    for epoch in range(1, 13):
        save_image(tmp_path / f"{epoch:04d}.png", random.integers(0, 256, (100, 100, 3), np.uint8))
    save_gif(tmp_path / "a.gif", sorted(tmp_path.glob("*.png")), 60_000)
    assert 30_000 < (tmp_path / "a.gif").stat().st_size <= 60_000 < GIF_BYTES


def test_spread_has_both_ends():
    assert spread(range(1, 101), 8) == [1, 15, 29, 43, 58, 72, 86, 100]
    assert spread([3, 4], GRIDS) == [3, 4] and spread([], GRIDS) == []


def test_a_runs_bound_follows_from_its_pixels_and_yields_to_its_generator():
    assert run_bytes(32, 2_000_000) == RUN_BYTES and run_bytes(64, 7_000_000) == LARGE_RUN_BYTES
    assert run_bytes(32, 5_000_000) == 6_500_000


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("nogan/bendale", "the family is one of dcgan, sagan, csagan"),
        ("csagan", "unknown recipe ''; choose from bendale"),
        ("csagan/../dcgan", "unknown recipe '../dcgan'"),
        ("dcgan/bendale", "is a run of csagan/bendale, not of dcgan/bendale"),
    ],
)
def test_another_place_is_refused(run, tmp_path, place, words):
    with pytest.raises(UserError, match=words.replace("(", r"\(")):
        keep_run(run, place, tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_is_too_large_changes_nothing(run, kept, monkeypatch):
    before = content(kept.path)
    monkeypatch.setattr(module, "run_bytes", lambda *_: 1000)
    with pytest.raises(UserError, match=r"MB would be kept, and at most 0\.00 MB may be: "):
        keep_run(run, "csagan/bendale", kept.path.parent.parent)
    assert content(kept.path) == before


def test_a_run_may_be_kept_without_its_generator(run, kept, tmp_path):
    bare = keep_run(run, "csagan/bendale", tmp_path, generator=False)
    assert {path.name for path in content(kept.path).keys() ^ content(bare.path).keys()} == {"generator.keras"}
    assert (kept.path / "samples.png").read_bytes() == (bare.path / "samples.png").read_bytes()


def test_half_a_run_is_refused(run, tmp_path):
    half = RunFolder(tmp_path / "half")
    half.path.mkdir()
    for said in ("is not a run folder", "has no epoch yet", "generator.keras does not exist"):
        with pytest.raises(UserError, match=said):
            keep_run(half, "csagan/bendale", tmp_path)
        missing = half.config if said == "is not a run folder" else half.log
        missing.write_bytes((run.path / missing.name).read_bytes())
    half.generator.write_bytes(b"PK")
    with pytest.raises(UserError, match="cannot read"):
        keep_run(half, "csagan/bendale", tmp_path)


def test_the_command_says_a_mistake_in_one_line(tmp_path):
    command = [sys.executable, ROOT / "results" / "keep.py", tmp_path, "dcgan/bendale"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.count("\n") == 1
    assert "is not a run folder" in done.stderr
