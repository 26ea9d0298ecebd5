"""Losses at hand-computed points, and the signs of G's gradients."""

import math

import pytest
import tensorflow as tf

from common.losses import LOSSES, PLAIN, Targets, get_loss
from sagan.wrong_sign import wrong_sign

REAL, FAKE = tf.constant([[0.0], [2.0]]), tf.constant([[-1.0], [0.5]])


def softplus(x):
    return math.log1p(math.exp(x))


def mean(*values):
    return sum(values) / len(values)


EXPECTED = {
    "bce": (mean(softplus(0), softplus(-2)) + mean(softplus(-1), softplus(0.5)), mean(softplus(1), softplus(-0.5))),
    "hinge": (mean(1, 0) + mean(0, 1.5), 0.25),
    "wasserstein": (-0.25 - 1.0, 0.25),
    "least-squares": ((mean(1, 1) + mean(1, 0.25)) / 2, mean(4, 0.25) / 2),
    # real - mean(fake) = 0.25, 2.25; fake - mean(real) = -2, -0.5
    "relativistic": (
        mean(softplus(-0.25), softplus(-2.25)) + mean(softplus(-2), softplus(-0.5)),
        mean(softplus(0.25), softplus(2.25)) + mean(softplus(2), softplus(0.5)),
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_values_at_a_hand_computed_point(name):
    d_loss, g_loss = get_loss(name)(REAL, FAKE)
    assert (float(d_loss), float(g_loss)) == pytest.approx(EXPECTED[name], rel=1e-6)


@pytest.mark.parametrize("name", LOSSES)
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
    with pytest.raises(ValueError, match="bce, hinge, wasserstein, least-squares, relativistic"):
        get_loss("mse")


def test_the_wrong_sign_is_that_of_g_alone():
    d_loss, g_loss = wrong_sign(REAL, FAKE, PLAIN)
    assert (float(d_loss), float(g_loss)) == pytest.approx((-0.25 - 1.0, -0.25))
