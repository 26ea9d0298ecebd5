"""The ways in which FID codes bring an image to a network's input size; figures under different ones do not compare.

All run inside the graph: (B, H, W, 3) float32 in [0, 255] to (B, size, size, 3) float32 in [0, 255].
"On Aliased Resizing and Surprising Subtleties in GAN Evaluation" (2104.11222) shows how much they differ.
"""

from collections.abc import Callable

import tensorflow as tf


def nearest(images: tf.Tensor, size: int) -> tf.Tensor:
    """Nearest neighbour, scikit-image's `resize(order=0)` to the pixel (without its smoothing when it shrinks)."""
    return tf.image.resize(images, (size, size), method="nearest")


def bilinear(images: tf.Tensor, size: int) -> tf.Tensor:
    """Bilinear on pixel centres, not antialiased: PyTorch's `interpolate(align_corners=False)`, as in pytorch-fid."""
    return tf.raw_ops.ResizeBilinear(images=images, size=(size, size), half_pixel_centers=True)


def legacy_bilinear(images: tf.Tensor, size: int) -> tf.Tensor:
    """TensorFlow 1's bilinear on pixel corners, half a pixel off, as in the graph of the original FID (1706.08500)."""
    return tf.raw_ops.ResizeBilinear(images=images, size=(size, size), half_pixel_centers=False)


def bicubic(images: tf.Tensor, size: int) -> tf.Tensor:
    """Antialiased bicubic on float channels, then clipped: Pillow's `BICUBIC` as clean-fid uses it (2104.11222)."""
    resized = tf.image.resize(images, (size, size), method="bicubic", antialias=True)
    return tf.clip_by_value(resized, 0.0, 255.0)


RESIZES: dict[str, Callable[[tf.Tensor, int], tf.Tensor]] = {
    "nearest": nearest,
    "bilinear": bilinear,
    "legacy bilinear": legacy_bilinear,
    "bicubic": bicubic,
}
