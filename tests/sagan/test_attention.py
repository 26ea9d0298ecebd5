"""Attention: the identity at gamma 0, rows that sum to 1, a plain NumPy reference, gradients, any size."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from sagan.attention import Attention


def feature_map(shape=(2, 6, 4, 16)):
    return tf.random.stateless_normal(shape, (1, 2))


def built(shape=(2, 6, 4, 16), pool=False, gamma=0.7, **kwargs):
    keras.utils.set_random_seed(3)
    layer, x = Attention(pool=pool, **kwargs), feature_map(shape)
    layer(x)
    layer.gamma.assign(gamma)
    return layer, x


def reference(layer, x):
    """The equations of the paper, position by position, in float64."""
    x = x.numpy().astype(float)
    f, g, h = (np.squeeze(c.kernel.numpy(), (0, 1)).astype(float) for c in (layer.f, layer.g, layer.h))
    output, maps = np.empty_like(x), []
    for image, result in zip(x, output, strict=True):
        keys, values = image @ f, image @ h
        if layer.pool:
            rows, columns = image.shape[0] // 2, image.shape[1] // 2
            keys, values = (a.reshape(rows, 2, columns, 2, -1).max(axis=(1, 3)) for a in (keys, values))
        keys, values = keys.reshape(-1, keys.shape[-1]), values.reshape(-1, values.shape[-1])
        for place in np.ndindex(image.shape[:2]):
            scores = keys @ (image[place] @ g) / (np.sqrt(keys.shape[-1]) if layer.scaled else 1)
            weights = np.exp(scores - scores.max())
            weights /= weights.sum()
            maps.append(weights)
            result[place] = float(layer.gamma) * (weights @ values) + image[place]
    return output, np.array(maps)


@pytest.mark.parametrize(("pool", "scaled"), [(False, False), (True, False), (False, True)])
def test_equals_a_numpy_reference(pool, scaled):
    layer, x = built(pool=pool, scaled=scaled)
    expected, maps = reference(layer, x)
    np.testing.assert_allclose(layer(x), expected, atol=1e-5)
    ours = layer.attention_map(x).numpy()
    np.testing.assert_allclose(ours.reshape(maps.shape), maps, atol=1e-5)
    np.testing.assert_allclose(ours.sum(axis=-1), 1, atol=1e-5)
    assert ours.shape == (2, 24, 6 if pool else 24)


@pytest.mark.parametrize("pool", [False, True])
def test_starts_as_the_identity_to_the_bit(pool):
    layer, x = Attention(pool=pool), feature_map()
    assert (layer(x).numpy() == x.numpy()).all() and float(layer.gamma) == 0


def test_gradients_equal_finite_differences():
    layer, x = built((1, 3, 2, 8))
    weights = tf.random.stateless_normal(x.shape, (4, 5))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(weights * layer(x))
    gradients = tape.gradient(loss, layer.trainable_variables)
    assert len(gradients) == 4 and all(gradient is not None for gradient in gradients)
    for variable, gradient in zip(layer.trainable_variables, gradients, strict=True):
        value, flat = variable.numpy(), np.atleast_1d(gradient.numpy()).reshape(-1)
        for index in {0, value.size // 2, value.size - 1}:

            def at(change, index=index, value=value, variable=variable):
                moved = value.copy().reshape(-1)
                moved[index] += change
                variable.assign(moved.reshape(value.shape))
                result = (weights.numpy() * reference(layer, x)[0]).sum()
                variable.assign(value)
                return result

            assert flat[index] == pytest.approx((at(1e-3) - at(-1e-3)) / 2e-3, rel=2e-2, abs=1e-3)


def test_any_size_precision_and_saving(tmp_path):
    assert built((1, 5, 7, 4), pool=True)[0](feature_map((2, 5, 7, 4))).shape == (2, 5, 7, 4)
    layer, x = built(dtype="mixed_bfloat16")
    assert layer(x).dtype == tf.bfloat16 and layer.attention_map(tf.cast(x, "bfloat16")).dtype == tf.float32
    inputs = keras.Input((6, 4, 16))
    model = keras.Model(inputs, Attention(pool=True, scaled=True)(inputs))
    model.layers[-1].gamma.assign(0.5)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.layers[-1].pool and again.layers[-1].scaled
    np.testing.assert_array_equal(again(x), model(x))
