"""Losses at hand-computed points, and the signs of G's gradients."""

import math
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from common import losses
from common.errors import UserError
from common.losses import LOSSES, PLAIN, Loss, Targets, clamped_cross_entropy, cross_entropy, get_loss
from dcgan.model import DCGAN
from dcgan.recipes import BENDALE
from tests.helpers import ROOT

REAL, FAKE = tf.constant([[0.0], [2.0]]), tf.constant([[-1.0], [0.5]])


def softplus(x):
    return math.log1p(math.exp(x))


def mean(*values):
    return sum(values) / len(values)


EXPECTED = {
    "bce": (mean(softplus(0), softplus(-2)) + mean(softplus(-1), softplus(0.5)), mean(softplus(1), softplus(-0.5))),
    "minimax": (
        mean(softplus(0), softplus(-2)) + mean(softplus(-1), softplus(0.5)),
        -mean(softplus(-1), softplus(0.5)),
    ),
    "hinge": (mean(1, 0) + mean(0, 1.5), 0.25),
    "wasserstein": (-0.25 - 1.0, 0.25),
    "wasserstein-wrong-sign": (-0.25 - 1.0, -0.25),
    "least-squares": ((mean(1, 1) + mean(1, 0.25)) / 2, mean(4, 0.25) / 2),
    # real - mean(fake) = 0.25, 2.25; fake - mean(real) = -2, -0.5
    "relativistic": (
        mean(softplus(-0.25), softplus(-2.25)) + mean(softplus(-2), softplus(-0.5)),
        mean(softplus(0.25), softplus(2.25)) + mean(softplus(2), softplus(0.5)),
    ),
}
EXPECTED["bce-clamped"] = EXPECTED["bce"]  # no clamp at logits like these
# D's with targets of 0.9 and 0.2; a cross-entropy is softplus(logit) - target * logit.
SMOOTHED = dict.fromkeys(
    ("bce", "bce-clamped", "minimax"),
    mean(softplus(0), softplus(2) - 1.8) + mean(softplus(-1) + 0.2, softplus(0.5) - 0.1),
) | {
    "wasserstein": 0.8 * -0.25 - 0.9 * 1.0,
    "wasserstein-wrong-sign": 0.8 * -0.25 - 0.9 * 1.0,
    "least-squares": (mean(0.9**2, 1.1**2) + mean(1.2**2, 0.3**2)) / 2,
}


@pytest.mark.parametrize("name", LOSSES)
def test_values_at_a_hand_computed_point(name):
    d_loss, g_loss = get_loss(name)(REAL, FAKE)
    assert (float(d_loss), float(g_loss)) == pytest.approx(EXPECTED[name], rel=1e-6)


@pytest.mark.parametrize("name", sorted(LOSSES.keys() - {"wasserstein-wrong-sign"}))
def test_g_wants_higher_scores_of_fakes_and_d_lower(name):
    real, fake = tf.constant([[0.1], [0.6]]), tf.constant([[0.3], [0.8]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([real, fake])
        d_loss, g_loss = get_loss(name)(real, fake)
    assert (tape.gradient(g_loss, fake).numpy() < 0).all()
    assert (tape.gradient(d_loss, fake).numpy() > 0).all()
    assert (tape.gradient(d_loss, real).numpy() < 0).all()


def test_smoothing_moves_only_the_side_it_names():
    def best_logit(side, **targets):
        """The logit at which D's loss on that side is least: its derivative there is zero."""
        target = Targets(**targets)._asdict()[side]
        logit = tf.constant([[math.log(target / (1 - target))]])
        far = tf.constant([[0.0]])
        pair = (logit, far) if side == "real" else (far, logit)
        with tf.GradientTape() as tape:
            tape.watch(logit)
            d_loss, _ = get_loss("bce")(*pair, Targets(**targets))
        return abs(tape.gradient(d_loss, logit).numpy().item())

    assert best_logit("real", real=0.9) < 1e-6
    assert best_logit("fake", real=0.9, fake=0.1) < 1e-6
    plain, smoothed = get_loss("bce")(REAL, FAKE), get_loss("bce")(REAL, FAKE, Targets(real=0.9))
    assert float(smoothed[1]) == float(plain[1])  # G's own target is never smoothed
    assert float(smoothed[0]) == pytest.approx(float(plain[0]) + 0.1 * 1.0, rel=1e-6)  # 0.1 x mean real logit


def test_unknown_loss_names_the_known_ones():
    with pytest.raises(ValueError, match=", ".join(LOSSES)):
        get_loss("mse")


@pytest.mark.parametrize("name", [name for name, loss in LOSSES.items() if loss.apart])
def test_a_loss_that_can_be_taken_apart_is_the_sum_of_its_terms(name):
    loss = get_loss(name)
    targets = Targets(0.9, 0.2, 1.0) if loss.soft_targets else PLAIN
    d_loss, g_loss = loss(REAL, FAKE, targets)
    terms = loss.apart(REAL, targets.real) + loss.apart(FAKE, targets.fake)
    assert float(terms) == pytest.approx(float(d_loss), rel=1e-6)
    assert float(loss.apart(FAKE, 1.0)) == pytest.approx(float(g_loss), rel=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_targets_change_d_s_losses_that_say_so_alone_and_none_of_g(name):
    loss, (plain, of_g) = LOSSES[name], EXPECTED[name]
    found = [float(part) for part in loss(REAL, FAKE, Targets(0.9, 0.2, 1.0))]
    assert found == pytest.approx([SMOOTHED.get(name, plain), of_g], rel=1e-6)
    assert loss.has_targets == (name in SMOOTHED) and (loss.has_targets or not (loss.soft_targets or loss.apart))


def test_a_new_loss_is_one_function_and_one_row(monkeypatch):
    def exponential(real_logits, fake_logits, targets=PLAIN):
        """AdaBoost's."""
        return (
            tf.reduce_mean(tf.exp(-real_logits)) + tf.reduce_mean(tf.exp(fake_logits)),
            tf.reduce_mean(tf.exp(-fake_logits)),
        )

    tiny = {"image_size": "8", "latent_dim": "4", "g_width": "2", "d_width": "2", "batch_size": "4",
            "initializer": "normal"}  # fmt: skip
    with pytest.raises(UserError, match="loss=exponential is not one of bce"):
        BENDALE.override(tiny | {"loss": "exponential"})
    monkeypatch.setitem(losses.LOSSES, "exponential", Loss(exponential))
    recipe = BENDALE.override(tiny | {"loss": "exponential"})
    keras.utils.set_random_seed(0)
    gan = DCGAN(recipe.settings)
    before = [gan.generator.get_weights(), gan.discriminator.get_weights()]
    trained = tf.function(gan.train_step)((tf.random.stateless_uniform((4, 8, 8, 3), (0, 0)), tf.zeros(4, tf.int32)))
    assert float(trained["d_loss"]) == pytest.approx(2.0, rel=0.1)  # two times exp(0): the first logits are small
    assert float(trained["g_loss"]) == pytest.approx(1.0, rel=0.1)
    after = [gan.generator.get_weights(), gan.discriminator.get_weights()]
    assert all(not np.array_equal(a[0], b[0]) for a, b in zip(before, after, strict=True))
    with pytest.raises(UserError, match="no meaning for loss=exponential; it has no targets"):
        recipe.override({"real_target": "0.9"} | recipe.changed)
    with pytest.raises(UserError, match="update=staged needs loss=bce or "):
        recipe.override({"update": "staged"} | recipe.changed)


def test_names_are_known_before_tensorflow_is_there():
    code = "import sys, common.losses, common.optimizers; assert not {'tensorflow', 'keras'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_clamped_cross_entropy_equals_that_of_logits_until_a_probability_reaches_its_end():
    logits = tf.constant([[-6.0], [-1.0], [0.5], [7.0]])
    for target in (0.0, 0.3, 1.0):
        clamped = float(clamped_cross_entropy(logits, target))
        assert clamped == pytest.approx(float(cross_entropy(logits, target)), rel=1e-4)


def test_a_dead_discriminator_costs_27_6_and_learns_nothing():
    """The plateau of Hamed's report: D takes fakes for real without a doubt, its loss is -log(1e-12) and G's is 0."""
    sure = tf.Variable([[40.0], [60.0]])
    with tf.GradientTape() as tape:
        d_loss, g_loss = tf.function(get_loss("bce-clamped"))(sure, sure)
    assert float(d_loss) == pytest.approx(27.631, abs=1e-3) and float(g_loss) == pytest.approx(0, abs=1e-6)
    assert not tape.gradient(d_loss, sure).numpy().any()
    with tf.GradientTape() as tape:
        d_loss, _ = get_loss("bce")(sure, sure)
    assert tape.gradient(d_loss, sure).numpy().all()
