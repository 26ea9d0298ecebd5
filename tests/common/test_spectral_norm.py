"""Spectral normalisation: sigma against an SVD, the gradient through it, and calls that change nothing."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from common.spectral_norm import SpectralNormalization, find_spectral_layers
from dcgan.model import DCGAN
from dcgan.recipes import BENDALE

LAYERS = {
    "Conv2D": lambda: (keras.layers.Conv2D(6, 3, padding="same"), (2, 8, 8, 4)),
    "Conv2D strided": lambda: (keras.layers.Conv2D(6, 5, 2, padding="same"), (2, 8, 8, 4)),
    "Conv2DTranspose": lambda: (keras.layers.Conv2DTranspose(6, 5, 2, padding="same"), (2, 8, 8, 4)),
    "Dense": lambda: (keras.layers.Dense(6), (2, 10)),
}


def matrix(layer):
    kernel = layer.kernel.numpy()
    if isinstance(layer, keras.layers.Conv2DTranspose):
        kernel = kernel.swapaxes(2, 3)
    return kernel.reshape(-1, kernel.shape[-1])


def built(name):
    keras.utils.set_random_seed(2)
    layer, shape = LAYERS[name]()
    wrapped = SpectralNormalization(layer)
    x = tf.random.stateless_normal(shape, (1, 2))
    wrapped(x)
    return wrapped, x


@pytest.mark.parametrize("name", LAYERS)
def test_output_is_that_of_the_kernel_divided_by_its_svd(name):
    wrapped, x = built(name)
    wrapped.layer.bias.assign(tf.range(6, dtype=tf.float32))
    top = np.linalg.svd(matrix(wrapped.layer), compute_uv=False)[0]
    assert float(wrapped.sigma()) == pytest.approx(top, rel=1e-3)
    ours, kernel = wrapped(x), wrapped.layer.kernel.numpy()
    wrapped.layer.kernel.assign(kernel / top)
    np.testing.assert_allclose(ours, wrapped.layer(x), rtol=2e-3, atol=2e-4)


@pytest.mark.parametrize("name", LAYERS)
def test_sigma_follows_a_kernel_that_moves(name):
    wrapped, _ = built(name)
    drift = tf.random.stateless_normal(wrapped.layer.kernel.shape, (3, 4)) * 0.002
    for _ in range(300):
        wrapped.layer.kernel.assign_add(drift)
        wrapped.power_iteration()
    top = np.linalg.svd(matrix(wrapped.layer), compute_uv=False)[0]
    assert float(wrapped.sigma()) == pytest.approx(top, rel=0.01)


def test_calls_change_nothing_and_the_kernel_stays_raw():
    wrapped, x = built("Conv2D")
    before = [variable.numpy() for variable in wrapped.variables]
    outputs = [wrapped(x, training=training).numpy() for training in (True, True, False)]
    assert (outputs[0] == outputs[1]).all() and (outputs[0] == outputs[2]).all()
    assert all((a == b.numpy()).all() for a, b in zip(before, wrapped.variables, strict=True))
    assert np.linalg.svd(matrix(wrapped.layer), compute_uv=False)[0] != pytest.approx(1, abs=0.1)


def test_gradient_goes_through_sigma():
    """Scaling W changes nothing, so the gradient is orthogonal to W; and it equals finite differences."""
    wrapped, x = built("Dense")
    for _ in range(200):
        wrapped.power_iteration()
    target = tf.random.stateless_normal((2, 6), (5, 6))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(target * wrapped(x))
    gradient = tape.gradient(loss, wrapped.layer.kernel).numpy()
    kernel = wrapped.layer.kernel.numpy()
    assert abs((gradient * kernel).sum()) < 1e-3 * np.abs(gradient * kernel).sum()

    def exact(changed):
        top = np.linalg.svd(changed, compute_uv=False)[0]
        return (target.numpy() * (x.numpy().astype(float) @ (changed / top))).sum()

    for index in [(0, 0), (3, 2), (9, 5)]:
        step = np.zeros_like(kernel, dtype=float)
        step[index] = 1e-5
        numeric = (exact(kernel + step) - exact(kernel - step)) / 2e-5
        assert gradient[index] == pytest.approx(numeric, rel=5e-3, abs=1e-4)


def test_embedding_saving_and_finding(tmp_path):
    inputs = keras.Input((), dtype="int32")
    embedded = SpectralNormalization(keras.layers.Embedding(7, 5))(inputs)
    model = keras.Model(inputs, SpectralNormalization(keras.layers.Dense(3))(embedded))
    assert len(find_spectral_layers(model)) == 2
    table = find_spectral_layers(model)[0].layer.embeddings.numpy()
    top = np.linalg.svd(table, compute_uv=False)[0]
    submodel = keras.Model(inputs, embedded)
    np.testing.assert_allclose(submodel(np.arange(7)), table / top, rtol=1e-2, atol=1e-4)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(np.arange(7)), model(np.arange(7)))


def test_other_layers_are_refused():
    with pytest.raises(ValueError, match="not BatchNormalization"):
        SpectralNormalization(keras.layers.BatchNormalization())


def test_mixed_precision_keeps_sigma_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        layer = SpectralNormalization(keras.layers.Dense(6, use_bias=False))
        model = keras.Sequential([keras.Input((12,)), layer])
        with tf.GradientTape() as tape:
            outputs = model(tf.random.normal((4, 12)), training=True)
        assert outputs.dtype == tf.bfloat16 and layer.u.numpy().dtype == np.float32
        assert tape.gradient(outputs, layer.layer.kernel) is not None
        layer.power_iteration()
        assert float(layer.sigma()) == pytest.approx(np.linalg.norm(layer.layer.kernel.numpy(), 2), rel=1e-2)
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.mark.slow
def test_an_averaged_generator_is_divided_by_the_norm_of_its_own_averaged_kernels():
    keras.utils.set_random_seed(3)
    changes = {"spectral_norm": "both", "ema_decay": 0.9, "g_learning_rate": 0.1, "image_size": 8, "latent_dim": 4,
               "g_width": 4, "d_width": 4}  # fmt: skip
    gan = DCGAN(BENDALE.override(changes).settings)
    data = tf.random.stateless_uniform((8, 8, 8, 3), (7, 8), -1.0, 1.0), tf.zeros(8, tf.int32)
    for _ in range(30):
        gan.train_step(data)
    for layer in find_spectral_layers(gan.ema_generator):
        assert float(layer.sigma()) == pytest.approx(np.linalg.svd(matrix(layer.layer), compute_uv=False)[0], rel=0.02)
