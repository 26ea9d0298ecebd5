"""Adversarial losses: each one short callable, `loss(real_logits, fake_logits, targets) -> (d_loss, g_loss)`.

Logits are D's raw outputs, (B, 1) float32, or (B, K) of a D that says K things of an image: losses are means over all.
Both are scalars to be minimised. The graph compiler drops what a step does not use. A new loss is one function and one
row of `LOSSES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from common.system.tensorflow_import import tf  # lazily: the settings read the table before TensorFlow is there


class Targets(NamedTuple):
    """What D should say of reals and of fakes, and what G wants D to say of fakes: numbers, or tensors (B, 1).

    1 is real and 0 is fake, unless a recipe inverts them.
    """

    real: tf.Tensor | float = 1.0
    fake: tf.Tensor | float = 0.0
    generator: tf.Tensor | float = 1.0


PLAIN = Targets()
CLAMP = 1e-12


def cross_entropy(logits: tf.Tensor, target: tf.Tensor | float) -> tf.Tensor:
    """Mean binary cross-entropy of logits (B, 1) with targets in [0, 1], a number or (B, 1)."""
    target = tf.broadcast_to(tf.cast(target, logits.dtype), tf.shape(logits))
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(target, logits))


def bce(real_logits, fake_logits, targets=PLAIN):
    """Binary cross-entropy with the non-saturating generator loss (Goodfellow et al., 1406.2661)."""
    d_loss = cross_entropy(real_logits, targets.real) + cross_entropy(fake_logits, targets.fake)
    return d_loss, cross_entropy(fake_logits, targets.generator)


def clamped_cross_entropy(logits: tf.Tensor, target: tf.Tensor | float) -> tf.Tensor:
    """Mean binary cross-entropy of the probabilities of logits (B, 1), none below 1e-12 in a logarithm.

    As PyTorch's old BCELoss had it. A float32 probability that has reached 0 or 1 costs at most -log(1e-12) = 27.6 and
    passes no gradient on: a discriminator that sure can no longer learn. The cross-entropy of logits has no such end.
    """
    probability = tf.sigmoid(logits)
    real, fake = (tf.math.log(tf.maximum(p, CLAMP)) for p in (probability, 1.0 - probability))
    return -tf.reduce_mean(target * real + (1.0 - target) * fake)


def bce_clamped(real_logits, fake_logits, targets=PLAIN):
    """The loss `bce` on clamped probabilities."""
    d_loss = clamped_cross_entropy(real_logits, targets.real) + clamped_cross_entropy(fake_logits, targets.fake)
    return d_loss, clamped_cross_entropy(fake_logits, targets.generator)


def minimax(real_logits, fake_logits, targets=PLAIN):
    """The original game (1406.2661, equation 1): G minimises what D maximises, and learns little while D is sure."""
    d_loss = cross_entropy(real_logits, targets.real) + cross_entropy(fake_logits, targets.fake)
    return d_loss, -cross_entropy(fake_logits, 1.0 - targets.generator)  # of the hard target, whatever D's are


def hinge(real_logits, fake_logits, targets=PLAIN):
    """Hinge loss (1705.02894, as in SAGAN, 1805.08318). It has no targets."""
    d_loss = tf.reduce_mean(tf.nn.relu(1.0 - real_logits)) + tf.reduce_mean(tf.nn.relu(1.0 + fake_logits))
    return d_loss, -tf.reduce_mean(fake_logits)


def wasserstein(real_logits, fake_logits, targets=PLAIN):
    """Wasserstein critic loss (1701.07875); the critic has to be kept Lipschitz by other means.

    Smoothed targets weigh its two terms, as they do where the loss is written as the mean of label times score.
    """
    fake_score = tf.reduce_mean(fake_logits)
    d_loss = (1.0 - targets.fake) * fake_score - targets.real * tf.reduce_mean(real_logits)
    return d_loss, -fake_score


def wasserstein_wrong_sign(real_logits, fake_logits, targets=PLAIN):
    """Wasserstein loss of D, and of G the opposite of its own: it lowers the score of its fakes. A slip to study."""
    d_loss, g_loss = wasserstein(real_logits, fake_logits, targets)
    return d_loss, -g_loss


def mean_score(logits: tf.Tensor, target: tf.Tensor | float) -> tf.Tensor:
    """A term of the Wasserstein loss: minus the mean score where the target is 1, plus where it is 0."""
    return (1.0 - 2.0 * target) * tf.reduce_mean(logits)


def least_squares(real_logits, fake_logits, targets=PLAIN):
    """Least squares GAN (1611.04076, equation 2 with a = 0, b = c = 1, up to a factor 1/2 on both losses)."""
    d_loss = tf.reduce_mean((real_logits - targets.real) ** 2) + tf.reduce_mean((fake_logits - targets.fake) ** 2)
    return d_loss / 2, tf.reduce_mean((fake_logits - targets.generator) ** 2) / 2


def relativistic(real_logits, fake_logits, targets=PLAIN):
    """Relativistic average GAN (1807.00734, equations 13 and 14). It has no targets."""
    real_over_fake = real_logits - tf.reduce_mean(fake_logits)
    fake_over_real = fake_logits - tf.reduce_mean(real_logits)
    d_loss = cross_entropy(real_over_fake, 1.0) + cross_entropy(fake_over_real, 0.0)
    g_loss = cross_entropy(real_over_fake, 0.0) + cross_entropy(fake_over_real, 1.0)
    return d_loss, g_loss


@dataclass(frozen=True)
class Loss:
    """A row of `LOSSES`: a callable as above, and what the rules between settings ask of it.

    Args:
        both: `(real_logits, fake_logits, targets) -> (d_loss, g_loss)`.
        has_targets: `real_target` and `fake_target` change it.
        soft_targets: a target may be anything in [0, 1], and 1 - t is its opposite: noise, flips and inversion.
        apart: `(logits, target) -> scalar`, the term of one batch, where the losses of D and G are sums of such: D can
            be shown reals, fakes and replayed fakes one after the other.
        g_compares: G's loss looks at D's logits of reals too.
    """

    both: Callable[..., tuple[tf.Tensor, tf.Tensor]]
    has_targets: bool = False
    soft_targets: bool = False
    apart: Callable[[tf.Tensor, tf.Tensor | float], tf.Tensor] | None = None
    g_compares: bool = False

    def __call__(self, real_logits, fake_logits, targets=PLAIN):
        """Return (d_loss, g_loss), two scalars, of logits (B, 1)."""
        return self.both(real_logits, fake_logits, targets)


def with_classifier(loss: Loss, weight: float, from_fakes: bool = True) -> Loss:
    """The loss of an auxiliary classifier GAN (1610.09585, section 3), of scores (B, 2) instead of logits (B, 1).

    Beside the logit is the cross-entropy of the image's label under D's classifier, which D and G both make small.

    Args:
        loss: of the logits.
        weight: of the cross-entropy; the paper's is 1.
        from_fakes: D makes it small on fakes too, as in the paper; else on reals alone, and there is no `apart`.
    """

    def both(real, fake, targets=PLAIN):
        d_loss, g_loss = loss.both(real[:, :1], fake[:, :1], targets)
        of_reals, of_fakes = (weight * tf.reduce_mean(scores[:, 1]) for scores in (real, fake))
        return d_loss + (of_reals + of_fakes if from_fakes else of_reals), g_loss + of_fakes

    def apart(scores, target):
        return loss.apart(scores[:, :1], target) + weight * tf.reduce_mean(scores[:, 1])

    return replace(loss, both=both, apart=apart if loss.apart and from_fakes else None)


LOSSES: dict[str, Loss] = {
    "bce": Loss(bce, has_targets=True, soft_targets=True, apart=cross_entropy),
    "bce-clamped": Loss(bce_clamped, has_targets=True, soft_targets=True, apart=clamped_cross_entropy),
    "minimax": Loss(minimax, has_targets=True, soft_targets=True),
    "hinge": Loss(hinge),
    "wasserstein": Loss(wasserstein, has_targets=True, apart=mean_score),
    "wasserstein-wrong-sign": Loss(wasserstein_wrong_sign, has_targets=True),
    "least-squares": Loss(least_squares, has_targets=True, soft_targets=True),
    "relativistic": Loss(relativistic, g_compares=True),
}


def get_loss(name: str, auxiliary: float = 0.0, from_fakes: bool = True) -> Loss:
    """Look a loss up by its name in `LOSSES`; with the weight `auxiliary` it is one `with_classifier`.

    Raises:
        ValueError: there is none of that name.
    """
    if name not in LOSSES:
        raise ValueError(f"unknown loss {name!r}; choose from {', '.join(LOSSES)}")
    return with_classifier(LOSSES[name], auxiliary, from_fakes) if auxiliary else LOSSES[name]
