"""The training step: its gradients against a plain reference, the order of its updates, its state."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dcgan.model import DCGAN
from dcgan.recipes import BENDALE

SMALL = {"g_width": 4, "d_width": 4, "batch_size": 8, "dropout": 0, "optimizer": "rmsprop"}


@pytest.fixture(autouse=True)
def float32():
    keras.utils.set_random_seed(1)
    yield
    keras.config.set_dtype_policy("float32")


def small_gan(**changes):
    return DCGAN(BENDALE.override(SMALL | changes).settings)


def batch(seed=0):
    images = tf.random.stateless_uniform((8, 32, 32, 3), (seed, 1), -1, 1)
    return images, tf.zeros(8, tf.int32)


def latents_of_next_step(gan):
    twin = keras.random.SeedGenerator(0)
    twin.state.assign(gan.latent_seed.state)
    return keras.random.normal((8, 100), seed=twin)


def record_gradients(gan, monkeypatch):
    """Keep what reaches the optimizers instead of applying it."""
    kept = {}
    monkeypatch.setattr(gan.d_optimizer, "apply", lambda grads, variables: kept.update(d=grads))
    monkeypatch.setattr(gan.g_optimizer, "apply", lambda grads, variables: kept.update(g=grads))
    return kept


@pytest.mark.parametrize("update", ["simultaneous", "alternating"])
def test_gradients_equal_two_independent_passes(update, monkeypatch):
    gan = small_gan(update=update)
    (real, labels), z = batch(), latents_of_next_step(gan)
    kept = record_gradients(gan, monkeypatch)
    gan.train_step((real, labels))
    bce = keras.losses.BinaryCrossentropy(from_logits=True)
    ones, zeros = tf.ones((8, 1)), tf.zeros((8, 1))
    with tf.GradientTape() as tape:
        fake = gan.generator(z, training=True)
        logits = gan.discriminator(real, training=True), gan.discriminator(fake, training=True)
        d_loss = bce(ones, logits[0]) + bce(zeros, logits[1])
    expected_d = tape.gradient(d_loss, gan.discriminator.trainable_variables)
    with tf.GradientTape() as tape:
        g_loss = bce(ones, gan.discriminator(gan.generator(z, training=True), training=True))
    expected_g = tape.gradient(g_loss, gan.generator.trainable_variables)
    for name, expected in (("d", expected_d), ("g", expected_g)):
        for ours, reference in zip(kept[name], expected, strict=True):
            np.testing.assert_allclose(ours, reference, rtol=2e-3, atol=2e-6)


def test_staged_gradients_are_of_the_reals_of_the_fakes_and_of_new_fakes_each_towards_its_target(monkeypatch):
    """1 is fake here, and 0.1 real: D's targets are smoothed, G's is not."""
    gan = small_gan(update="staged", inverted_targets=True, real_target=0.9)
    (real, labels), twin, kept = batch(), keras.random.SeedGenerator(0), []
    twin.state.assign(gan.latent_seed.state)
    for optimizer in (gan.d_optimizer, gan.g_optimizer):
        monkeypatch.setattr(optimizer, "apply", lambda grads, variables: kept.append(grads))
    gan.train_step((real, labels))
    first, new = (keras.random.normal((8, 100), seed=twin) for _ in range(2))
    bce, d, g = keras.losses.BinaryCrossentropy(from_logits=True), gan.discriminator, gan.generator
    with tf.GradientTape(persistent=True) as tape:
        losses = [bce(tf.fill((8, 1), target), d(shown, training=True)) for target, shown in (
            (0.1, real), (1.0, g(first, training=True)), (0.0, g(new, training=True)))]  # fmt: skip
    for ours, loss, network in zip(kept, losses, (d, d, g), strict=True):
        for a, b in zip(ours, tape.gradient(loss, network.trainable_variables), strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-6)


def test_alternating_g_sees_the_updated_d_and_simultaneous_does_not():
    def g_change(update, d_learning_rate):
        keras.utils.set_random_seed(1)
        gan = small_gan(update=update, d_learning_rate=d_learning_rate)
        before = gan.generator.get_weights()[0]
        gan.train_step(batch())
        return gan.generator.get_weights()[0] - before

    assert np.array_equal(g_change("simultaneous", 0.0), g_change("simultaneous", 0.01))
    assert not np.array_equal(g_change("alternating", 0.0), g_change("alternating", 0.01))


def test_alternating_relativistic_g_compares_both_by_the_updated_d(monkeypatch):
    gan = small_gan(update="alternating", loss="relativistic", d_learning_rate=0.01)
    (real, labels), z, kept = batch(), latents_of_next_step(gan), {}
    monkeypatch.setattr(gan.g_optimizer, "apply", lambda grads, variables: kept.update(g=grads))
    gan.train_step((real, labels))
    bce = keras.losses.BinaryCrossentropy(from_logits=True)
    with tf.GradientTape() as tape:
        fake = gan.discriminator(gan.generator(z, training=True), training=True)
        of_real = gan.discriminator(real, training=True)
        over_fake, over_real = of_real - tf.reduce_mean(fake), fake - tf.reduce_mean(of_real)
        loss = bce(tf.zeros((8, 1)), over_fake) + bce(tf.ones((8, 1)), over_real)
    for ours, reference in zip(kept["g"], tape.gradient(loss, gan.generator.trainable_variables), strict=True):
        np.testing.assert_allclose(ours, reference, rtol=2e-3, atol=2e-6)


@pytest.mark.parametrize("update", ["simultaneous", "alternating"])
def test_each_optimizer_moves_only_its_own_network(update):
    gan = small_gan(update=update, d_learning_rate=0.0)
    g, d = gan.generator.get_weights(), [v.numpy() for v in gan.discriminator.trainable_variables]
    gan.train_step(batch())
    assert any(not np.array_equal(a, b) for a, b in zip(g, gan.generator.get_weights(), strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(d, gan.discriminator.trainable_variables, strict=True))


def test_ema_generator_follows_all_weights_batch_norm_statistics_too():
    gan = small_gan(ema_decay=0.75)
    before = gan.generator.get_weights()
    gan.train_step(batch())
    after, average = gan.generator.get_weights(), gan.ema_generator.get_weights()
    for old, new, mean in zip(before, after, average, strict=True):
        np.testing.assert_allclose(mean, 0.75 * old + 0.25 * new, rtol=1e-5, atol=1e-7)
    assert gan.sampler is gan.ema_generator


def test_state_holds_everything_that_a_step_changes():
    """Two models with the same state take the same next step, whatever they went through before."""
    first, second = small_gan(dropout=0.5, ema_decay=0.9), small_gan(dropout=0.5, ema_decay=0.9)
    second.train_step(batch(5))
    first.train_step(batch(1))
    source, target = list(first.state().values()), list(second.state().values())
    for a, b in zip(source, target, strict=True):
        b.assign(a)
    first.train_step(batch(2))
    second.train_step(batch(2))
    for a, b in zip(source, target, strict=True):
        np.testing.assert_array_equal(a, b)


def test_keras_own_fit_drives_the_same_step():
    gan = small_gan()
    gan.compile(optimizer=None, jit_compile=False)
    images, labels = batch()
    before = gan.generator.get_weights()[0]
    history = gan.fit(tf.data.Dataset.from_tensors((images, labels)).repeat(2), epochs=2, verbose=0).history
    assert set(history) == {"d_loss", "g_loss"} and len(history["d_loss"]) == 2
    assert not np.array_equal(before, gan.generator.get_weights()[0])


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains_with_float32_images_and_logits(precision):
    keras.config.set_dtype_policy(precision)
    gan = small_gan(precision=precision)
    before = gan.generator.get_weights()[0]
    losses = gan.train_step(batch())
    fake = gan(tf.zeros((2, 100)))
    assert fake.dtype == gan.discriminator(fake).dtype == "float32"
    assert all(np.isfinite(float(value)) for value in losses.values())
    assert not np.array_equal(before, gan.generator.get_weights()[0])
    scaled = isinstance(gan.d_optimizer, keras.optimizers.LossScaleOptimizer)
    assert scaled == (precision == "mixed_float16")


@pytest.mark.parametrize("update", ["simultaneous", "alternating", "staged"])
def test_every_loss_is_scaled_in_float16(update, monkeypatch):
    """Else its small gradients are 0. What reaches an optimizer is as much larger than in float32."""
    norms = []
    for precision in ("mixed_float16", "float32"):
        keras.utils.set_random_seed(1)
        keras.config.set_dtype_policy(precision)
        gan = small_gan(update=update, precision=precision, image_size=8, g_width=2, d_width=2)
        kept = []
        for optimizer in (gan.d_optimizer, gan.g_optimizer):
            monkeypatch.setattr(optimizer, "apply", lambda gradients, _, kept=kept: kept.append(gradients))
        gan.train_step((tf.random.stateless_uniform((8, 8, 8, 3), (0, 1), -1, 1), tf.zeros(8, tf.int32)))
        norms.append(np.array([tf.linalg.global_norm(gradients) for gradients in kept]))
    assert len(norms[0]) == (3 if update == "staged" else 2)
    np.testing.assert_allclose(norms[0] / norms[1], 2**15, rtol=0.05)


def test_learns_to_tell_one_colour_from_noise():
    """A few steps on images of one colour bring G's mean colour nearer to it."""
    gan = small_gan(g_learning_rate=2e-3, d_learning_rate=2e-3, optimizer="adam", beta_1=0.5, initializer="normal")
    target = tf.tile(tf.constant([0.8, -0.8, 0.0]), [8 * 32 * 32])
    real = tf.reshape(target, (8, 32, 32, 3))
    z = tf.random.stateless_normal((64, 100), (1, 2))

    def distance():
        return float(tf.reduce_mean(tf.abs(gan.generator(z, training=True) - real[0])))

    before, step = distance(), tf.function(gan.train_step)
    for _ in range(60):
        step((real, tf.zeros(8, tf.int32)))
    assert distance() < 0.7 * before


def test_validation_losses_are_those_of_a_plain_pass_and_change_nothing():
    gan = small_gan(update="alternating", loss="wasserstein", gradient_penalty=10, d_batch_norm=False)
    state = {name: np.array(variable) for name, variable in gan.state().items()}
    first, second = gan.test_step(batch()), gan.test_step(batch())
    assert {name: float(value) for name, value in first.items()} == {
        name: float(value) for name, value in second.items()
    }
    for name, variable in gan.state().items():
        np.testing.assert_array_equal(state[name], variable)
    fake = gan.generator(tf.random.stateless_normal((8, 100), (0, 0)))
    scores = [float(tf.reduce_mean(gan.discriminator(images))) for images in (batch()[0], fake)]
    assert float(first["g_loss"]) == pytest.approx(-scores[1], abs=1e-6)
    penalty = (float(first["d_loss"]) - (scores[1] - scores[0])) / 10
    assert 0 < penalty <= 1  # an untrained critic is nearly flat: (|gradient| - 1)^2 is nearly 1


def test_validation_moves_no_state_where_a_penalty_meets_batch_norm_and_dropout():
    gan = small_gan(update="alternating", loss="wasserstein", gradient_penalty=10, dropout=0.5, d_batch_norm=True)
    weights = [weight.numpy() for weight in gan.discriminator.weights]
    dropouts = [layer.seed_generator for layer in gan.discriminator.layers if isinstance(layer, keras.layers.Dropout)]
    seeds = [np.array(seed.state) for seed in dropouts]
    assert any(weight.name == "moving_mean" for weight in gan.discriminator.weights) and seeds
    gan.test_step(batch())
    for old, new in zip(weights, gan.discriminator.weights, strict=True):
        np.testing.assert_array_equal(old, new)
    for old, new in zip(seeds, dropouts, strict=True):
        np.testing.assert_array_equal(old, new.state)
