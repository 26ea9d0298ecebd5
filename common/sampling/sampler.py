"""Images from a generator, batch by batch, rounded as if saved."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from common.data.class_labels import in_turn
from common.data.pixel_range import to_uint8
from common.errors import UserError
from common.sampling.latents import latents

BATCH = 256


def is_conditional(generator: keras.Model) -> bool:
    """Whether a generator takes labels (B,) int32 beside z (B, latent_dim)."""
    return len(generator.inputs) == 2


def images_of(model: keras.Model) -> Callable[..., np.ndarray]:
    """Compile a model that ends in images: a function of its inputs, arrays (N, ...) -> (N, H, W, 3) uint8."""

    def generate(*inputs):
        return model(inputs[0] if len(inputs) == 1 else list(inputs), training=False)

    compiled = tf.function(generate, reduce_retracing=True)

    def run(*inputs: np.ndarray) -> np.ndarray:
        starts = range(0, len(inputs[0]), BATCH)
        batches = [compiled(*(tf.constant(x[i : i + BATCH]) for x in inputs)).numpy() for i in starts]
        return to_uint8(np.concatenate(batches))

    return run


def every_class(z: np.ndarray, labels: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Latents (N, D) once for each of `labels`, (len(labels) * N, D), and the label of each, int32; class by class."""
    return np.tile(z, (len(labels), 1)), np.repeat(np.asarray(labels, np.int32), len(z))


class Sampler:
    """Draw uint8 images (N, H, W, 3) from a generator in inference mode.

    Args:
        generator: z (B, latent_dim) -> images in [-1, 1]; a conditional one takes [z, labels (B,) int32].
        latent_dim: size of z.
        classes: how many a conditional generator knows; of no meaning to another.

    Raises:
        UserError: a conditional generator without classes.
    """

    def __init__(self, generator: keras.Model, latent_dim: int, classes: int = 0):
        self.latent_dim, self.conditional = latent_dim, is_conditional(generator)
        if self.conditional and not classes:
            raise UserError("the generator takes labels, but config.json lists no classes under data")
        self.classes = classes if self.conditional else 0
        self._images = images_of(generator)

    def from_latents(self, z: np.ndarray, labels: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
        """Images of latents (N, latent_dim) and, of a conditional generator, labels (N,).

        Raises:
            UserError: labels outside the classes, none where they are needed, or some where there are none to give.
        """
        if not self.conditional:
            if labels is not None:
                raise UserError("the generator is unconditional; it takes no label")
            return self._images(z)
        if labels is None:
            raise UserError(f"the generator is conditional; it needs labels from 0 to {self.classes - 1}")
        labels = np.asarray(labels, np.int32)
        wrong = labels[(labels < 0) | (labels >= self.classes)]
        if len(wrong):
            raise UserError(f"label {wrong[0]} is none of the {self.classes} classes, 0 to {self.classes - 1}")
        return self._images(z, labels)

    def by_class(self, z: np.ndarray, labels: Sequence[int]) -> np.ndarray:
        """Every latent in every class of `labels`: (len(labels) * N, H, W, 3), class by class."""
        return self.from_latents(*every_class(z, labels))

    def labels(self, count: int) -> np.ndarray | None:
        """Of `count` images: every class in turn, (count,) int32; None where the generator takes none."""
        return in_turn(count, self.classes) if self.conditional else None

    def draw(self, count: int, seed: int, purpose: str) -> np.ndarray:
        """`count` images of fresh latents (see `latents`), of a conditional generator every class in turn."""
        return self.from_latents(latents(count, self.latent_dim, seed, purpose), self.labels(count))

    def drawing(self, seed: int, purpose: str) -> Callable[[int], np.ndarray]:
        """A function of the count alone, for a metric."""
        return lambda count: self.draw(count, seed, purpose)
