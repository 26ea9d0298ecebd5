"""What any recipe can add by a setting: R1, lazy penalties, a falling learning rate, an average that warms up."""

from collections import Counter

import keras
import numpy as np
import pytest
import tensorflow as tf

from common.errors import UserError
from common.gradient_penalty import r1
from common.recipe import Recipe
from common.run.run_folder import RunFolder
from common.system.fields import defaults
from dcgan.model import DCGAN
from dcgan.recipes import BENDALE

SMALL = {"g_width": 2, "d_width": 2, "batch_size": 4, "image_size": 8, "latent_dim": 4, "dropout": 0,
         "optimizer": "adam", "update": "alternating"}  # fmt: skip
NONE = {"augment": "none", "r1": 0, "penalty_every": 1, "decay_from": 1, "ema_warmup": False}
ALL = {"augment": "color+translation+cutout", "r1": 1, "penalty_every": 2, "decay_from": 0.5, "ema_decay": 0.9,
       "ema_warmup": True, "epochs": 3, "steps_per_epoch": 2}  # fmt: skip


def settings(**changes):
    return BENDALE.override(SMALL | changes).settings


def small_gan(**changes):
    keras.utils.set_random_seed(1)
    return DCGAN(settings(**changes))


def batch(seed=0, count=4):
    return tf.random.stateless_uniform((count, 8, 8, 3), (seed, 1), -1, 1), tf.zeros(count, tf.int32)


def d_gradients(monkeypatch, steps=1, **changes):
    """What reaches D's optimizer in each step, with weights that stay as they are."""
    gan, kept = small_gan(**changes), []
    monkeypatch.setattr(gan.d_optimizer, "apply", lambda gradients, variables: kept.append(gradients))
    monkeypatch.setattr(gan.g_optimizer, "apply", lambda gradients, variables: None)
    for _ in range(steps):
        gan.latent_seed.state.assign([0, 0])
        gan.train_step(batch())
    return kept


def test_r1_and_its_gradient_equal_those_of_a_quadratic_critic():
    """Of x' A x with a symmetric A the gradient is 2 A x, so R1 is 2 |A x|^2, and its gradient in A known too."""
    random = np.random.default_rng(0)
    x, a = random.normal(size=(5, 2, 2, 3)).astype("float32"), random.normal(size=(12, 12)).astype("float32")
    flat, matrix = x.reshape(5, 12), tf.Variable(a + a.T)

    def critic(images):
        rows = tf.reshape(images, (5, 12))
        return tf.reduce_sum(rows * (rows @ matrix), axis=1, keepdims=True)

    with tf.GradientTape() as tape:
        penalty = r1(critic, tf.constant(x))
    expected = 2 * (flat @ (a + a.T)) ** 2
    assert float(penalty) == pytest.approx(expected.sum(1).mean(), rel=1e-5)
    gradient = tape.gradient(penalty, matrix).numpy()
    outer = np.einsum("bi,bj->ij", flat, flat @ (a + a.T)) * 2 / 5
    np.testing.assert_allclose(gradient, outer + outer.T, rtol=1e-4, atol=1e-4)


def test_r1_is_a_term_of_d_s_loss_at_the_reals(monkeypatch):
    (without,), (with_it,) = d_gradients(monkeypatch), d_gradients(monkeypatch, r1=30)
    gan, (real, _) = small_gan(), batch()
    with tf.GradientTape() as tape:
        penalty = 30 * r1(lambda x: gan.discriminator(x, training=True), real)
    variables = gan.discriminator.trainable_variables
    found = tape.gradient(penalty, variables)  # None for the last bias, which moves no gradient
    expected = [np.zeros(v.shape) if term is None else term.numpy() for v, term in zip(variables, found, strict=True)]
    assert any(np.abs(term).max() > 1e-3 for term in expected)
    for a, b, term in zip(without, with_it, expected, strict=True):
        np.testing.assert_allclose(b - a, term, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("penalty", [{"r1": 10}, {"loss": "wasserstein", "gradient_penalty": 10}], ids=str)
def test_a_lazy_penalty_comes_every_kth_step_and_k_times_as_strong(penalty, monkeypatch):
    weight = {name: value for name, value in penalty.items() if name != "loss"}
    lazy = d_gradients(monkeypatch, 4, penalty_every=3, **penalty)
    (strong,) = d_gradients(monkeypatch, **penalty | {name: 3 * value for name, value in weight.items()})
    (free,) = d_gradients(monkeypatch, **penalty | dict.fromkeys(weight, 0))
    assert not np.allclose(strong[0], free[0], atol=1e-4)
    if "r1" in penalty:  # WGAN-GP's points would be a draw more
        for ours, expected in zip(lazy, (strong, free, free, strong), strict=True):
            for a, b in zip(ours, expected, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)
    for a, b in zip(lazy[0] + lazy[1], lazy[3] + lazy[2], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)
    assert not np.allclose(lazy[0][0], lazy[1][0], atol=1e-4)


def test_a_lazy_penalty_in_a_compiled_loop_is_that_of_single_steps():
    weights = []
    for wrap in (lambda f: f, tf.function):
        gan = small_gan(r1=10, penalty_every=2, update="simultaneous")
        step = wrap(gan.train_step)
        for seed in range(3):
            step(batch(seed))
        weights.append(gan.discriminator.get_weights())
    for a, b in zip(*weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("update", ["alternating", "staged"])
def test_both_learning_rates_fall_linearly_to_0_at_the_end(update):
    gan = small_gan(decay_from=0.5, epochs=4, steps_per_epoch=2, g_learning_rate=0.01, d_learning_rate=0.02,
                    update=update)  # fmt: skip
    rates = []
    for _ in range(9):
        rates.append([float(optimizer.learning_rate) for optimizer in (gan.g_optimizer, gan.d_optimizer)])
        before = gan.discriminator.get_weights()[0], gan.generator.get_weights()[0]
        gan.train_step(batch())
    share = [1, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0]
    np.testing.assert_allclose(rates, [[0.01 * left, 0.02 * left] for left in share], rtol=1e-5)
    for old, network in zip(before, (gan.discriminator, gan.generator), strict=True):
        np.testing.assert_array_equal(old, network.get_weights()[0])


def test_a_falling_rate_needs_the_end_of_the_run():
    gan = small_gan(decay_from=0.5)
    with pytest.raises(UserError, match="decay_from needs the length of the run"):
        gan.train_step(batch())


def test_a_run_whose_rates_fall_cannot_be_given_more_epochs(tmp_path):
    def config(recipe: Recipe, **changes):
        return {"family": "dcgan", "recipe": "bendale", "settings": recipe.override(changes).record()}

    for share, grows in ((1.0, True), (0.5, False)):
        run, recipe = RunFolder(tmp_path / str(share)), BENDALE.override({"decay_from": share, "epochs": 4})
        run.create()
        run.write_config(config(recipe))
        run.check_same(config(recipe))
        if grows:
            run.check_same(config(recipe, epochs=5))
        else:
            with pytest.raises(UserError, match="epochs is 4 there and 5 here, and decay_from ties"):
                run.check_same(config(recipe, epochs=5))


def test_a_run_from_before_there_were_ingredients_goes_on(tmp_path):
    record, run = BENDALE.record(), RunFolder(tmp_path)
    younger = (*NONE, "smallest_map")  # the last one the recipe gives, as the default is
    old = {name: item for name, item in record.items() if name not in younger}
    run.write_config({"family": "dcgan", "recipe": "bendale", "settings": old})
    run.check_same({"family": "dcgan", "recipe": "bendale", "settings": record}, defaults(BENDALE.kind))
    with pytest.raises(UserError, match="r1 is 0\\.0 there and 1"):
        changed = BENDALE.override({"r1": 1}).record()
        run.check_same({"family": "dcgan", "recipe": "bendale", "settings": changed}, defaults(BENDALE.kind))


def test_ema_warms_up_from_a_short_average_to_its_decay():
    gan = small_gan(ema_decay=0.3, ema_warmup=True)
    for step in range(1, 5):
        old = gan.ema_generator.get_weights()
        gan.train_step(batch())
        decay = min(0.3, (1 + step) / (10 + step))
        assert (decay < 0.3) == (step < 3)
        for average, before, weight in zip(gan.ema_generator.get_weights(), old, gan.generator.get_weights(),
                                           strict=True):  # fmt: skip
            np.testing.assert_allclose(average, decay * before + (1 - decay) * weight, rtol=1e-4, atol=1e-6)


def test_nothing_is_added_to_the_state_of_a_run_without_them():
    def groups(**changes):
        return Counter(name.split("/")[0] for name in small_gan(**changes).state())

    assert groups(**NONE) == groups() and "steps" not in groups()
    assert groups(**ALL)["steps"] == 1


def test_two_gans_of_one_state_take_the_same_steps_with_all_of_them():
    first, second = small_gan(**ALL), small_gan(**ALL)
    for seed in range(3):
        first.train_step(batch(seed))
    for ours, theirs in zip(second.state().values(), first.state().values(), strict=True):
        ours.assign(theirs)
    for seed in range(3, 5):
        first.train_step(batch(seed))
        second.train_step(batch(seed))
    for (name, a), b in zip(first.state().items(), second.state().values(), strict=True):
        np.testing.assert_array_equal(a, b, err_msg=name)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"penalty_every": 4}, "penalty_every=4 needs a penalty"),
        ({"penalty_every": 4, "r1": 1, "jit": "true", "deterministic": "false"}, "jit=true needs penalty_every=1"),
        ({"replay": "store", "update": "alternating", "jit": "true", "deterministic": "false"}, "needs replay=none"),
        (
            {"replay": "store", "update": "alternating", "loss": "wasserstein", "fake_target": 0.2},
            "a plain target of fakes",
        ),
        ({"d_input_batch_norm": True, "d_batch_norm": False}, "d_input_batch_norm=true needs d_batch_norm=true"),
        ({"ema_warmup": True}, "ema_decay=0 is none"),
        ({"r1": 1, "update": "staged"}, "no gradient penalty"),
        ({"decay_from": 1.5}, "decay_from=1.5 is too large"),
        ({"r1": -1}, "r1=-1.0 is too small"),
    ],
)
def test_what_does_not_go_together_is_refused(changes, words):
    with pytest.raises(UserError, match=words):
        settings(**changes)
