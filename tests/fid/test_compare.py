"""The same figures from Python: `compare`, the Keras callback, extractors of one's own, a metric of one's own."""

import csv
import dataclasses
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

import fid
from common.data.load import load_dataset
from common.errors import UserError
from fid import FIDCallback, Protocol, compare
from fid.evaluation.metric import Column, Metric, Pair, Value
from fid.evaluation.metrics import METRICS
from fid.evaluation.training import make_evaluation, parse_metrics
from fid.protocols import get_protocol
from tests.helpers import ROOT


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache."""
    monkeypatch.setenv("CIFAR_GANS_CACHE", str(tmp_path / "cache"))


def noise(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)


def tiny_extractor(seed: int = 0) -> keras.Model:
    """Images (B, 16, 16, 3) -> features (B, 8)."""
    keras.utils.set_random_seed(seed)
    images = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(8, 3, activation="relu", name="conv")(images)
    return keras.Model(images, keras.layers.GlobalAveragePooling2D(name="mean")(x), name="tiny")


def own(seed: int = 0, **changes) -> Protocol:
    protocol = Protocol(name="own", extractor=tiny_extractor(seed), dimension=8, size=16, centre=127.5, scale=127.5)
    return dataclasses.replace(protocol, **changes)


def mean_grey(pair: Pair) -> list[Value]:
    return [Value(float(np.mean(next(pair.fake.source.batches()))))]


def test_a_row_of_the_registry_is_in_the_command_in_training_in_compare_and_in_the_callback(monkeypatch):
    row = Metric(mean_grey, "of B", (Column("{protocol}_grey", "grey"),), fake=("features",))
    monkeypatch.setitem(METRICS, "grey", row)
    photos, images = load_dataset("photos"), noise(40)
    (result,) = compare(images, noise(40, 1), metrics=["grey"])
    assert result.metric == "grey" and str(result).startswith("grey 127")

    parse_metrics(["cifar:grey+kid"])
    evaluation = make_evaluation(["cifar:grey+kid"], photos, 50, 40)
    assert evaluation.names == ("cifar_grey", "cifar_kid") == tuple(evaluation.describe())
    assert evaluation(lambda count: images)["cifar_grey"] == pytest.approx(images.mean())

    callback = FIDCallback(lambda count: images, photos.train.images, metrics="grey", count=40, real_count=50)
    logs = {}
    callback.on_epoch_end(0, logs)
    assert logs == {"cifar_grey": pytest.approx(images.mean())}

    from fid.__main__ import _parser

    assert "grey" in _parser().format_help()


@pytest.mark.slow
def test_every_metric_fills_the_columns_that_it_declares():
    photos = load_dataset("photos")
    asked = ["fid", "infinity", "kid", "prdc", "is", "duplicates", "copies", "by-class"]
    evaluation = make_evaluation(["cifar:" + "+".join(asked)], photos, 200, 60, conditional=True)
    found = evaluation(noise)
    assert tuple(found) == evaluation.names and len(set(evaluation.names)) == len(evaluation.names)
    expected = "cifar cifar_infinity cifar_kid cifar_precision cifar_recall cifar_density cifar_coverage cifar_score "
    expected += "cifar_duplicates cifar_duplicate_pairs cifar_copies cifar_intra"
    assert evaluation.names[:12] == tuple(expected.split())
    assert evaluation.names[12:] == tuple(f"cifar_intra/{name}" for name in photos.class_names)
    described = evaluation.describe()
    higher = {name for name, about in described.items() if about.get("higher_is_better")}
    assert higher == {"cifar_precision", "cifar_recall", "cifar_density", "cifar_coverage", "cifar_score"}
    assert described["cifar_score"]["metric"] == "classifier score" and json.dumps(described)
    assert make_evaluation(["cifar:prdc+fid"], photos, 50, 40).higher_is_better
    assert not make_evaluation(["cifar:fid+prdc"], photos, 50, 40).higher_is_better


def test_what_an_unconditional_generator_makes(cifar10):
    real = cifar10.train.images[:300]
    kinds = np.where(cifar10.test.labels == 3)[0][:60], np.where(cifar10.test.labels != 3)[0][:60]
    cats, others = (cifar10.test.images[chosen] for chosen in kinds)
    found = {result.metric: result for result in compare(real, cats, metrics=["classes"])}
    assert found["share of cat"].value > 0.8 > 0.2 > found["share of truck"].value
    assert "real: 0." in found["share of cat"].note and "confidence" in found["share of cat"].note
    assert found["distance of the classes' shares from the real ones'"].value > 0.7
    assert found["mean confidence of the classifier"].value > 0.5

    evaluation = make_evaluation(["cifar:classes"], cifar10, 300, 60)
    figures = evaluation(lambda count: others)
    assert tuple(figures) == evaluation.names == (
        "cifar_uneven", "cifar_confidence", *(f"cifar_share/{name}" for name in cifar10.class_names)
    )  # fmt: skip
    assert sum(list(figures.values())[2:]) == pytest.approx(1) and figures["cifar_uneven"] < 0.4


def test_what_the_images_cannot_give_is_an_error_before_training():
    photos = load_dataset("photos")
    with pytest.raises(UserError, match="by-class needs labels, which the generated set has none of"):
        make_evaluation(["cifar:by-class"], photos, 50, 40)
    with pytest.raises(UserError, match=r"has the class .*, which is none of airplane"):
        make_evaluation(["cifar:accuracy"], photos, 50, 40, conditional=True)
    with pytest.raises(UserError, match=r"by-class: class 0 has . real and 1 fake images"):
        make_evaluation(["cifar:by-class"], photos, 50, 10, conditional=True)
    with pytest.raises(UserError, match="prdc needs 6 images at least; the generated set has 5"):
        make_evaluation(["cifar:prdc"], photos, 50, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fid1000", "unknown protocol 'fid1000'"),
        ("cifar:fud", "unknown metric 'fud'"),
        ("cifar:", "unknown metric ''"),
        ("cifar:kid+kid", "a metric is named twice"),
        ("cifar,cifar:kid", "a protocol is named twice"),
        ("writeup:is", "protocol writeup has no class scores"),
    ],
)
def test_names_are_checked_before_tensorflow_is_imported_and_before_data_is_loaded(text, message, tmp_path):
    with pytest.raises(UserError, match=message):
        parse_metrics(text.split(","))
    if text == "cifar:fud":  # one of them through the command
        args = [str(ROOT / "dcgan" / "train.py"), "--data", str(tmp_path), "--metrics", text, "--out", "run"]
        done = subprocess.run([sys.executable, *args], capture_output=True, text=True, cwd=tmp_path, timeout=60)
        assert done.returncode == 2 and message in done.stderr and done.stderr.count("\n") == 1
        assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_compare_equals_the_command(tmp_path):
    np.savez(tmp_path / "a.npz", images=noise(60), labels=np.arange(60) % 3)
    np.savez(tmp_path / "b.npz", images=noise(50, 1), labels=np.arange(50) % 3)
    names = "fid,kid,by-class"
    args = ["a.npz", "b.npz", "--protocol", "cifar", "--metrics", names, "--count", "40,30", "--seed", "3", "--json"]
    done = subprocess.run([sys.executable, str(ROOT / "fid"), *args], capture_output=True, text=True, cwd=tmp_path,
                          env=os.environ, timeout=120)  # fmt: skip
    command = [row["value"] for row in json.loads(done.stdout)]
    in_memory = (noise(60), np.arange(60) % 3), (noise(50, 1), np.arange(50) % 3)
    for real, fake in (in_memory, (tmp_path / "a.npz", str(tmp_path / "b.npz"))):
        found = compare(real, fake, metrics=names.split(","), count=(40, 30), seed=3)
        assert [result.value for result in found] == command
    made = compare(tmp_path / "a.npz", lambda count: noise(count, 1), count=50)[0]
    assert made.value == compare(in_memory[0], noise(50, 1), count=50)[0].value and made.fake_count == 50


@pytest.mark.parametrize(
    ("fake", "message"),
    [
        (noise(40) / 255, r"the generated set holds float64 .*np.rint\(x \* 255\)"),
        (lambda count: noise(3), "asked for 40 images, the function made 3"),
        ("nowhere", "nowhere does not exist"),
        ((noise(40), np.arange(3)), "labels must be 40 integers"),
    ],
)
def test_images_that_are_none_are_one_clear_error(fake, message):
    with pytest.raises(UserError, match=message):
        compare(noise(40), fake, count=40)


@pytest.mark.slow
def test_a_callback_puts_figures_into_the_logs_where_the_others_find_them(tmp_path):
    """The model learns to be grey, and its figure is that of what it draws."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(32 * 32 * 3), keras.layers.Reshape((32, 32, 3))])
    model.compile(optimizer="adam", loss="mse")
    z, drawn = np.random.default_rng(0).standard_normal((40, 4)).astype(np.float32), []

    def sample(count: int) -> np.ndarray:
        images = np.clip(127 + 127 * model.predict(z[:count], verbose=0), 0, 255).astype(np.uint8)
        drawn.append(images)
        return images

    callbacks = [
        FIDCallback(sample, noise(50), every=2, metrics=["fid", "prdc"], count=40),
        keras.callbacks.CSVLogger(str(tmp_path / "log.csv")),
        keras.callbacks.ModelCheckpoint(str(tmp_path / "best.keras"), monitor="cifar", mode="min", save_best_only=True),
    ]
    history = model.fit(z, np.zeros((40, 32, 32, 3)), epochs=4, verbose=0, callbacks=callbacks).history
    assert len(drawn) == 3  # the first epoch, the third and the last
    assert history["cifar"] == pytest.approx([compare(noise(50), x)[0].value for x in drawn], rel=1e-4)
    assert {"cifar_precision", "cifar_coverage"} <= set(history)
    with pytest.raises(UserError, match="asked for 60 images, the function made 40"):
        FIDCallback(sample, noise(50), count=60).on_epoch_end(0, {})
    rows = list(csv.DictReader((tmp_path / "log.csv").open()))
    assert [row["cifar"] == "NA" for row in rows] == [False, True, False, False]
    assert float(rows[3]["cifar"]) == pytest.approx(history["cifar"][2])
    assert (tmp_path / "best.keras").is_file()


def test_any_keras_model_of_images_is_an_extractor():
    real, fake = noise(60), noise(50, 1) // 2
    protocol = own()
    (result,) = compare(real, fake, protocol=protocol)
    assert "own: tiny 8-d, bilinear resize to 16x16" in str(result) and json.dumps(result.as_dict())
    small = [keras.ops.image.resize(x.astype(np.float32), (16, 16)) for x in (real, fake)]
    features = [protocol.extractor.predict((np.asarray(x) - 127.5) / 127.5, verbose=0) for x in small]
    assert result.value == pytest.approx(fid.frechet_distance_features(*features), rel=1e-3)

    callback = FIDCallback(lambda count: fake[:count], real, protocol, count=50)
    logs = {}
    callback.on_epoch_end(0, logs)
    assert logs == {"own": pytest.approx(result.value)}


def test_features_of_other_weights_are_not_taken_from_the_cache():
    real, fake = noise(60), noise(50, 1)
    first, other, changed = own(), own(seed=1), own()
    value = compare(real, fake, first)[0].value
    assert compare(real, fake, other)[0].value != value
    kernel = changed.extractor.get_layer("conv").kernel
    kernel.assign(2 * kernel)
    assert compare(real, fake, changed)[0].value == pytest.approx(4 * value, rel=1e-4)
    assert compare(real, fake, own())[0].value == value


def test_a_protocol_of_ones_own_may_have_class_scores():
    base = tiny_extractor()
    scores = keras.layers.Dense(5, name="scores")(base.output)
    scored = own(extractor=keras.Model(base.input, [base.output, scores]), score="my score")
    assert compare(noise(30), noise(30, 1), scored, ["is"])[0].metric == "my score"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dimension": 9}, r"of one image, its model gives \[\(1, 8\)\], not features \(1, 9\)"),
        ({"size": 2}, "its model takes no images of 2x2"),
        ({"resize": "cubic"}, "unknown resize 'cubic'; choose from nearest"),
        ({"extractor": "vgg"}, "unknown extractor 'vgg'; choose from inception-2015-12-05"),
        ({"name": "a/b"}, "no /"),
    ],
)
def test_a_protocol_that_does_not_fit_its_model_is_one_clear_error(changes, message):
    with pytest.raises(UserError, match=message):
        compare(noise(30), noise(30, 1), own(**changes))


def test_importing_fid_loads_numpy_alone():
    code = "import sys, fid; print([m for m in ('keras', 'tensorflow', 'PIL', 'matplotlib') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = fid.nothing


def test_names_of_protocols_are_looked_up_once():
    protocol = own()
    assert get_protocol(protocol) is protocol and get_protocol("cifar").name == "cifar"
