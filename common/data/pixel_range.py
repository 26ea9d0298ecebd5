"""Pixels as files have them, 0 to 255, and as networks have them, -1 to 1."""

import numpy as np
import tensorflow as tf


def from_uint8(images: tf.Tensor) -> tf.Tensor:
    """uint8 0 to 255 -> float32 -1 to 1."""
    return tf.cast(images, tf.float32) / 127.5 - 1.0


def to_uint8(images: np.ndarray) -> np.ndarray:
    """float -1 to 1 -> uint8 0 to 255, rounded as if saved to a file."""
    return np.clip(np.rint((np.asarray(images, np.float32) + 1.0) * 127.5), 0, 255).astype(np.uint8)
