"""`python -m fid`: figures with their protocol, and one line for every mistake."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from common.errors import UserError
from fid import frechet_distance_features, kernel_distance, prdc
from fid.evaluation.cache import Cache
from fid.evaluation.measure import check_metrics, check_sources, conditions, extract, measure, results, save_moments
from fid.evaluation.metric import Measured, Pair
from fid.evaluation.metrics import METRICS
from fid.inputs.find import Draw, find_input
from fid.inputs.image_set import array_set
from fid.inputs.saved_moments import SavedMoments
from fid.metrics.by_class import frechet_by_class
from fid.metrics.copies import near_duplicates, nearest_training
from fid.metrics.inception_score import inception_score
from fid.metrics.infinity import frechet_infinity
from fid.metrics.neighbours import nearest
from fid.pairs import PICTURES
from fid.protocols import get_protocol
from tests.helpers import ROOT


class ToyExtractor:
    """In place of a network: 12 features and 10 class scores from an image's corners; counts the images it sees."""

    def __init__(self):
        self.protocol = get_protocol("cifar")
        self.dimension, self.weights_sha256, self.precision = 12, "0" * 64, "float32"
        self.seen = 0

    def __call__(self, batches):
        from fid.networks.extractor import Outputs

        for batch in batches:
            self.seen += len(batch)
            features = batch[:, ::4, ::4].reshape(len(batch), -1).astype(np.float32)
            yield Outputs(features, features[:, :10])


@pytest.fixture
def sets(tmp_path):
    """Two labelled arrays of 40 and 30 images, 8x8."""
    for name, count in (("a", 40), ("b", 30)):
        x = np.random.default_rng(count).integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
        np.savez(tmp_path / f"{name}.npz", images=x, labels=np.arange(count) % 3)
    return [find_input(str(tmp_path / f"{name}.npz"))(Draw(None, 100)) for name in "ab"]


def test_every_metric_gives_values_with_their_protocol(sets, tmp_path):
    extractor = ToyExtractor()
    pair = measure(list(METRICS), *sets, extractor, Cache(tmp_path / "cache"), seed=0)
    found = results(list(METRICS), pair, extractor)
    a, b = (x[:, ::4, ::4].reshape(len(x), -1) for x in (np.concatenate(list(s.batches())) for s in sets))
    a, b = a.astype(np.float32), b.astype(np.float32)
    values, duplicates = {result.metric: result.value for result in found}, near_duplicates(b, a)
    expected = prdc(a, b, 5) | {
        "CIFAR-10 classifier distance": frechet_distance_features(a, b),
        "CIFAR-10 classifier distance at infinite N": frechet_infinity(a.mean(0), np.cov(a, rowvar=False), b).value,
        "KID": kernel_distance(a, b, 100, 30)[0],
        "classifier score": inception_score(b[:, :10])[0],
        "images with a near-duplicate": duplicates.images,
        "near-duplicate pairs": duplicates.pairs,
        "copies": nearest_training(b, a).copies,
        "median distance to the nearest of A": np.median(nearest(b, a)[0]),
        "class accuracy": np.mean(b[:, :10].argmax(1) == sets[1].ordered_labels()),
        "mean CIFAR-10 classifier distance over classes": np.mean(list(frechet_by_class(
            a, sets[0].ordered_labels(), b, sets[1].ordered_labels()).values())),
        "share of cat": np.mean(b[:, :10].argmax(1) == 3),
    }  # fmt: skip
    assert {name: values[name] for name in expected} == pytest.approx(expected, rel=1e-6)
    assert values["precision"] != values["recall"] and values["density"] != values["coverage"]
    for result in found:
        assert np.isfinite(result.value)
        for part in ("cifar10-classifier 256-d", "bilinear", "40 real (split -)", "30 fake", "seed 0", "float32"):
            assert part in str(result)
        assert json.loads(json.dumps(result.as_dict()))["real_count"] == 40


def test_no_metric_of_the_classifier_is_called_fid(sets, tmp_path):
    extractor = ToyExtractor()
    pair = measure(list(METRICS), *sets, extractor, Cache(tmp_path / "cache"), seed=0)
    for result in results(list(METRICS), pair, extractor):
        assert "FID" not in str(result) and "Inception" not in str(result)


def test_the_real_side_goes_through_the_network_once(sets, tmp_path):
    first, second, third = ToyExtractor(), ToyExtractor(), ToyExtractor()
    cache = Cache(tmp_path / "cache")
    values = [results(["fid"], measure(["fid"], *sets, e, cache, 0), e)[0].value for e in (first, second)]
    assert values[0] == values[1] and (first.seen, second.seen) == (70, 30)
    third.weights_sha256 = "1" * 64
    measure(["fid"], *sets, third, cache, 0)
    assert third.seen == 70


def test_moments_stand_in_for_images_under_the_same_conditions(sets, tmp_path):
    extractor = ToyExtractor()
    expected = results(["fid"], measure(["fid"], *sets, extractor, Cache(enabled=False), 0), extractor)[0]
    save_moments(tmp_path / "m.npz", extract(sets[0], extractor), extractor)
    saved = find_input(str(tmp_path / "m.npz"))(Draw(None, 100))
    check_sources(["fid"], saved, sets[1])
    again = results(["fid"], measure(["fid"], saved, sets[1], extractor, Cache(enabled=False), 0), extractor)[0]
    assert again.value == expected.value and again.real_count == 40
    with pytest.raises(UserError, match="holds moments already"):
        save_moments(tmp_path / "n.npz", extract(saved, extractor), extractor)
    extractor.precision = "bfloat16"
    with pytest.raises(UserError, match="other conditions: precision float32 instead of bfloat16"):
        extract(saved, extractor)
    extractor.dimension = 13
    with pytest.raises(UserError, match="has 12 dimensions, protocol cifar has 13"):
        extract(saved, extractor)
    with pytest.raises(UserError, match=r"kid needs images; .* holds moments alone"):
        check_sources(["kid"], saved, sets[1])


def test_moments_of_others_say_no_count(sets):
    extractor = ToyExtractor()
    saved = SavedMoments("theirs.npz", np.zeros(12), np.eye(12), None)
    pair = measure(["fid"], saved, sets[1], extractor, Cache(enabled=False), 0)
    assert "an unknown number of real" in str(results(["fid"], pair, extractor)[0])


def test_sets_that_a_metric_cannot_take(sets, tmp_path):
    unlabelled = replace(sets[1], labels=None)
    with pytest.raises(UserError, match=r"by-class needs labels, which .*b.npz has none of"):
        check_sources(["by-class"], sets[0], unlabelled)
    with pytest.raises(UserError, match="has 1 image; a distance needs at least 2"):
        check_sources(["fid"], sets[0], sets[1].draw(1, 0))
    few = sets[1].draw(4, 0)
    extractor = ToyExtractor()
    with pytest.raises(UserError, match="prdc: k = 5 must be"):
        results(["prdc"], measure(["prdc"], sets[0], few, extractor, Cache(enabled=False), 0), extractor)
    named = replace(sets[0], class_names=("cat", "dog", "frog")), replace(sets[1], class_names=("cat", "dog", "lamp"))
    with pytest.raises(UserError, match="has the class 'lamp', which is none of cat, dog, frog"):
        results(["by-class"], measure(["by-class"], *named, extractor, Cache(enabled=False), 0), extractor)


def test_labels_are_matched_by_name(sets, tmp_path):
    extractor = ToyExtractor()
    turned = replace(sets[1], class_names=("dog", "frog", "cat"), labels=(sets[1].labels + 2) % 3)
    plain = replace(sets[1], class_names=("cat", "dog", "frog"))
    real = replace(sets[0], class_names=("cat", "dog", "frog"))
    one, two = (measure(["by-class"], real, fake, extractor, Cache(enabled=False), 0) for fake in (plain, turned))
    values = [[result.value for result in results(["by-class"], pair, extractor)] for pair in (one, two)]
    assert values[0] == values[1]


@pytest.mark.parametrize(
    ("names", "protocol", "message"),
    [
        (["fud"], "fid", "unknown metric 'fud'; choose from fid, infinity, kid"),
        (["is"], "fid768", "protocol fid768 has no class scores"),
        (["is"], "writeup", "protocol writeup has no class scores"),
        (["accuracy"], "fid", "protocol cifar, not fid"),
    ],
)
def test_metrics_that_a_protocol_cannot_give(names, protocol, message):
    with pytest.raises(UserError, match=message):
        check_metrics(names, get_protocol(protocol))


def test_whatever_shapes_features_is_among_their_conditions():
    extractor = ToyExtractor()
    before = conditions(extractor)
    changes = {"extractor": "other", "dimension": 3, "resize": "nearest", "size": 8, "centre": 1.0, "scale": 2.0}
    for name, value in changes.items():
        extractor.protocol = replace(get_protocol("cifar"), **{name: value})
        assert conditions(extractor) == before | {name: value}
    extractor.protocol, extractor.weights_sha256, extractor.precision = get_protocol("cifar"), "1", "bfloat16"
    assert conditions(extractor) == before | {"weights": "1", "precision": "bfloat16"}


def test_the_cache_tells_images_splits_and_draws_apart(sets, tmp_path):
    cache, drawn = Cache(tmp_path / "cache"), sets[0].draw(30, seed=0)
    others = [drawn, sets[0].draw(30, seed=1), sets[0].draw(29, seed=0), replace(drawn, split="test"),
              replace(drawn, fingerprint="another")]  # fmt: skip
    seen = []
    for source in others * 2:
        extractor = ToyExtractor()
        found = extract(source, extractor, {"features"}, cache)
        images = np.concatenate(list(source.batches()))
        np.testing.assert_array_equal(found.features, images[:, ::4, ::4].reshape(len(source), -1))
        seen.append(extractor.seen)
    assert seen == [*map(len, others), 0, 0, 0, 0, 0]


def run(folder: Path, *args: str, code: str | None = None) -> subprocess.CompletedProcess:
    environment = os.environ | {"CIFAR_GANS_CACHE": str(folder / "cache")}
    command = [sys.executable, *(["-c", code] if code else [str(ROOT / "fid")]), *args]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


@pytest.mark.slow
def test_command_from_another_directory(sets, tmp_path):
    args = ("a.npz", "b.npz", "--protocol", "cifar", "--metrics", "fid,copies", "--pairs", "pairs.png", "--json")
    first = run(tmp_path, *args)
    assert first.returncode == 0, first.stderr
    found = json.loads(first.stdout)
    assert found[0]["metric"] == "CIFAR-10 classifier distance" and found[0]["real_count"] == 40
    assert (tmp_path / "pairs.png").is_file()
    listed = run(tmp_path, "--list-cache")
    assert "1 files" in listed.stdout and "cifar10-classifier" in listed.stdout
    assert run(tmp_path, "--clear-cache").stdout.startswith("1 files deleted")


MISTAKES = {
    "": "name two sets, A and B",
    "a.npz": "name two sets, A and B",
    "a.npz b.npz --protocol fib": "unknown protocol 'fib'",
    "a.npz b.npz --metrics fud": "unknown metric 'fud'",
    "a.npz b.npz --count many": "--count 'many' is neither",
    "a.npz b.npz --count 1": "numbers from 2 up",
    "a.npz b.npz --count 4,5,6": "neither N nor N,M",
    "a.npz b.npz --count 41": "has 40 images, fewer than the 41",
    "a.npz b.npz --seed x": "invalid int value: 'x'",
    "a.npz b.npz --seed -1": "negative",
    "a.npz b.npz --resize 0": "no image size",
    "a.npz b.npz --pairs x.png": "--metrics copies or duplicates",
    "a.npz b.npz --metrics fid --pairs x.png": "copies or duplicates",
    "a.npz b.npz --metrics copies --pairs x.txt": "has to end in .png",
    "a.npz b.npz --metrics ,": "--metrics names none",
    "a.npz --save x.npy": "has to end in .npz",
    "a.npz nowhere": "nowhere does not exist",
    "a.npz photos": "say which split",
    "a.npz grey.npy": "(grey)",
}


def test_mistakes_are_one_line_before_tensorflow_is_imported(sets, tmp_path):
    np.save(tmp_path / "grey.npy", np.zeros((2, 8, 8), np.uint8))
    code = f"""
import contextlib, io, json, runpy, sys
found = []
for line in json.loads(sys.argv[1]):
    sys.argv = ["fid", *line.split()]
    with contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            runpy.run_path({str(ROOT / "fid")!r}, run_name="__main__")
        except SystemExit as stop:
            found.append((stop.code, err.getvalue()))
print(json.dumps([found, "tensorflow" in sys.modules]))
"""
    done = run(tmp_path, json.dumps(list(MISTAKES)), code=code)
    assert done.returncode == 0, done.stderr
    found, tensorflow = json.loads(done.stdout)
    for (line, message), (exit_code, error) in zip(MISTAKES.items(), found, strict=True):
        assert exit_code == 2, line
        assert message in error and error.count("\n") == 1, (line, error)
    assert not tensorflow


def test_pairs_that_are_alike_are_marked_each_pair_in_a_colour_of_its_own():
    images = np.random.default_rng(0).integers(0, 256, (70, 8, 8, 3), np.uint8)
    images[65] = images[2]
    source = array_set("b", "-", "", images)
    fake = Measured(source, np.zeros(1), np.eye(1), 70)
    picture = PICTURES["duplicates"](Pair(fake, fake, get_protocol("cifar"), 0), [(2, 65, 0.0), (4, 5, 1.0)])
    assert picture.shape == (3 * (6 * 14 + 6), 3 * (10 * 14 + 6), 3)

    def frame(place: int) -> list[int]:
        return picture[3 * (6 + place // 10 * 14 - 2), 3 * (6 + place % 10 * 14 + 4)].tolist()

    assert frame(2) == frame(59) != frame(4) == frame(5)  # image 65 is the last of the sixty shown
    assert frame(0) == frame(58) == [255] * 3


def test_help_teaches(tmp_path):
    text = run(tmp_path, "--help").stdout
    for word in ("examples:", "protocols:", "writeup", "metrics:", "by-class", "cifar10:train", "--count"):
        assert word in text
