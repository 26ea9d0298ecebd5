"""A run's folder as training goes: grids with a row a class, ten images of ten classes, which generator is kept."""

import contextlib
import json
import shutil

import imageio.v3 as iio
import keras
import numpy as np
import pytest
import tensorflow as tf

from common.data.batches import Batches
from common.data.dataset import Split
from common.errors import UserError
from common.figures.animation import GIF_PIXELS
from common.figures.grids import columns_beside, grid, labelled_grid
from common.sampling.latents import latents
from common.sampling.sampler import Sampler
from common.training import loop
from tests.helpers.conditional import tiny_generator
from tests.helpers.stub_training import StubGAN, train

NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


class CountingGAN(StubGAN):
    """Its generator draws the number of steps done, as a shade."""

    def __init__(self):
        z = keras.Input((4,))
        shade = keras.layers.Dense(3, "tanh", kernel_initializer="zeros", name="shade")(z)
        super().__init__(keras.Model(z, keras.layers.UpSampling2D(32)(keras.layers.Reshape((1, 1, 3))(shade))))

    def train_step(self, batch):
        super().train_step(batch)
        self.sampler.get_layer("shade").bias.assign_add([0.1] * 3)


def test_grid_has_a_row_a_class_and_columns_share_a_latent(tmp_path):
    generator = tiny_generator()
    run = train(tmp_path / "run", StubGAN(generator), NAMES)
    picture = iio.imread(run.grids / "0001.png")
    height, width, _ = picture.shape
    assert height == 10 * 34 + 2 and 10 * 34 < width <= GIF_PIXELS
    images = Sampler(generator, 4, 10).by_class(latents(10, 4, 0, "grid"), range(10))
    margin = width - (10 * 34 + 2)
    np.testing.assert_array_equal(picture[:, margin:], grid(images, 10))
    for row in range(10):  # every name is there, beside its row
        beside = picture[2 + 34 * row : 34 + 34 * row, : margin - 1]
        assert beside.min() < 100 and (beside == 255).mean() > 0.5
    np.testing.assert_array_equal(iio.imread(run.path / "samples.png"), picture)


def test_final_images_are_one_of_each_class(tmp_path):
    generator = tiny_generator()
    run = train(tmp_path / "run", StubGAN(generator), NAMES)
    expected = Sampler(generator, 4, 10).from_latents(latents(10, 4, 0, "final"), np.arange(10))
    for index in range(10):
        np.testing.assert_array_equal(iio.imread(run.final_images / f"{index:02d}.png"), expected[index])


def test_the_grid_of_an_unconditional_run_is_the_same_64_latents_whatever_the_classes(tmp_path):
    z = keras.Input((4,))
    x = keras.layers.Reshape((32, 32, 3))(keras.layers.Dense(32 * 32 * 3, "tanh", kernel_initializer="normal")(z))
    generator = keras.Model(z, x)
    run = train(tmp_path / "run", StubGAN(generator), NAMES)
    expected = grid(Sampler(generator, 4).from_latents(latents(64, 4, 0, "grid")), 8)
    np.testing.assert_array_equal(iio.imread(run.grids / "0001.png"), expected)


@pytest.mark.parametrize(("names", "size"), [(NAMES, 64), (["a"], 32), (["x" * 300, "ü/é"], 128), (NAMES, 512)])
def test_names_stay_readable_in_the_gif(names, size):
    columns = columns_beside(names, size)
    picture = labelled_grid(np.zeros((columns * len(names), size, size, 3), np.uint8), names)
    assert columns == 1 or picture.shape[1] <= GIF_PIXELS
    assert 1 <= columns <= 10 and picture.shape[0] == len(names) * (size + 2) + 2


@pytest.mark.slow
def test_a_hundred_classes_do_not_make_an_endless_grid(tmp_path):
    names = [f"class {i}" for i in range(100)]
    run = train(tmp_path / "run", StubGAN(tiny_generator(classes=100)), names)
    assert iio.imread(run.grids / "0001.png").shape[0] == 20 * 34 + 2


class GivenMetric:
    names, higher_is_better = ("m",), False

    def __init__(self, values):
        self.values = iter(values)

    def __call__(self, sample):
        return {"m": next(self.values)}


@pytest.mark.parametrize(
    ("epochs", "every", "values", "kept"),
    [(3, 0, [], 3), (4, 2, [2.0, 3.0], 2), (4, 2, [3.0, 2.0], 4), (5, 2, [2.0, 1.0, 1.5], 4)],
)
def test_the_best_generator_is_kept_and_the_last_one_where_none_is_measured(tmp_path, epochs, every, values, kept):
    evaluation = GivenMetric(values) if every else None
    run = train(tmp_path / "run", CountingGAN(), (), evaluation, epochs, every)
    bias = keras.saving.load_model(run.generator).get_layer("shade").bias
    np.testing.assert_allclose(bias, [0.2 * kept] * 3, rtol=1e-5)  # two steps an epoch
    np.testing.assert_array_equal(iio.imread(run.path / "samples.png"), iio.imread(run.grids / f"{kept:04d}.png"))


def test_a_first_metric_of_which_more_is_better_keeps_the_highest(tmp_path):
    evaluation = GivenMetric([0.2, 0.6, 0.4])
    evaluation.higher_is_better = True
    run = train(tmp_path / "run", CountingGAN(), (), evaluation, epochs=3)
    bias = keras.saving.load_model(run.generator).get_layer("shade").bias
    np.testing.assert_allclose(bias, [0.4] * 3, rtol=1e-5)  # of the second epoch, two steps each


def test_before_the_first_measurement_the_last_generator_is_kept(tmp_path):
    class Stopped(GivenMetric):
        def __call__(self, sample):
            raise SystemExit(1)

    with pytest.raises(SystemExit):
        train(tmp_path / "run", CountingGAN(), (), Stopped([]), epochs=4, metrics_every=4)
    bias = keras.saving.load_model(tmp_path / "run" / "generator.keras").get_layer("shade").bias
    np.testing.assert_allclose(bias, [0.6] * 3, rtol=1e-5)


def test_keep_last_keeps_the_last_generator_whatever_is_measured(tmp_path):
    run = train(tmp_path / "run", CountingGAN(), (), GivenMetric([2.0, 3.0]), epochs=4, metrics_every=2, keep="last")
    bias = keras.saving.load_model(run.generator).get_layer("shade").bias
    np.testing.assert_allclose(bias, [0.8] * 3, rtol=1e-5)


class RisingGAN(StubGAN):
    """Its losses tell the number of the step, and of held-out images the labels."""

    def train_step(self, batch):
        self.variable.assign_add(1.0)
        self.d_loss.update_state(self.variable)
        self.g_loss.update_state(10.0 * self.variable)

    def held_out_losses(self, batch):
        mean = tf.reduce_mean(tf.cast(batch[1], tf.float32))
        return {"d_loss": mean, "g_loss": -mean}


def test_a_row_of_the_log_is_of_its_epoch_alone_and_of_the_first_held_out_batches(tmp_path, monkeypatch):
    for figures in ("draw_figures", "draw_page"):  # they take most of the time
        monkeypatch.setattr(loop, figures, lambda run: None)
    held_out = Split(np.zeros((6, 8, 8, 3), np.uint8), np.array([1, 3, 5, 7, 100, 100], np.int32))
    gan, two_steps_of_d = RisingGAN(tiny_generator()), {"d_steps": 2, "update": "alternating"}
    run = train(tmp_path, gan, NAMES, epochs=2, validation=Batches(held_out, 2, 0, shuffle=False), validation_steps=2,
                **two_steps_of_d)  # fmt: skip
    columns = ("epoch", "step", "images", "d_loss", "g_loss", "val_d_loss", "val_g_loss")
    rows = [[row[name] for name in columns] for row in run.read_log().rows]
    assert rows == [[1, 2, 16, 1.5, 15, 4, -4], [2, 4, 32, 3.5, 35, 4, -4]]
    assert gan.total_steps == 4  # by which learning rates fall


def without_log(checkpoint):
    """Make a checkpoint one of the time when they had no log."""
    with np.load(checkpoint) as stored:
        arrays = dict(stored)
    meta = json.loads(str(arrays["meta"]))
    del meta["log"]
    np.savez(checkpoint, **(arrays | {"meta": np.array(json.dumps(meta))}))


@pytest.mark.slow
def test_an_older_checkpoint_takes_the_log_from_the_file_and_a_damaged_one_is_an_error(tmp_path):
    run = train(tmp_path, StubGAN(tiny_generator()), NAMES)
    without_log(max(run.checkpoints.iterdir()))
    whole = run.log.read_text()
    run.log.write_text(whole[:-3])
    with pytest.raises(UserError, match="damaged in line 2"):
        train(tmp_path, StubGAN(tiny_generator()), NAMES, epochs=2)
    run.log.write_text(whole)
    train(tmp_path, StubGAN(tiny_generator()), NAMES, epochs=2)
    assert run.log.read_text().startswith(whole) and len(run.read_log().rows) == 2


@pytest.mark.slow
def test_a_log_cut_in_mid_line_comes_back_from_the_checkpoint(tmp_path):
    run = train(tmp_path, StubGAN(tiny_generator()), NAMES, GivenMetric([0.125, 2 / 3]), epochs=2)
    whole = run.log.read_text()
    run.log.write_text(whole[: whole.index("0.125") + 2])
    train(tmp_path, StubGAN(tiny_generator()), NAMES, GivenMetric([1.5]), epochs=3)
    assert run.log.read_text().startswith(whole) and run.read_log().series("m") == ([1, 2, 3], [0.125, 0.666667, 1.5])


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "kept"), [(60, [10]), (-1, [8, 10])])
def test_checkpoints_are_rare_and_the_last_epoch_has_one(tmp_path, monkeypatch, seconds, kept):
    monkeypatch.setattr(loop, "SAVE_SECONDS", seconds)
    monkeypatch.setattr(loop.Training, "_train_epoch", lambda training, interrupt: None)
    run = train(tmp_path, StubGAN(tiny_generator()), NAMES, epochs=5)
    assert [file.name for file in sorted(run.checkpoints.iterdir())] == [f"step-{step:08d}.npz" for step in kept]


def test_grids_that_no_checkpoint_knows_are_gone_when_the_run_goes_on(tmp_path):
    run = train(tmp_path, StubGAN(tiny_generator()), NAMES, epochs=2)
    shutil.copy(run.grids / "0002.png", run.grids / "0004.png")
    train(tmp_path, StubGAN(tiny_generator()), NAMES, epochs=3)
    assert [file.stem for file in run.grid_files()] == ["0001", "0002", "0003"]


class NumPyGAN(StubGAN):
    """A step with something that XLA cannot compile."""

    def train_step(self, batch):
        super().train_step(batch)
        self.variable.assign_add(tf.ensure_shape(tf.numpy_function(lambda x: x, [1.0], tf.float32), ()))


@pytest.mark.parametrize("jit", ["auto", "false", "true"])
def test_the_step_is_compiled_by_xla_where_that_is_asked_for(tmp_path, jit):
    gan, refused = NumPyGAN(tiny_generator()), pytest.raises(tf.errors.InvalidArgumentError, match=r"XLA|JIT")
    with refused if jit == "true" else contextlib.nullcontext():
        train(tmp_path, gan, NAMES, jit=jit)
        assert float(gan.variable) == 2
