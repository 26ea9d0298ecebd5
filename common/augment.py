"""Differentiable augmentation (Zhao et al., 2006.10738): D sees reals and fakes through the same random changes.

The gradient of D's logits reaches G through them. Where there are few images, D then cannot learn them by heart, and
because fakes are changed as reals are, G does not learn to make changed ones. Strengths are those of the authors' code.
"""

from __future__ import annotations

from collections.abc import Callable

from common.errors import UserError
from common.system.tensorflow_import import keras, tf  # lazily: the settings read the table before TensorFlow is there

NONE = "none"
SHIFT, HOLE = 0.125, 0.5  # of height and width: the farthest translation, the side of what is cut out


def color(images: tf.Tensor, seed: keras.random.SeedGenerator) -> tf.Tensor:
    """Brightness plus U(-0.5, 0.5), then saturation times U(0, 2), then contrast times U(0.5, 1.5)."""
    brightness, saturation, contrast = (keras.random.uniform((_count(images), 1, 1, 1), seed=seed) for _ in range(3))
    images += brightness - 0.5
    grey = tf.reduce_mean(images, axis=3, keepdims=True)
    images = grey + 2.0 * saturation * (images - grey)
    mean = tf.reduce_mean(images, axis=(1, 2, 3), keepdims=True)
    return mean + (0.5 + contrast) * (images - mean)


def translation(images: tf.Tensor, seed: keras.random.SeedGenerator) -> tf.Tensor:
    """Move by up to an eighth of height and width; what comes in is 0, the middle of the range."""
    moved = tf.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)])
    for axis in (1, 2):
        size = images.shape[axis]
        farthest = _round(SHIFT * size)
        shift = keras.random.randint((_count(images), 1), -farthest, farthest + 1, "int32", seed=seed)
        sources = tf.clip_by_value(tf.range(1, size + 1) + shift, 0, size + 1)
        moved = tf.gather(moved, sources, axis=axis, batch_dims=1)
    return moved


def cutout(images: tf.Tensor, seed: keras.random.SeedGenerator) -> tf.Tensor:
    """Set a square of half the height and width to 0, with its middle anywhere in the image."""
    outside = []
    for axis in (1, 2):
        size = images.shape[axis]
        side = _round(HOLE * size)
        first = keras.random.randint((_count(images), 1), 0, size + 1 - side % 2, "int32", seed=seed) - side // 2
        outside.append((tf.range(size) < first) | (tf.range(size) >= first + side))
    rows, columns = outside
    return images * tf.cast((rows[:, :, None] | columns[:, None])[..., None], images.dtype)


AUGMENTATIONS: dict[str, Callable[[tf.Tensor, keras.random.SeedGenerator], tf.Tensor]] = {
    "color": color, "translation": translation, "cutout": cutout,
}  # fmt: skip


def parse_augment(text: str) -> list[str]:
    """The names in a setting such as `color+cutout`, in order; none of them for `none`.

    Raises:
        UserError: one of them is unknown, or there twice.
    """
    names = [] if text == NONE else [name.strip() for name in text.split("+")]
    if set(names) - set(AUGMENTATIONS) or len(set(names)) < len(names):
        raise UserError(f"augment={text} is neither {NONE} nor some of {', '.join(AUGMENTATIONS)}, joined by +")
    return names


def augment(images: tf.Tensor, names: list[str], seed: keras.random.SeedGenerator) -> tf.Tensor:
    """Change images (B, H, W, 3) float32 by `names` of `AUGMENTATIONS`, in that order; each image by its own draws."""
    for name in names:
        images = AUGMENTATIONS[name](images, seed)
    return images


def _count(images: tf.Tensor) -> tf.Tensor:
    """B of images (B, H, W, C)."""
    return tf.shape(images)[0]


def _round(number: float) -> int:
    """To the nearest whole number."""
    return int(number + 0.5)
