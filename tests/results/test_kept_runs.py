"""Every committed run: within its bounds, its weights rounded, its generator the one that made its samples."""

import io
import json
import zipfile

import h5py
import imageio.v3 as iio
import numpy as np
import pytest

from common.run.generator_file import load_generator
from common.run.known_layers import check_config
from common.run.run_folder import RunFolder, setting_values
from common.sampling.sampler import Sampler
from results.keeping.bounds import ALL_BYTES, GIF_BYTES, GRIDS, generator_bytes, run_bytes, size_of
from results.keeping.weights import in_float32, rounded
from tests.helpers import ROOT

RESULTS = ROOT / "results"
RUNS = sorted(path.parent.relative_to(RESULTS).as_posix() for path in RESULTS.glob("*/*/config.json"))
GENERATORS = [name for name in RUNS if (RESULTS / name / "generator.keras").exists()]
FAST = ("dcgan/quick", "csagan/hamed")  # whose generators are tried by default
KERAS_ALONE = {f"dcgan/{name}" for name in ("bendale", "celeba", "csa250", "desai", "hamed", "wgan-sn")}


def values(run):
    return setting_values(run.read_config())


@pytest.mark.parametrize("name", RUNS)
def test_a_committed_run_is_within_its_bounds(name):
    run = RunFolder(RESULTS / name)
    most = run_bytes(values(run)["image_size"], generator_bytes(run))
    assert size_of(run.path) <= most, f"python results/keep.py results/{name} {name}"
    assert len(run.grid_files()) <= GRIDS and int(run.grid_files()[-1].stem) == run.read_log().rows[-1]["epoch"]
    assert (run.path / "training.gif").stat().st_size <= GIF_BYTES
    assert not run.checkpoints.exists() and (run.path / "index.html").exists()
    assert len(list(run.final_images.iterdir())) == 10


def test_all_of_results_is_within_its_bound():
    assert len(RUNS) >= 10 and set(FAST) < {*GENERATORS} and size_of(RESULTS) <= ALL_BYTES


@pytest.mark.parametrize("name", GENERATORS)
def test_a_committed_generator_is_deflated_rounded_and_in_float32(name):
    with zipfile.ZipFile(RESULTS / name / "generator.keras") as archive:
        assert {item.compress_type for item in archive.infolist()} == {zipfile.ZIP_DEFLATED}
        config = json.loads(archive.read("config.json"))
        assert in_float32(config) == config
        assert not check_config(config) or name not in KERAS_ALONE  # others have attention, labels, spectral norm
        weights = []
        with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
            file.visititems(lambda _, item: weights.append(item[()]) if hasattr(item, "dtype") else None)
    assert all(np.array_equal(value, rounded(value)) for value in weights if value.dtype == np.float32)


@pytest.mark.parametrize(
    "name", [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in GENERATORS]
)
def test_a_committed_generator_makes_the_committed_samples_to_one_level(name):
    run = RunFolder(RESULTS / name)
    sampler = Sampler(
        load_generator(run.generator), values(run)["latent_dim"], len(run.read_config()["data"]["classes"])
    )
    shown = [iio.imread(file) for file in sorted(run.final_images.glob("*.png"))]
    assert np.abs(sampler.draw(10, values(run)["seed"], "final").astype(int) - np.stack(shown)).max() <= 1
