"""The residual blocks: the table's maps and parameters, what a block computes, and what else the networks may have."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from common.errors import UserError
from common.run.generator_file import load_generator, save_generator
from csagan.model import CSAGAN
from csagan.recipes import BEST as CSAGAN_BEST
from dcgan import resnet
from dcgan.layers import NetworkLayers
from dcgan.minibatch_deviation import MinibatchDeviation
from dcgan.model import build_discriminator, build_generator
from dcgan.recipes import BEST

RESIDUAL = {"blocks": "residual", "d_batch_norm": False, "leaky_slope": 0, "latent_dim": 128}
TINY = RESIDUAL | {"g_width": 4, "d_width": 4, "batch_size": 4, "image_size": 16, "weight_stddev": 0.1}


def settings(**changes):
    return BEST.override(TINY | changes).settings


def maps(model, kind="Add"):
    return [layer.output.shape[1:] for layer in model.layers if type(layer).__name__ == kind]


def test_the_networks_are_those_of_the_table():
    table = BEST.override(RESIDUAL | {"g_width": 256, "d_width": 128}).settings
    generator, discriminator = build_generator(table), build_discriminator(table)
    assert maps(generator) == [(8, 8, 256), (16, 16, 256), (32, 32, 256)]
    assert maps(discriminator) == [(16, 16, 128), (8, 8, 128), (8, 8, 128), (8, 8, 128)]

    def conv(size, inputs, outputs):
        return size * size * inputs * outputs + outputs

    up = 2 * conv(3, 256, 256) + conv(1, 256, 256) + 2 * 2 * 256
    assert sum(np.prod(v.shape) for v in generator.trainable_variables) == (
        128 * 4096 + 4096 + 3 * up + 2 * 256 + conv(3, 256, 3)
    )
    first = conv(3, 3, 128) + conv(3, 128, 128) + conv(1, 3, 128)
    assert discriminator.count_params() == (
        first + 3 * 2 * conv(3, 128, 128) + conv(1, 128, 128) + 128 + 1
    )  # the last two blocks have their input as it is


@pytest.mark.parametrize("size", [8, 64])
def test_every_image_size_has_its_blocks(size):
    generator, discriminator = (build(settings(image_size=size)) for build in (build_generator, build_discriminator))
    assert generator.output_shape == (None, size, size, 3) and discriminator.output_shape == (None, 1)
    assert len(maps(generator)) == len(maps(discriminator)) - 1 == {8: 1, 64: 4}[size]
    assert maps(discriminator)[-1] == (8, 8, 4)


def numpy_conv(x, layer):
    kernel, bias = (weight.numpy() for weight in layer.weights)
    pad = len(kernel) // 2
    framed = np.pad(x, [(0, 0), (pad, pad), (pad, pad), (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(framed, kernel.shape[:2], (1, 2))
    return np.einsum("bhwcij,ijck->bhwk", windows, kernel) + bias


def pooled(x):
    return x.reshape(len(x), x.shape[1] // 2, 2, x.shape[2] // 2, 2, -1).mean((2, 4))


def repeated(x):
    return x.repeat(2, 1).repeat(2, 2)


def relu(x):
    return np.maximum(x, 0)


@pytest.mark.parametrize("first", [True, False])
def test_a_block_of_d_equals_the_paper_s(first):
    """With the 1x1 convolution before the pooling, as the paper has it."""
    x = keras.Input((4, 4, 3))
    make = NetworkLayers(settings(), "discriminator")
    model = keras.Model(x, resnet._block_down(x, 5, True, make, keras.layers.ReLU(), first))
    one, two, skip = (layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    assert skip.kernel_size == (1, 1)
    for layer in (one, two, skip):
        layer.bias.assign(np.random.default_rng(1).normal(size=5))
    images = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float32")
    residual = numpy_conv(relu(numpy_conv(images if first else relu(images), one)), two)
    expected = pooled(residual) + pooled(numpy_conv(images, skip))
    np.testing.assert_allclose(model(images), expected, rtol=1e-4, atol=1e-5)


def test_a_block_of_g_equals_the_paper_s():
    """With the 1x1 convolution after the pixels are repeated, as the paper has it."""
    x = keras.Input((4, 4, 3))
    model = keras.Model(x, resnet._block_up(x, NetworkLayers(settings(), "generator"), keras.layers.ReLU()))
    by_size = sorted((layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)),
                     key=lambda layer: -layer.kernel_size[0])  # fmt: skip
    one, two, skip = by_size
    images = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float32")
    expected = numpy_conv(relu(numpy_conv(repeated(relu(images)), one)), two) + numpy_conv(repeated(images), skip)
    np.testing.assert_allclose(model(images), expected, rtol=1e-4, atol=1e-5)


def test_sum_pooling_adds_every_place_up():
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    np.testing.assert_allclose(resnet.sum_over_places(tf.constant(x)), x.sum((1, 2)), rtol=1e-4)


@pytest.mark.slow
def test_attention_labels_and_spectral_norm_go_with_them(tmp_path):
    changes = TINY | {"spectral_norm": "both", "g_attention_size": 8, "d_attention_size": 8, "dropout": 0,
                      "minibatch_deviation": True, "loss": "hinge", "d_condition": "projection", "auxiliary": 0.0,
                      "auxiliary_from": "both", "steps_per_epoch": 10}  # fmt: skip
    gan = CSAGAN(CSAGAN_BEST.override(changes).settings, 3)
    kinds = [[type(layer).__name__ for layer in net.layers] for net in (gan.generator, gan.discriminator)]
    assert [names.count("Attention") for names in kinds] == [1, 1]
    assert [names.count("Conv2D") for names in kinds] == [0, 0]  # each is within a SpectralNormalization
    assert kinds[0].count("ConditionalBatchNormalization") == 2 * 2 + 1
    before = [v.numpy() for v in gan.trainable_variables]
    losses = gan.train_step((tf.random.stateless_uniform((4, 16, 16, 3), (0, 1), -1, 1), tf.constant([0, 1, 2, 0])))
    assert all(np.isfinite(float(loss)) for loss in losses.values())
    moved = [not np.array_equal(old, new) for old, new in zip(before, gan.trainable_variables, strict=True)]
    assert np.mean(moved) > 0.75  # not what attention's gamma of 0 hides, nor biases that batch norm takes away
    save_generator(tmp_path / "generator.keras", gan.generator)
    z, labels = tf.random.stateless_normal((2, 128), (0, 1)), tf.constant([0, 2])
    loaded = load_generator(tmp_path / "generator.keras")
    np.testing.assert_allclose(loaded([z, labels]), gan.generator([z, labels]), atol=1e-6)


def test_attention_where_there_is_no_map_names_the_maps():
    with pytest.raises(UserError, match="attention at 4x4 is impossible: the feature maps have 8"):
        CSAGAN(CSAGAN_BEST.override(TINY | {"g_attention_size": 8, "d_attention_size": 4}).settings, 3)


@pytest.mark.parametrize("change", [{"d_batch_norm": True}, {"fully_connected": False}, {"resampling": "pooling"}])
def test_what_residual_blocks_do_not_have_is_refused(change):
    with pytest.raises(UserError, match="blocks=residual needs"):
        settings(**change)


def test_minibatch_deviation_equals_its_formula_and_tells_a_collapsed_batch():
    x = np.random.default_rng(0).normal(size=(6, 2, 3, 4)).astype("float32")
    y = MinibatchDeviation()(x).numpy()
    np.testing.assert_array_equal(y[..., :4], x)
    np.testing.assert_allclose(y[..., 4], np.full((6, 2, 3), x.std(0).mean()), rtol=1e-5)
    same = tf.Variable(np.repeat(x[:1], 6, axis=0))
    with tf.GradientTape() as tape:
        y = MinibatchDeviation()(same)
        number = tf.reduce_mean(y[..., 4])
    assert float(number) < 1e-3 and np.isfinite(tape.gradient(number, same)).all()


@pytest.mark.parametrize("blocks", ["plain", "residual"])
def test_minibatch_deviation_is_a_setting_of_both_kinds_of_blocks(blocks):
    with_it, without = (build_discriminator(settings(blocks=blocks, minibatch_deviation=on)) for on in (True, False))
    assert [type(layer).__name__ for layer in with_it.layers].count("MinibatchDeviation") == 1
    assert with_it.count_params() > without.count_params()
