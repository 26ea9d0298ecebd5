"""Keras' own `compile`, `fit`, `evaluate` and callbacks on the GAN of every family, as in a notebook."""

import csv

import keras
import numpy as np
import pytest
import tensorflow as tf

from common.errors import UserError
from csagan.model import CSAGAN
from csagan.recipes import RECIPES as CSAGAN_RECIPES
from dcgan.model import DCGAN
from dcgan.recipes import RECIPES as DCGAN_RECIPES
from sagan.model import SAGAN
from sagan.recipes import RECIPES as SAGAN_RECIPES

SMALL = {"g_width": 4, "d_width": 4, "batch_size": 8}


def small(model, recipe, **changes):
    keras.utils.set_random_seed(1)
    return model(recipe.override(SMALL | changes).settings)


def pictures(count=32, batch=8):
    random = np.random.RandomState(0)
    images = random.uniform(-1, 1, (count, 32, 32, 3)).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices((images, random.randint(0, 10, count))).batch(batch)


@pytest.mark.parametrize(
    ("model", "recipe", "eagerly"),  # of a compiled step attention without labels shows nothing that the others do not
    [
        (DCGAN, DCGAN_RECIPES["bendale"], False),
        pytest.param(SAGAN, SAGAN_RECIPES["bendale"], True, marks=pytest.mark.slow),
        pytest.param(CSAGAN, CSAGAN_RECIPES["bendale"], False, marks=pytest.mark.slow),
    ],
)
def test_fit_trains_with_keras_own_callbacks(model, recipe, eagerly, tmp_path):
    gan = small(model, recipe)
    before = [weight.numpy() for weight in gan.generator.trainable_variables]
    gan.compile(run_eagerly=eagerly)
    callbacks = [
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.ModelCheckpoint(tmp_path / "last.weights.h5", save_weights_only=True),
        keras.callbacks.EarlyStopping(monitor="g_loss", mode="min", patience=5),
        keras.callbacks.EarlyStopping(monitor="val_d_loss", mode="min", patience=5),
        keras.callbacks.TerminateOnNaN(),
    ]
    history = gan.fit(pictures(), epochs=2, validation_data=pictures(20), callbacks=callbacks, verbose=0).history
    assert set(history) == {"d_loss", "g_loss", "val_d_loss", "val_g_loss"} and len(history["g_loss"]) == 2
    assert all(not np.array_equal(old, new) for old, new in zip(before, gan.generator.trainable_variables, strict=True))
    with open(tmp_path / "log.csv", newline="") as file:
        assert [float(row["val_g_loss"]) for row in csv.DictReader(file)] == pytest.approx(history["val_g_loss"])
    again = small(model, recipe)
    again.load_weights(tmp_path / "last.weights.h5")
    for ours, theirs in zip(gan.weights, again.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    z = tf.random.stateless_normal((3, gan.latent_dim), (0, 1))
    inputs = [z, tf.constant([0, 1, 2])] if gan.classes else z
    np.testing.assert_array_equal(gan(inputs), again(inputs))


@pytest.mark.slow
def test_losses_are_those_of_the_epoch_and_of_held_out_images_their_mean():
    gan = small(DCGAN, DCGAN_RECIPES["bendale"], d_learning_rate=0, g_learning_rate=0, dropout=0)
    gan.compile(run_eagerly=True)
    seen, step = [], gan.update
    gan.update = lambda *data: seen.append(step(*data)) or seen[-1]
    history = gan.fit(pictures(), epochs=2, validation_data=pictures(24), verbose=0).history
    means = np.reshape(seen, (2, 4, 2)).mean(1)
    np.testing.assert_allclose(np.transpose([history["d_loss"], history["g_loss"]]), means, rtol=1e-5)
    held_out = [gan.held_out_losses(batch) for batch in pictures(24)]
    for name in ("d_loss", "g_loss"):
        expected = np.mean([float(losses[name]) for losses in held_out])
        assert history[f"val_{name}"][-1] == pytest.approx(expected, rel=1e-5)
        assert gan.evaluate(pictures(24), return_dict=True, verbose=0)[name] == pytest.approx(expected, rel=1e-5)


def test_fit_takes_the_steps_of_the_loop():
    ours, theirs = (small(DCGAN, DCGAN_RECIPES["bendale"]) for _ in range(2))
    ours.compile(run_eagerly=True)
    ours.fit(pictures(16), shuffle=False, verbose=0)
    for batch in pictures(16):
        theirs.train_step(batch)
    for a, b in zip(ours.generator.weights, theirs.generator.weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_images_alone_do_where_there_are_no_classes():
    alone, labelled = (small(DCGAN, DCGAN_RECIPES["bendale"]) for _ in range(2))
    for gan, data in ((alone, pictures(16).map(lambda images, _: images)), (labelled, pictures(16))):
        gan.compile(run_eagerly=True)
        gan.fit(data, shuffle=False, verbose=0)
        gan.evaluate(data, verbose=0)
    for a, b in zip(alone.generator.weights, labelled.generator.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    conditional = small(DCGAN, DCGAN_RECIPES["quick"])
    conditional.compile(run_eagerly=True)
    with pytest.raises(UserError, match=r"data set has to be one of \(images, labels\)"):
        conditional.fit(pictures(16).map(lambda images, _: images), verbose=0)


def test_compile_makes_no_third_optimizer_and_takes_none():
    gan = small(DCGAN, DCGAN_RECIPES["bendale"])
    gan.compile()
    assert gan.optimizer is None
    for wrong in ({"optimizer": "adam"}, {"loss": "mse"}, {"metrics": ["mae"]}):
        with pytest.raises(UserError, match="settings of its recipe"):
            gan.compile(**wrong)
