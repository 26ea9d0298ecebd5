"""Convolutions by minimal filtering give what the direct ones give."""

import keras
import numpy as np
import pytest

from fid.networks.extractor import Extractor, compile_network
from fid.networks.load import load_network
from fid.networks.winograd import LINE_TILE, WinogradConv2D, minimal_filter, with_winograd
from fid.protocols import get_protocol
from tests.helpers import SHARED

PUBLISHED = SHARED / "inception" / "inception_2015_to_mixed_7.npz"


@pytest.mark.parametrize("taps", range(1, 8))
@pytest.mark.parametrize("outputs", range(1, LINE_TILE + 1))
def test_a_minimal_filter_correlates(outputs, taps):
    rng = np.random.default_rng(0)
    a, g, b = minimal_filter(outputs, taps)
    filter_taps, inputs = rng.standard_normal(taps), rng.standard_normal(outputs + taps - 1)
    assert len(g) == outputs + taps - 1  # the number of products: the fewest that do
    expected = np.correlate(inputs, filter_taps, "valid")
    np.testing.assert_allclose(a @ ((g @ filter_taps) * (b @ inputs)), expected, atol=1e-11)


def filled(size, layer: keras.layers.Conv2D) -> keras.Model:
    """A network of that layer on images of `size` with 64 channels, its weights and biases random."""
    model = keras.Sequential([keras.Input((*size, 64)), layer])
    rng = np.random.default_rng(0)
    model.set_weights([rng.standard_normal(weight.shape).astype(np.float32) for weight in model.weights])
    return model


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("taps", [(3, 3), (5, 5), (1, 7), (7, 1), (3, 1), (2, 4), (3, 5)])
@pytest.mark.parametrize("size", [(17, 17), (8, 11)])
def test_a_layer_gives_the_direct_convolution(size, taps, padding):
    model = filled(size, keras.layers.Conv2D(48, taps, padding=padding, activation="relu"))
    faster = with_winograd(model)
    assert isinstance(faster.layers[-1], WinogradConv2D)
    images = np.random.default_rng(1).standard_normal((3, *size, 64)).astype(np.float32)
    expected = model.predict(images, verbose=0)
    assert faster.output_shape == model.output_shape and expected.min() == 0
    np.testing.assert_allclose(faster.predict(images, verbose=0), expected, atol=3e-5 * expected.max())


def test_without_a_bias_or_an_activation_there_is_none():
    model = filled((9, 9), keras.layers.Conv2D(48, 3, use_bias=False))
    images = np.random.default_rng(1).standard_normal((2, 9, 9, 64)).astype(np.float32)
    expected = model.predict(images, verbose=0)
    assert expected.min() < 0
    np.testing.assert_allclose(with_winograd(model).predict(images, verbose=0), expected, atol=3e-5 * expected.max())


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.Conv2D(48, 1),
        keras.layers.Conv2D(48, 3, strides=2),
        keras.layers.Conv2D(48, 3, dilation_rate=2),
        keras.layers.Conv2D(64, 3, groups=2),
        keras.layers.Conv2D(47, 3),
        keras.layers.DepthwiseConv2D(3),
        keras.layers.MaxPooling2D(3),
    ],
)
def test_every_other_layer_stays_as_it_is(layer):
    model = keras.Sequential([keras.Input((9, 9, 64)), layer])
    assert with_winograd(model).layers[-1] is layer


@pytest.mark.slow
@pytest.mark.skipif(not PUBLISHED.exists(), reason="no published Inception weights on this machine")
def test_features_of_the_published_network_are_those_of_the_direct_one():
    protocol = get_protocol("fid768")
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    direct = compile_network(protocol, load_network(protocol, PUBLISHED).model)
    expected = direct(images)[0].numpy()
    (found,) = Extractor(protocol, PUBLISHED)(images)
    np.testing.assert_allclose(found.features, expected, atol=1e-5 * expected.max())
