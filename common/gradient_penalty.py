"""The gradient penalty of WGAN-GP (Gulrajani et al., 1704.00028, section 4)."""

from collections.abc import Callable

import keras
import tensorflow as tf

EPSILON = 1e-12  # under the square root, whose gradient at 0 is infinite


def gradient_penalty(
    critic: Callable[[tf.Tensor], tf.Tensor], real: tf.Tensor, fake: tf.Tensor, seed: keras.random.SeedGenerator | int
) -> tf.Tensor:
    """Mean of (|gradient of the critic| - 1)^2 at points between reals and fakes.

    The points are e * real + (1 - e) * fake with e ~ U(0, 1), one for each image.

    Args:
        critic: images (B, H, W, 3) -> logits (B, 1).
        real, fake: images (B, H, W, 3) float32.
        seed: where e comes from; a number gives the same e at every call.

    Returns:
        A float32 scalar, without the paper's weight of 10.
    """
    share = keras.random.uniform((tf.shape(real)[0], 1, 1, 1), seed=seed)
    between = share * real + (1.0 - share) * fake
    with tf.GradientTape() as tape:
        tape.watch(between)
        logits = critic(between)
    gradients = tape.gradient(logits, between)
    norms = tf.sqrt(tf.reduce_sum(gradients**2, axis=(1, 2, 3)) + EPSILON)
    return tf.reduce_mean((norms - 1.0) ** 2)
