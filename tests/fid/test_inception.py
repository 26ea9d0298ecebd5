"""The FID network: its shapes, its quirks against plain NumPy, and its features against published values."""

import keras
import numpy as np
import pytest

from fid.networks.inception import FEATURES, build_inception
from tests.helpers.random_weights import randomise


@pytest.fixture(scope="module")
def network():
    """The whole network with random weights."""
    model = build_inception(2048, logits=True)
    return model, randomise(model)


@pytest.fixture(scope="module")
def activations(network):
    """What every layer of the last two blocks makes of one random image, by name."""
    model, _ = network
    wanted = [layer for layer in model.layers if layer.name.startswith(("mixed_8_join", "mixed_9", "mixed_10"))]
    wanted += [model.get_layer("pool_3"), model.get_layer("softmax")]
    probe = keras.Model(model.input, [layer.output for layer in wanted])
    image = np.random.default_rng(1).uniform(-1, 1, (1, 299, 299, 3)).astype(np.float32)
    outputs = probe(image, training=False)
    return {layer.name: np.asarray(output)[0] for layer, output in zip(wanted, outputs, strict=True)}


def pool(x: np.ndarray, reduce) -> np.ndarray:
    """Reduce the real pixels of the 3x3 window around each pixel of (H, W, C): there is no padding to count."""
    height, width, _ = x.shape
    return np.array(
        [
            [reduce(x[max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2], axis=(0, 1)) for j in range(width)]
            for i in range(height)
        ]
    )


@pytest.mark.parametrize("dimension", FEATURES)
def test_features_have_their_dimension_and_nothing_is_built_beyond_them(dimension):
    model = build_inception(dimension)
    assert model.output_shape == (None, dimension)
    last = {64: "conv_2", 192: "conv_4", 768: "mixed_7_tower_2_conv", 2048: "mixed_10_tower_2_conv"}[dimension]
    assert [layer.name for layer in model.layers if layer.weights][-1] == last


def test_the_whole_network_has_94_convolutions_and_1008_logits():
    model = build_inception(2048, logits=True)
    assert [shape for shape in model.output_shape] == [(None, 2048), (None, 1008)]
    assert sum(isinstance(layer, keras.layers.Conv2D) for layer in model.layers) == 94


@pytest.mark.parametrize("arguments", [(1000,), (768, True)])
def test_what_the_network_cannot_give_is_an_error(arguments):
    with pytest.raises(ValueError):
        build_inception(*arguments)


def test_mixed_9_averages_without_counting_padding(activations):
    expected = pool(activations["mixed_8_join"], np.mean)
    np.testing.assert_allclose(activations["mixed_9_tower_2_pool"], expected, rtol=1e-5, atol=1e-6)


def test_mixed_10_takes_the_maximum_instead(activations):
    np.testing.assert_array_equal(activations["mixed_10_tower_2_pool"], pool(activations["mixed_9_join"], np.max))


def test_convolutions_have_a_bias_and_relu(activations, network):
    arrays = network[1]
    kernel, bias = arrays["mixed_10_tower_2_conv/kernel"][0, 0], arrays["mixed_10_tower_2_conv/bias"]
    expected = np.maximum(activations["mixed_10_tower_2_pool"] @ kernel + bias, 0)
    np.testing.assert_allclose(activations["mixed_10_tower_2_conv"], expected, rtol=1e-4, atol=1e-4)


def test_branches_are_joined_in_the_order_of_the_graph(activations):
    parts = ("conv", "tower_mixed_join", "tower_1_mixed_join", "tower_2_conv")
    expected = np.concatenate([activations[f"mixed_10_{part}"] for part in parts], axis=-1)
    np.testing.assert_array_equal(activations["mixed_10_join"], expected)


def test_features_are_averages_and_logits_have_no_bias(activations, network):
    features = activations["mixed_10_join"].mean(axis=(0, 1))
    np.testing.assert_allclose(activations["pool_3"], features, rtol=1e-4)
    np.testing.assert_allclose(activations["softmax"], features @ network[1]["softmax/kernel"], rtol=1e-3, atol=1e-4)
