"""What keeps a critic Lipschitz: the gradient penalty, clipping, several D steps, spectral norms in the step."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from common.errors import UserError
from common.gan import GAN
from common.gradient_penalty import GradientPenalties, gradient_penalty, points_between
from common.spectral_norm import SpectralNormalization, find_spectral_layers
from dcgan.model import DCGAN
from dcgan.recipes import BENDALE

SMALL = {"g_width": 4, "d_width": 4, "batch_size": 4, "dropout": 0, "loss": "wasserstein", "update": "alternating"}


def settings(**changes):
    return BENDALE.override(SMALL | changes).settings


def images(count=4, seed=0):
    return tf.random.stateless_uniform((count, 32, 32, 3), (seed, 1), -1, 1)


def small_critic():
    keras.utils.set_random_seed(4)
    return keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(5, "tanh"),
                             keras.layers.Dense(1)])  # fmt: skip


def numeric_penalty(critic, real, fake, share):
    """The same by central differences in every pixel, in float64."""
    first, second = critic.layers[1], critic.layers[2]
    w1, b1, w2, b2 = (v.numpy().astype(float) for v in [*first.variables, *second.variables])

    def score(flat):
        return (np.tanh(flat @ w1 + b1) @ w2 + b2)[:, 0]

    between = (share * real + (1 - share) * fake).reshape(len(real), -1).astype(float)
    gradient = np.empty_like(between)
    for pixel in range(between.shape[1]):
        step = np.zeros(between.shape[1])
        step[pixel] = 1e-5
        gradient[:, pixel] = (score(between + step) - score(between - step)) / 2e-5
    return ((np.linalg.norm(gradient, axis=1) - 1) ** 2).mean()


def test_gradient_penalty_and_its_gradient_equal_finite_differences():
    critic = small_critic()
    real, fake = (tf.random.stateless_normal((3, 4, 4, 3), (seed, 7)) for seed in (1, 2))
    seed, twin = keras.random.SeedGenerator(5), keras.random.SeedGenerator(5)
    share = keras.random.uniform((3, 1, 1, 1), seed=twin).numpy()
    assert (share >= 0).all() and (share <= 1).all() and len(set(share.ravel())) == 3
    with tf.GradientTape() as tape:
        penalty = gradient_penalty(critic, points_between(real, fake, seed))
    kernel = critic.layers[1].kernel
    gradient = tape.gradient(penalty, kernel).numpy()
    assert float(penalty) == pytest.approx(numeric_penalty(critic, real.numpy(), fake.numpy(), share), rel=1e-4)
    for index in [(0, 0), (20, 3), (47, 4)]:
        values, step = kernel.numpy(), np.zeros(kernel.shape, np.float32)
        step[index] = 1e-2
        ends = []
        for sign in (1, -1):
            kernel.assign(values + sign * step)
            ends.append(numeric_penalty(critic, real.numpy(), fake.numpy(), share))
        kernel.assign(values)
        assert gradient[index] == pytest.approx((ends[0] - ends[1]) / 2e-2, rel=2e-2, abs=1e-4)


def test_one_point_share_a_batch_is_hamed_s_slip():
    real, fake = tf.zeros((5, 4, 4, 3)), tf.ones((5, 4, 4, 3))
    recipes = (settings(gradient_penalty=10, penalty_points=points) for points in ("batch", "image"))
    one, each = (GradientPenalties(recipe).points(real, fake, 3).numpy()[:, 0, 0, 0] for recipe in recipes)
    assert len(set(one)) == 1 and len(set(each)) == 5


@pytest.mark.parametrize(("penalty", "r1"), [(10, 0), (0, 4), (10, 4)])
def test_each_penalty_has_its_own_weight(penalty, r1):
    """Of a critic w . x, whose gradient is w wherever it is taken."""
    penalties, w = GradientPenalties(settings(gradient_penalty=penalty, r1=r1)), tf.fill((4, 4, 3), 0.25)
    found = penalties(lambda x: tf.reduce_sum(w * x, (1, 2, 3))[:, None], images(2)[:, :4, :4],
                      penalties.points(images(2)[:, :4, :4], images(2, 1)[:, :4, :4], 3), None)  # fmt: skip
    norm = 0.25 * np.sqrt(48)
    assert float(found) == pytest.approx(penalty * (norm - 1) ** 2 + r1 / 2 * norm**2, rel=1e-5)


@pytest.mark.parametrize("real_term", ["real", "penalty-points"])
def test_the_real_term_is_of_the_reals_or_of_the_penalty_s_points(real_term):
    gan = DCGAN(settings(gradient_penalty=10, real_term=real_term))
    seen, score = [], gan.score
    gan.score = lambda x, *rest, **named: seen.append(x) or score(x, *rest, **named)
    real = images(4)
    gan._score_both(real, tf.zeros(4, tf.int32), -real, tf.zeros(4, tf.int32), gan.targets.plain, seed=0)
    assert np.array_equal(seen[0], real) == (real_term == "real")
    assert np.array_equal(seen[0], seen[2]) == (real_term != "real")


def test_a_flat_critic_has_a_finite_gradient():
    critic = small_critic()
    critic.layers[1].kernel.assign(tf.zeros_like(critic.layers[1].kernel))
    with tf.GradientTape() as tape:
        penalty = gradient_penalty(critic, points_between(tf.zeros((2, 4, 4, 3)), tf.ones((2, 4, 4, 3)), 0))
    assert float(penalty) == pytest.approx(1, abs=1e-4)
    assert np.isfinite(tape.gradient(penalty, critic.layers[1].kernel)).all()


def test_d_steps_show_d_other_reals_and_fakes_each_time_and_update_g_once():
    gan = DCGAN(settings(d_steps=3))
    seen, score = [], gan.score
    gan.score = lambda x, *rest, **named: seen.append(x.numpy()) or score(x, *rest, **named)
    gan.train_step((images(12), tf.zeros(12, tf.int32)))
    assert (int(gan.d_optimizer.iterations), int(gan.g_optimizer.iterations)) == (3, 1)
    *pairs, of_g = seen
    np.testing.assert_array_equal(np.concatenate(pairs[::2]), images(12))
    assert len({fake.tobytes() for fake in pairs[1::2]}) == 3 and np.array_equal(of_g, pairs[-1])
    with pytest.raises(UserError, match="needs update=alternating"):
        settings(d_steps=2, update="simultaneous")


def test_clipping_bounds_every_weight_of_d_and_none_of_g():
    gan = DCGAN(settings(clip=0.01, d_learning_rate=0.1))
    gan.train_step((images(), tf.zeros(4, tf.int32)))
    assert max(np.abs(v).max() for v in gan.discriminator.trainable_variables) == pytest.approx(0.01)
    assert max(np.abs(v).max() for v in gan.generator.trainable_variables) > 0.05


@pytest.mark.parametrize("update", ["simultaneous", "alternating"])
def test_the_penalty_reaches_d_and_not_g(update, monkeypatch):
    def gradients(weight):
        keras.utils.set_random_seed(1)
        gan, kept = DCGAN(settings(gradient_penalty=weight, update=update)), {}
        monkeypatch.setattr(gan.d_optimizer, "apply", lambda grads, variables: kept.update(d=grads))
        monkeypatch.setattr(gan.g_optimizer, "apply", lambda grads, variables: kept.update(g=grads))
        gan.train_step((images(), tf.zeros(4, tf.int32)))
        return kept

    without, with_it = gradients(0), gradients(10)
    assert not np.allclose(without["d"][0], with_it["d"][0])
    for a, b in zip(without["g"], with_it["g"], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-7)


def test_spectral_norms_move_once_an_update_of_d_and_not_for_g():
    keras.utils.set_random_seed(1)
    inner = keras.layers.Conv2D(4, 4, 2, padding="same")
    discriminator = keras.Sequential([keras.Input((32, 32, 3)), SpectralNormalization(inner), keras.layers.Flatten(),
                                      SpectralNormalization(keras.layers.Dense(1))])  # fmt: skip
    generator = DCGAN(settings()).generator
    gan = GAN(generator, discriminator, settings(d_steps=2, d_learning_rate=0.01))
    calls = []
    for layer in gan.spectral_layers:
        original = layer.power_iteration
        layer.power_iteration = lambda original=original: (calls.append(1), original())
    gan.train_step((images(8), tf.zeros(8, tf.int32)))
    assert len(calls) == 2 * len(gan.spectral_layers) == 4
    x = images()
    assert (discriminator(x, training=True).numpy() == discriminator(x, training=True).numpy()).all()
    step = tf.function(gan.train_step)
    for seed in range(100):
        step((images(8, seed), tf.zeros(8, tf.int32)))
    kernel = inner.kernel.numpy().reshape(-1, 4)
    sigma = float(gan.spectral_layers[0].sigma())
    assert np.linalg.svd(kernel, compute_uv=False)[0] / sigma == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(("update", "iterations"), [("simultaneous", 1), ("alternating", 1), ("staged", 2)])
def test_the_power_method_goes_on_in_both_networks_once_an_update_of_d(update, iterations):
    """From a vector that is none of the kernel's own; the kernels stay."""
    gan = DCGAN(settings(update=update, spectral_norm="both", g_learning_rate=0, d_learning_rate=0))
    layers = find_spectral_layers(gan.generator) + find_spectral_layers(gan.discriminator)
    assert len(layers) == 8
    for layer in layers:
        layer.u.assign(np.full(layer.u.shape, layer.u.shape[0] ** -0.5))
    gan.train_step((images(), tf.zeros(4, tf.int32)))
    for layer in layers:
        matrix, u = layer._matrix().numpy(), np.ones(layer.u.shape)
        for _ in range(iterations):
            u = matrix @ (matrix.T @ u)
        np.testing.assert_allclose(layer.u, u / np.linalg.norm(u), rtol=1e-3, atol=1e-4)
