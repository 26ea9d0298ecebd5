"""The devices that a training computes on."""

import numpy as np
import tensorflow as tf

DATA_BYTES = 2**30  # of training images that may lie on a GPU


def device_for(images: np.ndarray) -> str | None:
    """Where training images (N, H, W, 3) uint8 should lie: on the GPU if they fit; None: in the computer's memory."""
    fits = tf.config.list_logical_devices("GPU") and images.nbytes <= DATA_BYTES
    return "/GPU:0" if fits and not isinstance(images, np.memmap) else None
