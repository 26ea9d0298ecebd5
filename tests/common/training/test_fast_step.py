"""The step in bfloat16 on a CPU: as near to float32 as Keras' own, and nothing of it in a model or a file."""

import json
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from common.commands.order import _has_fast_step
from common.run.generator_file import save_generator
from common.run.run_folder import RunFolder
from common.training.fast_step import speed_up
from dcgan.model import DCGAN
from dcgan.recipes import BENDALE

SMALL = {"g_width": 32, "d_width": 32, "batch_size": 8, "image_size": 16, "latent_dim": 8}


@pytest.fixture(autouse=True)
def float32_afterwards():
    yield
    keras.config.set_dtype_policy("float32")


def small_gan(precision, fast, **changes):
    """Its weights depend on nothing but the settings."""
    keras.utils.set_random_seed(1)
    keras.config.set_dtype_policy(precision)
    gan = DCGAN(BENDALE.override(SMALL | {"precision": precision} | changes).settings)
    if fast:
        speed_up(gan)
    return gan


def batch():
    return tf.random.stateless_uniform((8, 16, 16, 3), (0, 1), -1, 1), tf.zeros(8, tf.int32)


def gradients(precision, fast, **changes):
    """What reaches both optimizers in the first step."""
    gan, kept = small_gan(precision, fast, dropout=0, **changes), []
    for optimizer in (gan.d_optimizer, gan.g_optimizer):
        optimizer.apply = lambda gradients, variables: kept.extend(gradients)
    gan.train_step(batch())
    return kept


def distance(ours, exact):
    return [float(tf.norm(a - b) / (tf.norm(b) + 1e-6)) for a, b in zip(ours, exact, strict=True)]


@pytest.mark.parametrize(
    "changes",
    [{"d_batch_norm": True}, {"kernel_size": 4, "spectral_norm": "both", "update": "alternating"},
     {"loss": "wasserstein", "gradient_penalty": 10, "d_batch_norm": True, "g_condition": "batch-norm",
      "d_condition": "image"}],
)  # fmt: skip
def test_gradients_are_as_near_to_float32_as_those_of_keras(changes):
    exact = gradients("float32", False, **changes)
    fast, plain = (gradients("mixed_bfloat16", fast, **changes) for fast in (True, False))
    ours, theirs = distance(fast, exact), distance(plain, exact)
    assert any(not np.array_equal(a, b) for a, b in zip(fast, plain, strict=True))
    assert np.median(ours) < 1.2 * np.median(theirs) and max(ours) < 1.5 * max(theirs), (ours, theirs)


def test_moving_averages_are_those_of_keras():
    averages = []
    for fast in (True, False):
        gan = small_gan("mixed_bfloat16", fast, dropout=0, d_batch_norm=True)
        gan.discriminator(batch()[0], training=True)
        gan.generator(tf.random.stateless_normal((8, 8), (0, 1)), training=True)
        averages.append([w for net in (gan.discriminator, gan.generator) for w in net.weights if "moving" in w.path])
    assert len(averages[0]) > 4
    for ours, theirs in zip(*averages, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0.01, atol=1e-4)


def test_adam_is_that_of_keras():
    changes = []
    for fast in (True, False):
        gan = small_gan("mixed_bfloat16", fast, beta_1=0.9)
        weights = gan.generator.trainable_variables
        before = [weight.numpy() for weight in weights]
        for step in range(3):
            gradients = [tf.random.stateless_normal(weight.shape, (step, i)) for i, weight in enumerate(weights)]
            gan.g_optimizer.apply(gradients, weights)
        assert gan.g_optimizer.iterations == 3
        changes.append([weight - old for weight, old in zip(weights, before, strict=True)])
    for ours, theirs in zip(*changes, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-6)
        assert np.abs(theirs).max() > 1e-4  # three steps of the learning rate


def test_dropout_keeps_the_right_share_scaled_and_draws_anew():
    gan = small_gan("mixed_bfloat16", True)
    layer = next(layer for layer in gan.discriminator.layers if isinstance(layer, keras.layers.Dropout))
    x = tf.ones((3, 33, 33, 7), tf.bfloat16)
    first, second = (tf.cast(layer(x, training=True), tf.float32).numpy() for _ in range(2))
    assert set(np.unique(first)) == {0.0, float(tf.cast(1 / 0.7, tf.bfloat16))}
    assert abs((first > 0).mean() - 0.7) < 4 * np.sqrt(0.7 * 0.3 / first.size)
    assert abs(((first > 0) == (second > 0)).mean() - 0.58) < 4 * np.sqrt(0.58 * 0.42 / first.size)  # independent
    np.testing.assert_array_equal(layer(x, training=False), x)


def test_fit_takes_it_as_the_loop_does():
    ours, theirs, plain = (small_gan("mixed_bfloat16", fast) for fast in (True, True, False))
    for gan in (ours, plain):
        gan.compile(run_eagerly=True)
        gan.fit(*batch(), batch_size=8, shuffle=False, verbose=0)
    theirs.train_step(batch())
    first, second, other = (gan.discriminator.trainable_variables[0].numpy() for gan in (ours, theirs, plain))
    np.testing.assert_allclose(first, second, rtol=1e-3, atol=1e-6)
    assert np.abs(first - other).max() > 1e-4  # dropout has drawn other numbers, at the least


@pytest.mark.slow
def test_compiled_by_xla_it_is_the_step_of_keras_layers_too():
    losses = []
    for fast in (True, False):
        gan = small_gan("mixed_bfloat16", fast, dropout=0, d_batch_norm=True)
        step = tf.function(gan.train_step, jit_compile=True)
        for _ in range(5):
            step(batch())
        losses.append([float(gan.d_loss.result()), float(gan.g_loss.result())])
    assert losses[0] == pytest.approx(losses[1], rel=0.01) and losses[0] != losses[1]


@pytest.mark.parametrize(("precision", "gpu"), [("float32", False), ("mixed_float16", False), ("mixed_bfloat16", True)])
def test_in_other_precisions_and_on_a_gpu_nothing_is_replaced(precision, gpu, monkeypatch):
    if gpu:
        monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: [kind])
    gan = small_gan(precision, True, spectral_norm="both")
    assert not any("call" in vars(layer) for layer in gan._flatten_layers())
    assert not any("update_step" in vars(optimizer) for optimizer in (gan.d_optimizer, gan.g_optimizer))


def test_a_saved_generator_is_plain_keras_and_makes_the_same_images(tmp_path):
    gan = small_gan("mixed_bfloat16", True)
    save_generator(tmp_path / "generator.keras", gan.generator)
    config = json.loads(zipfile.ZipFile(tmp_path / "generator.keras").read("config.json"))
    saved = {(layer["module"], layer["class_name"]) for layer in config["config"]["layers"]}
    assert ("keras.layers", "Conv2DTranspose") in saved and {module for module, _ in saved} == {"keras.layers"}
    loaded = keras.saving.load_model(tmp_path / "generator.keras", compile=False)
    z = tf.random.stateless_normal((4, 8), (0, 1))
    np.testing.assert_allclose(loaded(z), gan.generator(z), atol=0.01)


@pytest.mark.parametrize(("config", "fast"), [(None, True), ({}, False), ({"fast_step": True}, True)])
def test_a_run_that_began_without_it_goes_on_without_it(tmp_path, config, fast):
    run = RunFolder(tmp_path)
    if config is not None:
        run.write_config({"family": "dcgan", "recipe": "bendale", "settings": {}} | config)
    assert _has_fast_step(run) == fast
