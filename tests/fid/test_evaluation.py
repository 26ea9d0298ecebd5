"""What the training loop is handed: figures by protocol, real statistics measured once, absent weights left out."""

import json
from dataclasses import replace

import numpy as np
import pytest

from common.data.dataset import Split
from common.data.load import load_dataset
from common.errors import UserError
from common.system import progress
from fid.evaluation.cache import Cache
from fid.evaluation.followed import Followed
from fid.evaluation.measure import extract
from fid.evaluation.training import Evaluation, make_evaluation
from fid.inputs.find import dataset_set
from fid.inputs.image_set import ImageSet
from fid.networks.extractor import Outputs
from fid.networks.weights import INCEPTION_2015, MissingWeights
from fid.protocols import get_protocol


@pytest.fixture(scope="module")
def photos():
    return load_dataset("photos")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and no weights named in the environment."""
    monkeypatch.setenv("CIFAR_GANS_CACHE", str(tmp_path))
    monkeypatch.delenv("FID_WEIGHTS", raising=False)
    return tmp_path


def noise(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)


def test_real_images_score_better_than_noise(photos, cache):
    measured = make_evaluation(["cifar"], photos, real_count=600, fake_count=300)
    real = measured(lambda count: photos.train.images[-count:])
    assert set(real) == {"cifar"} == set(measured.names)
    assert 0 < real["cifar"] < measured(noise)["cifar"]


def test_the_description_is_the_whole_protocol(photos, cache):
    description = make_evaluation(["cifar"], photos, 500, 300).describe()["cifar"]
    assert json.loads(json.dumps(description)) == description
    expected = {"real_count": 500, "fake_count": 300, "split": "train", "seed": 0, "precision": "float32"}
    expected |= {"dimension": 256, "resize": "bilinear", "real": "photos:train"}
    assert expected.items() <= description.items()
    assert {"metric", "extractor", "weights_sha256", "real_fingerprint"} <= set(description)


def test_real_statistics_are_measured_once(photos, cache, monkeypatch):
    first = make_evaluation(["cifar"], photos, 300, 200)
    assert len(list(cache.rglob("*.npz"))) == 1

    def none_again(*args, **kwargs):
        raise AssertionError("measured again")

    monkeypatch.setattr(Cache, "save", none_again)
    again = make_evaluation(["cifar"], photos, 300, 200)
    assert again(noise) == first(noise)
    make_evaluation(["cifar"], photos, 300, 100)
    with pytest.raises(AssertionError):
        make_evaluation(["cifar"], photos, 299, 200)


def test_a_small_split_is_taken_whole(photos, cache):
    small = replace(photos, train=Split(photos.train.images[:120], photos.train.labels[:120]))
    description = make_evaluation(["cifar"], small, real_count=5000, fake_count=100).describe()["cifar"]
    assert description["real_count"] == 120


def test_a_protocol_without_weights_is_left_out_with_a_note(photos, cache, monkeypatch, capsys):
    def missing(published, given=None):
        raise MissingWeights(f"{published.file} is not here")

    monkeypatch.setattr("fid.networks.load.find_weights", missing)
    measured = make_evaluation(["fid768", "cifar"], photos, 100, 100)
    assert measured.names == ("cifar",)
    note = capsys.readouterr().err
    assert "no 768-d FID (fid768) is measured in this run" in note and INCEPTION_2015.file in note
    assert make_evaluation(["fid768"], photos, 100, 100) is None


def test_weights_that_were_named_and_are_wrong_stop_the_run(photos, cache):
    with pytest.raises(UserError, match="no such file"):
        make_evaluation(["fid768"], photos, 100, 100, weights="absent.npz")
    with pytest.raises(UserError, match="unknown protocol"):
        make_evaluation(["fid1000"], photos)


def test_each_protocol_gets_its_own_number_of_images(photos, cache):
    real, asked = dataset_set(photos, "train").draw(200, 0), []
    parts = [Followed(get_protocol("cifar"), [metric], real, count) for metric, count in (("fid", 150), ("kid", 100))]
    found = Evaluation(parts)(lambda count: asked.append(count) or noise(count))
    assert asked == [150] and found == parts[0](noise(150)) | parts[1](noise(150)[:100])


@pytest.mark.parametrize(
    ("seconds", "lines"),
    [
        (1, []),
        (30, ["noise: 64 of 160 images, 1/s, 90 s left", "noise: 128 of 160 images, 1/s, 30 s left"]),
    ],
)
def test_progress_in_a_file_is_a_line_a_minute(monkeypatch, capsys, seconds, lines):
    """What takes less than a minute leaves the file alone."""
    now = 0.0

    class Slow:
        protocol, dimension, weights_sha256, precision = get_protocol("cifar"), 2, "none", "float32"

        def __call__(self, batches):
            nonlocal now
            for images in (part for batch in batches for part in np.array_split(batch, len(batch) // 32)):
                now += seconds
                yield Outputs(np.zeros((len(images), 2), np.float32), None)

    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    images = noise(160)
    source = ImageSet("noise", "-", "of no use", 32, 32, np.arange(160), lambda indices: images[indices])
    extract(source, Slow())
    assert capsys.readouterr().err.splitlines() == lines
