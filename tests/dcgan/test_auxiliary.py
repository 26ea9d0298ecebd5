"""The auxiliary classifier of D: its loss, whom it reaches, and that the logit knows nothing of the label."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from common.errors import UserError
from common.losses import LOSSES, PLAIN, with_classifier
from csagan.recipes import RECIPES as CSAGAN
from dcgan.model import DCGAN
from dcgan.recipes import BENDALE, RECIPES

SMALL = {"g_width": 4, "d_width": 4, "batch_size": 4, "image_size": 8, "latent_dim": 4, "dropout": 0,
         "g_condition": "latent", "d_condition": "classifier", "auxiliary": 2.0}  # fmt: skip
LABELS = tf.constant([0, 1, 2, 1])


def small_gan(**changes):
    keras.utils.set_random_seed(1)
    return DCGAN(BENDALE.override(SMALL | changes).settings, 3)


def images(seed=0):
    return tf.random.stateless_uniform((4, 8, 8, 3), (seed, 1), -1, 1)


@pytest.mark.parametrize("name", LOSSES)
def test_the_loss_is_the_plain_one_and_the_weighted_cross_entropies(name):
    real, fake = (tf.random.stateless_normal((5, 2), (seed, 0)) for seed in (1, 2))
    d_loss, g_loss = LOSSES[name](real[:, :1], fake[:, :1])
    ours = with_classifier(LOSSES[name], 3.0)
    of_reals, of_fakes = (3 * float(tf.reduce_mean(scores[:, 1])) for scores in (real, fake))
    np.testing.assert_allclose(ours(real, fake), [d_loss + of_reals + of_fakes, g_loss + of_fakes], rtol=1e-5)
    if ours.apart:  # D's term of each batch alone, and G's
        np.testing.assert_allclose(ours.apart(real, 1.0) + ours.apart(fake, 0.0), ours(real, fake, PLAIN)[0], rtol=1e-5)
        np.testing.assert_allclose(ours.apart(fake, 1.0), ours(real, fake, PLAIN)[1], rtol=1e-5)
    assert (ours.apart is None) == (LOSSES[name].apart is None)
    from_reals = with_classifier(LOSSES[name], 3.0, from_fakes=False)
    np.testing.assert_allclose(from_reals(real, fake), [d_loss + of_reals, g_loss + of_fakes], rtol=1e-5)
    assert from_reals.apart is None


def test_d_tells_the_label_from_the_image_alone():
    discriminator = small_gan().discriminator
    all_labels = [discriminator([images(), tf.fill(4, label)]).numpy() for label in range(3)]
    for scores in all_labels[1:]:
        np.testing.assert_array_equal(scores[:, 0], all_labels[0][:, 0])
    chances = np.exp(-np.stack(all_labels)[..., 1])  # cross-entropy of each label: together they are a distribution
    np.testing.assert_allclose(chances.sum(0), 1, rtol=1e-5)


@pytest.mark.parametrize(
    "update, learns_from",
    [("simultaneous", "both"), ("alternating", "both"), ("staged", "both"), ("simultaneous", "reals")],
)
def test_it_is_learned_on_reals_and_teaches_g_its_labels(update, learns_from):
    """On images of one colour a class: the classifier learns them from reals, and G, from it, its own labels."""
    gan = small_gan(update=update, auxiliary_from=learns_from, g_learning_rate=5e-3, d_learning_rate=5e-3,
                    optimizer="adam", beta_1=0.5, fake_labels="real")  # fmt: skip
    colours = tf.constant([[0.8, -0.8, 0.0], [-0.8, 0.8, 0.0], [0.0, 0.0, 0.9]])
    real = tf.tile(tf.gather(colours, LABELS)[:, None, None], (1, 8, 8, 1))

    def cross_entropies():
        fake = gan.generator([tf.random.stateless_normal((4, 4), (0, 1)), LABELS], training=True)
        scores = (gan.discriminator([shown, LABELS], training=True) for shown in (real, fake))
        return [float(tf.reduce_mean(score[:, 1])) for score in scores]

    before, step = cross_entropies(), tf.function(gan.train_step)
    for _ in range(40):
        step((real, LABELS))
    assert all(after < 0.5 * old for after, old in zip(cross_entropies(), before, strict=True))


def test_penalties_are_of_the_logit_alone():
    """What R1 adds to D's loss: its weight of 2 is halved by its definition."""
    with_it, without = (small_gan(r1=r1)._score_both(images(), LABELS, images(1), LABELS, PLAIN)[0] for r1 in (2, 0))
    points, discriminator = tf.Variable(images()), small_gan().discriminator
    with tf.GradientTape() as tape:
        logits = discriminator([points, LABELS], training=True)[:, 0]
    expected = tf.reduce_mean(tf.reduce_sum(tape.gradient(logits, points) ** 2, axis=(1, 2, 3)))
    assert float(with_it - without) == pytest.approx(float(expected), rel=1e-3) and expected > 1e-2


def test_the_weight_and_the_classifier_need_each_other():
    for changes in ({"auxiliary": 0}, {"d_condition": "image"}):
        with pytest.raises(UserError, match="both or neither"):
            small_gan(**changes)
    for recipe in (RECIPES["hamed"], RECIPES["desai"], CSAGAN["hamed"]):
        with pytest.raises(UserError, match="both or neither"):
            recipe.override({"auxiliary": 1})


def test_a_classifier_that_learns_from_reals_alone_is_told_nothing_by_fakes():
    def gradients(learns_from):
        gan = small_gan(auxiliary_from=learns_from)
        (kernel,) = (v for v in gan.discriminator.trainable_variables if v.shape[-1] == 3 and len(v.shape) == 2)
        with tf.GradientTape(persistent=True) as tape:
            real, fake = (gan.discriminator([images(seed), LABELS], training=True) for seed in (0, 1))
            d_loss, _ = gan.adversarial_loss(real, fake, PLAIN)
            of_reals = 2.0 * tf.reduce_mean(real[:, 1])
        return tape.gradient(d_loss, kernel), tape.gradient(of_reals, kernel)

    np.testing.assert_allclose(*gradients("reals"), rtol=1e-5)
    d_loss, of_reals = gradients("both")
    assert np.abs(d_loss - of_reals).max() > 1e-3


@pytest.mark.parametrize("changes", [{"update": "staged"}, {"update": "alternating", "replay": "naive"},
                                     {"auxiliary": 0.0, "d_condition": "image"}])  # fmt: skip
def test_learning_from_reals_alone_needs_reals_and_fakes_together(changes):
    with pytest.raises(UserError, match="auxiliary_from=reals needs"):
        small_gan(auxiliary_from="reals", **changes)
