"""Penalties on the gradient of D in its images: WGAN-GP's (1704.00028, section 4) and R1 (1801.04406, section 4.1)."""

from collections.abc import Callable

import keras
import tensorflow as tf

from common.settings import Settings

EPSILON = 1e-12  # under the square root, whose gradient at 0 is infinite
Critic = Callable[[tf.Tensor], tf.Tensor]  # images (B, H, W, 3) -> logits (B, K): their mean is the image's score


def points_between(
    real: tf.Tensor, fake: tf.Tensor, seed: keras.random.SeedGenerator | int, one_a_batch: bool = False
) -> tf.Tensor:
    """Points e * real + (1 - e) * fake, (B, H, W, 3) float32, with e ~ U(0, 1), one for each image.

    Args:
        real, fake: images (B, H, W, 3) float32.
        seed: where e comes from; a number gives the same e at every call.
        one_a_batch: one e for all images.
    """
    share = keras.random.uniform((1 if one_a_batch else tf.shape(real)[0], 1, 1, 1), seed=seed)
    return share * real + (1.0 - share) * fake


def gradient_penalty(critic: Critic, points: tf.Tensor) -> tf.Tensor:
    """Mean of (|gradient of the critic| - 1)^2 at points (B, H, W, 3), see `points_between`.

    Returns:
        A float32 scalar, without the paper's weight of 10.
    """
    return tf.reduce_mean((tf.sqrt(_squared_norms(critic, points) + EPSILON) - 1.0) ** 2)


def r1(critic: Critic, real: tf.Tensor) -> tf.Tensor:
    """Half the mean of |gradient of the critic|^2 at reals (B, H, W, 3): a float32 scalar, without the weight gamma."""
    return tf.reduce_mean(_squared_norms(critic, real)) / 2.0


class GradientPenalties:
    """What a recipe adds to D's loss: `gradient_penalty` between reals and fakes, `r1` at the reals; false if neither.

    With `penalty_every` k both are taken in every k-th step alone, and k times as strong, so that the mean stays (lazy
    regularisation, 1912.04958, appendix B). The optimizer stays as it is: here a penalty is a term of the step's one
    loss; the paper's is an update of its own, for which it changes Adam's settings.
    """

    def __init__(self, settings: Settings):
        self.weight, self.gamma, self.every = settings.gradient_penalty, settings.r1, settings.penalty_every
        self.one_a_batch = settings.penalty_points == "batch"

    def __bool__(self):
        return bool(self.weight or self.gamma)

    def points(self, real: tf.Tensor, fake: tf.Tensor, seed: keras.random.SeedGenerator | int) -> tf.Tensor | None:
        """Where `gradient_penalty` is taken; None where it is not."""
        return points_between(real, tf.stop_gradient(fake), seed, self.one_a_batch) if self.weight else None

    def __call__(self, critic: Critic, real: tf.Tensor, points: tf.Tensor | None, step: tf.Tensor | None) -> tf.Tensor:
        """The weighted sum, a float32 scalar.

        Args:
            critic: images (B, H, W, 3) -> logits (B, K).
            real: images (B, H, W, 3).
            points: from `points`.
            step: steps done so far, which decide whether a lazy penalty is due; None: it is, at its own strength.
        """
        if step is None or self.every == 1:
            return self._sum(critic, real, points)
        return tf.cond(step % self.every == 0, lambda: self.every * self._sum(critic, real, points), lambda: 0.0)

    def _sum(self, critic: Critic, real: tf.Tensor, points: tf.Tensor | None) -> tf.Tensor:
        terms = [self.weight * gradient_penalty(critic, points)] if self.weight else []
        terms += [self.gamma * r1(critic, real)] if self.gamma else []
        return sum(terms[1:], terms[0])


def _squared_norms(critic: Critic, points: tf.Tensor) -> tf.Tensor:
    """|gradient of the critic|^2 at each of the points: (B,)."""
    with tf.GradientTape() as tape:
        tape.watch(points)
        score = tf.reduce_mean(critic(points), axis=1)
    return tf.reduce_sum(tape.gradient(score, points) ** 2, axis=(1, 2, 3))
