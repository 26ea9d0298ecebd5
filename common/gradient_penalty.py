"""The gradient penalty of WGAN-GP (Gulrajani et al., 1704.00028, section 4)."""

from collections.abc import Callable

import keras
import tensorflow as tf

EPSILON = 1e-12  # under the square root, whose gradient at 0 is infinite


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


def gradient_penalty(critic: Callable[[tf.Tensor], tf.Tensor], points: tf.Tensor) -> tf.Tensor:
    """Mean of (|gradient of the critic| - 1)^2 at points (B, H, W, 3).

    Args:
        critic: images (B, H, W, 3) -> logits (B, 1).
        points: see `points_between`.

    Returns:
        A float32 scalar, without the paper's weight of 10.
    """
    with tf.GradientTape() as tape:
        tape.watch(points)
        logits = critic(points)
    gradients = tape.gradient(logits, points)
    norms = tf.sqrt(tf.reduce_sum(gradients**2, axis=(1, 2, 3)) + EPSILON)
    return tf.reduce_mean((norms - 1.0) ** 2)
