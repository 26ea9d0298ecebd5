"""What is noticed about a run: the numbers of the probe, the file, and that looking changes nothing of a training."""

import sys
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from common.commands.sample import sample_command
from common.data.batches import Batches
from common.data.dataset import Dataset, Split
from common.run.generator_file import save_generator
from common.run.log import COLUMNS, Log
from common.run.remarks import NAME, Remark, cut, merge, read_remarks, write_remarks
from common.run.run_folder import RunFolder
from common.sampling.sampler import Sampler
from common.training import watcher as watching
from common.training.faults import HARD
from common.training.probe import (
    Probe,
    area_under_curve,
    checkerboard,
    copies,
    memorised,
    nearest,
    plain,
    spread,
    twins,
)
from common.training.watcher import Watcher
from dcgan.model import DCGAN
from dcgan.recipes import BENDALE
from fid.evaluation.training import make_evaluation
from sagan.attention import find_attentions
from sagan.model import SAGAN
from sagan.recipes import BENDALE as SAGAN_BENDALE
from tests.helpers.conditional import tiny_generator
from tests.helpers.stub_training import StubGAN, train

random = np.random.default_rng(0)
REALS = np.cumsum(random.standard_normal((32, 32, 32, 3), np.float32), axis=1).cumsum(axis=2) / 60  # smooth


def generator(images):
    """z (B, 4) -> one of the images (N, H, W, 3), by the sign and size of z's first number."""
    z = keras.Input((4,))
    table = keras.ops.convert_to_tensor(images)
    index = keras.layers.Lambda(lambda z: keras.ops.cast(keras.ops.abs(z[:, 0]) * 1e4, "int32") % len(images))(z)
    return keras.Model(
        z, keras.layers.Lambda(lambda i: keras.ops.take(table, i, axis=0), output_shape=(32, 32, 3))(index)
    )


def numbers(model, classes=0, inverted=False):
    """Of a model and a D that takes what is bright for real, or for fake where it is inverted."""
    return Probe(
        lambda images, labels: images.mean((1, 2, 3)),
        Sampler(model, 4, classes),
        REALS,
        np.zeros(32, np.int32),
        0,
        inverted,
    )()


def test_a_generator_that_repeats_an_image_has_twins_and_no_spread():
    found = numbers(generator(REALS[:1]))
    assert found["twins"] == 1 and found["spread"] < 0.01 and "label_effect" not in found
    few, noise = REALS[np.arange(32) % 4], random.standard_normal(REALS.shape, np.float32)
    assert twins(few, REALS) == 1 and spread(few) > 0.5 * spread(REALS)  # four images, each many times
    assert twins(REALS + 0.3 * noise, REALS) == 0
    assert twins(REALS, REALS) == 0 and spread(REALS) == pytest.approx(np.sqrt(REALS.var(axis=0).mean()), rel=1e-5)


def test_nearest_is_the_distance_to_the_nearest_other():
    expected = [
        min(np.sqrt(np.mean((a - b) ** 2)) for j, b in enumerate(REALS[:6]) if i != j) for i, a in enumerate(REALS[:6])
    ]
    np.testing.assert_allclose(nearest(REALS[:6]), expected, rtol=1e-5)


@pytest.mark.parametrize("period", [2, 4])
def test_a_pattern_of_the_strides_stands_out(period):
    stripes = 0.2 * np.cos(2 * np.pi * np.arange(32) / period, dtype=np.float32)
    natural = checkerboard(REALS)
    assert (
        checkerboard(REALS + stripes[:, None]) > 5 * natural
        and checkerboard(REALS + stripes[:, None, None]) > 5 * natural
    )


def test_area_under_the_curve():
    real, fake = random.standard_normal((40, 1)) + 1, random.standard_normal((30, 1))
    assert area_under_curve(real, fake) == pytest.approx(np.mean(real > fake.T))
    assert area_under_curve(np.ones((3, 1)), np.ones((2, 1))) == 0.5
    assert numbers(generator(REALS[:2] * 0 + 1), inverted=True)["auc"] == 1  # brighter is fake


def test_a_generator_that_ignores_its_label_is_told_from_one_that_does_not():
    z, label = keras.Input((4,)), keras.Input((), dtype="int32")
    x = keras.layers.Reshape((32, 32, 3))(keras.layers.Dense(32 * 32 * 3, "tanh", kernel_initializer="he_normal")(z))
    deaf = keras.Model([z, label], keras.layers.Lambda(lambda pair: pair[0])([x, label]))
    assert numbers(deaf, classes=2)["label_effect"] < 0.01 < 0.2 < numbers(tiny_generator(), classes=10)["label_effect"]


def test_plain_images_and_copies():
    images = np.concatenate([REALS[:6], np.full((2, 32, 32, 3), 0.5, np.float32)])
    assert plain(images) == 0.25 and copies(images) == 0.125 and plain(REALS) == copies(REALS) == 0


def test_images_that_are_training_images():
    noise = random.standard_normal(REALS.shape, np.float32)
    assert memorised(REALS[:8], REALS) == 1 and memorised(np.concatenate([REALS[:4], noise[:12]]), REALS) == 0.25
    assert memorised(REALS[:8], REALS[8:]) == 0
    assert numbers(generator(noise))["memorised"] == 0


@pytest.mark.parametrize("classes", [0, 2])
def test_attention_that_has_hardened_is_told_from_one_that_has_not(tmp_path, classes):
    """Keys and queries ten thousand times as large: every softmax has one weight."""
    keras.utils.set_random_seed(0)
    conditional = {"g_condition": "latent", "d_condition": "image"} if classes else {}
    sizes = {"batch_size": 8, "latent_dim": 4, "g_width": 8, "d_width": 8}
    settings = replace(SAGAN_BENDALE.settings, **sizes, **conditional)
    gan = SAGAN(settings, classes)
    split = Split(random.integers(0, 256, (24, 32, 32, 3), np.uint8), np.arange(24, dtype=np.int32) % 2)
    watcher = Watcher(gan, Batches(split, 8, 0), RunFolder(tmp_path), settings)
    peaks = [watcher._probe()]
    for network in (gan.generator, gan.discriminator):
        for layer in find_attentions(network):
            layer.f.kernel.assign(1e4 * layer.f.kernel)
            layer.g.kernel.assign(1e4 * layer.g.kernel)
    peaks.append(watcher._probe())
    assert {name for name in peaks[0] if "peak" in name} == {"peak/g", "peak/d"}
    assert all(peaks[0][name] < 0.5 and peaks[1][name] > HARD for name in ("peak/g", "peak/d"))


def test_numbers_of_a_measurement_hold_until_the_next(tmp_path, monkeypatch):
    """A generator that repeats an image is seen by the classifier's features too."""
    images = random.integers(0, 256, (40, 32, 32, 3), np.uint8)
    split = Split(images, np.arange(40, dtype=np.int32) % 2)
    evaluation = make_evaluation(["cifar"], Dataset("d", ("a", "b"), split, split, "f" * 12), 40, 30)
    evaluation(lambda count: np.repeat(images[:1], count, axis=0))
    assert evaluation.numbers["feature_spread"] < 0.01
    evaluation(lambda count: images[:count])
    assert evaluation.numbers["feature_spread"] == pytest.approx(1, abs=0.1)
    watcher, seen = Watcher.__new__(Watcher), []
    watcher._run, watcher._settings, watcher._due, watcher._remarks = RunFolder(tmp_path), BENDALE.settings, 0.0, []
    watcher._probe, watcher._measured, watcher._probed = lambda: {"auc": 0.9}, {}, {}
    watcher._run.write_config({"family": "dcgan", "recipe": "x", "settings": {}})
    monkeypatch.setattr(watching, "judge", lambda saw: seen.append(saw.numbers) or {})
    log = Log(tmp_path / "log.csv")
    for epoch, measured in ((1, None), (2, {"feature_spread": 0.1}), (3, None)):
        log.add(dict.fromkeys(COLUMNS, 1.0) | {"epoch": epoch}, {})
        watcher.look(log, measured)
    assert seen == [{"auc": 0.9}, *[{"auc": 0.9, "feature_spread": 0.1}] * 2]


def remark(rule="collapse", since=3, until=None):
    return Remark(rule, "what", "why", "advice", since, until)


def test_a_remark_is_made_once_ends_and_comes_back():
    first = merge([], {"collapse": remark()}, 3)
    still = merge(first, {"collapse": remark(since=4), "checkerboard": remark("checkerboard", 4)}, 4)
    assert still == [remark(), remark("checkerboard", 4)]
    gone = merge(still, {}, 7)
    assert [(r.since, r.until) for r in gone] == [(3, 6), (4, 6)] and merge(gone, {}, 9) == gone
    assert merge(gone, {"collapse": remark(since=9)}, 9) == [remark(), remark("checkerboard", 4, 6)]
    assert cut(gone, 3) == [remark()]  # of a run that goes on after epoch 3: what came later is not known yet
    assert str(remark()) == "since epoch 3: what. why. Try: advice." and "epochs 3 to 6" in str(gone[0])
    assert str(remark(until=3)).startswith("in epoch 3: ")


def test_the_file_comes_back_and_a_damaged_or_hostile_one_harms_nothing(tmp_path):
    run = RunFolder(tmp_path)
    assert read_remarks(run) == []
    write_remarks(run, [remark(), remark("x", 1, 2)])
    assert read_remarks(run) == [remark(), remark("x", 1, 2)]
    for text in (
        "",
        "[",
        "3",
        "[3]",
        "{}",
        '[{"rule": 1}]',
        "\xff",
        '[{"rule":"","what":"","why":"","advice":"","since":[]}]',
    ):
        (tmp_path / NAME).write_bytes(text.encode("latin-1"))
        assert read_remarks(run) == []
    write_remarks(run, [replace(remark(), what="\x1b[2J\nred\u202e")])
    assert read_remarks(run)[0].what == r"\x1b[2J\nred\u202e"


@pytest.mark.parametrize("classes", [0, 2])
def test_looking_writes_remarks_and_nothing_of_the_networks(tmp_path, monkeypatch, classes):
    """D has batch norm, dropout and spectral normalization: all of them write when they are called as in training."""
    conditional = {"g_condition": "latent", "d_condition": "image"} if classes else {}
    settings = replace(BENDALE.settings, batch_size=8, latent_dim=4, g_width=2, d_width=2,
                       spectral_norm="discriminator", **conditional)  # fmt: skip
    images = random.integers(0, 256, (24, 32, 32, 3), np.uint8)
    images[:6] = 0  # one colour
    gan, run, log = DCGAN(settings, classes), RunFolder(tmp_path), Log(tmp_path / "log.csv")
    run.write_config({"family": "dcgan", "recipe": "x", "settings": {}, "data": {"name": "photos"}})
    write_remarks(run, [remark("poor-data", 1), remark("poor-data", 9)])  # the second of an epoch to be done again
    before = {name: np.asarray(variable.value) for name, variable in gan.state().items()}
    monkeypatch.setattr(watching, "SHARE", 1e9)  # look after every epoch
    watcher = Watcher(gan, Batches(Split(images, np.arange(24, dtype=np.int32) % 2), 8, 0), run, settings)
    for epoch in (2, 3):
        log.add(dict.fromkeys(COLUMNS, 1.0) | {"epoch": epoch, "step": 1200}, {})
        assert "poor-data" not in {new.rule for new in watcher.look(log)}
    after = {name: np.asarray(variable.value) for name, variable in gan.state().items()}
    assert all((before[name] == after[name]).all() for name in before) and len(before) > 40
    assert read_remarks(run)[0] == remark("poor-data", 1) and {r.rule for r in read_remarks(run)} >= {"collapse"}


def test_networks_are_looked_at_for_their_share_of_the_time_and_the_log_after_every_epoch(tmp_path, monkeypatch):
    """Epochs of 10 s; a look of 1 s, but of 60 s at first, as long as tracing takes."""
    clock, looks, judged = [0.0], [], []
    watcher = Watcher.__new__(Watcher)
    watcher._run, watcher._settings = RunFolder(tmp_path), replace(BENDALE.settings, epochs=47)
    watcher._due, watcher._remarks, watcher._measured, watcher._probed = 0.0, None, {}, {}
    watcher._run.write_config({"family": "dcgan", "recipe": "x", "settings": {}})

    def probe():
        clock[0] += 1.0 if looks else 60.0
        looks.append(int(log.rows[-1]["epoch"]))
        return {"auc": float(len(looks))}

    watcher._probe = probe
    monkeypatch.setattr(watching, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(watching, "judge", lambda saw: judged.append((len(saw.log.rows), saw.numbers["auc"])) or {})
    log = Log(tmp_path / "log.csv")
    for epoch in range(1, 48):
        clock[0] += 10.0
        log.add(dict.fromkeys(COLUMNS, 1.0) | {"epoch": epoch}, {})
        watcher.look(log)
    assert looks == [1, 2, 12, 22, 32, 42, 47]  # each second 100 s apart, and the last epoch whatever it takes
    assert [rows for rows, _ in judged] == list(range(1, 48)) and judged[10:12] == [(11, 2.0), (12, 3.0)]


def test_sampling_a_run_says_what_was_noticed_of_it(tmp_path, monkeypatch, capsys):
    run = RunFolder(tmp_path)
    save_generator(run.generator, tiny_generator())
    run.write_config({"family": "csagan", "recipe": "x", "settings": {"latent_dim": {"value": 4}},
                      "data": {"classes": [str(label) for label in range(10)]}})  # fmt: skip
    write_remarks(run, [remark(), remark("x", 1, 2)])
    monkeypatch.setattr(sys, "argv", ["sample.py", str(tmp_path), "--count", "1"])
    with pytest.raises(SystemExit) as end:
        sample_command("csagan")
    lines = capsys.readouterr().out.splitlines()
    assert not end.value.code and lines[1:] == [f"remark, {remark()}", f"remark, {remark('x', 1, 2)}"]


class Noticing:
    """A watcher that notices something after the second epoch."""

    def look(self, log, measured):
        return [remark(since=2)] if log.rows[-1]["epoch"] == 2 else []


def test_a_remark_is_printed_after_its_epochs_line(tmp_path, capsys):
    train(tmp_path / "run", StubGAN(tiny_generator()), ("a", "b"), epochs=3, watcher=Noticing())
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["epoch", "epoch", "remark,", "epoch"]
    assert lines[2] == "remark, since epoch 2: what. why. Try: advice."
