"""Tiny generators of every kind of layer that the page computes, and what its script and Keras make of them."""

import sys

import keras
import numpy as np
import pytest
from keras import layers

from common.conditioning import ConditionalBatchNormalization, label_input, one_hot
from common.run.generator_file import save_generator
from common.spectral_norm import SpectralNormalization
from results.export_js import main
from results.playground.page import HERE
from sagan.attention import Attention
from tests.helpers.run_pages import write_run

NAMES = list("abc")
ENGINE = (HERE / "generator.js").read_text(encoding="utf-8")
IMAGES = """
const main = (jobs) => Promise.all(jobs.map(async ([text, inputs]) => {
  const generator = await Generator.read(text);
  return inputs.map(([z, code]) => Array.from(generator.image(z, code)));
}));"""


def randomised(model):
    """The model with every weight drawn: moments, scales and gammas too, of a size that leaves tanh its middle."""
    random = np.random.default_rng(3)
    for weight in model.weights:
        values = random.normal(0, 0.3, weight.shape)
        if weight.path.rpartition("/")[2] in ("gamma", "moving_variance", "sigma"):
            values = 1 + np.abs(values)
        weight.assign(values)
    for layer in model._flatten_layers():
        if isinstance(layer, SpectralNormalization):
            layer.power_iteration()
    return model


def of(body, conditional=False, size=5):
    """A generator whose picture is `body` of z, or of z and the one-hot label."""
    z, label = keras.Input((size,), name="z"), label_input()
    x = body(z, one_hot(label, len(NAMES))) if conditional else body(z)
    return randomised(keras.Model([z, label] if conditional else z, layers.Activation("tanh")(x), name="generator"))


def start(z, width=4, side=4):
    return layers.Reshape((side, side, width))(layers.Dense(side * side * width)(z))


def rows(z, *made, side=4):
    """Layers one after the other on a first map, and three channels at last."""
    x = start(z, side=side)
    for layer in made:
        x = layer(x)
    return layers.Conv2D(3, 1)(x)


def one(*made, **options):
    """A generator of one kind of layers, or of some, on a first map."""
    return lambda: of(lambda z: rows(z, *made, **options))


def by_class(body):
    """A generator that takes a label."""
    return lambda: of(body, conditional=True)


up = layers.Conv2DTranspose
TINY = {
    "dense": lambda: of(lambda z: layers.Reshape((2, 3, 3))(layers.Dense(18, "relu")(layers.Dense(7, "tanh")(z)))),
    "same": one(layers.Conv2D(5, (3, 4), padding="same")),
    "strided": one(layers.Conv2D(5, 3, 2, "same", use_bias=False), side=5),
    "valid": one(layers.Conv2D(6, 2, activation="leaky_relu")),
    "transposed 5x5": one(up(5, 5, 2, "same", use_bias=False)),
    "transposed 4x4": one(up(5, 4, 2, "same"), up(2, 4, 2, "same")),
    "transposed valid": lambda: of(lambda z: up(3, (4, 2), (1, 3))(layers.Reshape((1, 1, 5))(z))),
    "transposed, gaps": one(up(5, 2, 3, "same")),
    "transposed, size kept": one(up(5, 5, 1, "same")),
    "batch norm": one(layers.BatchNormalization(), layers.BatchNormalization(scale=False, center=False)),
    "activations": one(layers.ReLU(), layers.LeakyReLU(0.3), layers.Activation("sigmoid")),
    "training alone": one(layers.Dropout(0.5), layers.GaussianNoise(1.0)),
    "sizes": one(layers.UpSampling2D((2, 3)), layers.MaxPooling2D(2), side=2),
    "sum": one(lambda x: layers.Add()([x, layers.Conv2D(4, 3, padding="same")(x), x])),
    "joined maps": one(lambda x: layers.Concatenate()([x, layers.Conv2D(2, 1)(x)])),
    "attention": one(Attention()),
    "attention, pooled": one(Attention(pool=True, use_bias=True), side=6),
    "attention, scaled": one(Attention(scaled=True)),
    "spectral norm": one(SpectralNormalization(up(3, 3, 2, "same", activation="leaky_relu"))),
    "spectral norm of dense": lambda: of(lambda z: start(SpectralNormalization(layers.Dense(8))(z), 3)),
    "label with z": by_class(lambda z, code: rows(layers.Concatenate()([z, code]))),
    "label by batch norm": by_class(lambda z, code: rows(z, lambda x: ConditionalBatchNormalization(3)([x, code]))),
    "label embedded": lambda: embedded(),
}


def embedded():
    z, label = keras.Input((5,), name="z"), label_input()
    x = start(layers.Concatenate()([z, layers.Embedding(3, 2)(label)]), 3)
    return randomised(keras.Model([z, label], layers.Activation("tanh")(x), name="generator"))


def inputs_of(generator, count, seed=0):
    """Latents, and labels in turn or None."""
    z = np.random.default_rng(seed).standard_normal((count, generator.inputs[0].shape[-1]), np.float32)
    return z, np.arange(count) if len(generator.inputs) == 2 else None


def for_script(text, z, labels):
    """The inputs of the script's `image`, of Keras' ones."""
    codes = np.eye(len(text["classes"]))[labels % len(text["classes"])].tolist() if text["classes"] else [[]] * len(z)
    return [[row, code] for row, code in zip(z.tolist(), codes, strict=True)]


def by_keras(generator, z, labels, classes):
    return np.asarray(generator(z if labels is None else [z, labels % classes], training=False))


def run_of(folder, make="label with z"):
    """A run with a tiny generator of three classes."""
    run = write_run(folder, "cifar")
    config = run.read_config()
    run.write_config(config | {"writeup": "<b>&", "data": config["data"] | {"classes": NAMES}})
    save_generator(run.generator, TINY[make]())
    return run


def command(*arguments):
    """What `python results/export_js.py` does, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["export_js.py", *map(str, arguments)])
        main()
