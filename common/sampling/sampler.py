"""Images from a generator: the same latents for a seed on every machine, batch by batch, rounded as if saved."""

import importlib
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from scipy.special import ndtr, ndtri

from common.data.batches import to_uint8
from common.data.class_labels import in_turn
from common.errors import UserError
from common.system.files import replacing

BATCH = 256
OWN_MODULE = re.compile(r'"module": "((?:common|dcgan|sagan|csagan)\.\w+)"')  # where a saved layer's class lives


def latents(count: int, latent_dim: int, seed: int, purpose: str, truncation: float | None = None) -> np.ndarray:
    """z ~ N(0, 1), (count, latent_dim) float32; the first rows are the same whatever the count.

    `purpose` keeps streams of one seed apart: the grid's latents are not the metric's. With `truncation`, values beyond
    +-truncation are drawn again until they lie within, as in BigGAN (1809.11096, section 3.1); the others stay.
    """
    random = np.random.default_rng([seed, *purpose.encode()])
    z = random.standard_normal((count, latent_dim), np.float32)
    if truncation is None:
        return z
    # By the inverse of the distribution function: what redrawing ends with, in one draw however narrow the interval.
    low, high = ndtr(-truncation), ndtr(truncation)
    uniform = np.random.default_rng([seed, *f"{purpose} truncated".encode()]).random((count, latent_dim))
    redrawn = np.clip(ndtri(low + uniform * (high - low)), -truncation, truncation)
    return np.where(np.abs(z) > truncation, redrawn, z).astype(np.float32)


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
        return self.from_latents(np.tile(z, (len(labels), 1)), np.repeat(np.asarray(labels, np.int32), len(z)))

    def draw(self, count: int, seed: int, purpose: str) -> np.ndarray:
        """`count` images of fresh latents (see `latents`), of a conditional generator every class in turn."""
        labels = in_turn(count, self.classes) if self.conditional else None
        return self.from_latents(latents(count, self.latent_dim, seed, purpose), labels)

    def drawing(self, seed: int, purpose: str) -> Callable[[int], np.ndarray]:
        """A function of the count alone, for a metric."""
        return lambda count: self.draw(count, seed, purpose)


def load_generator(path: Path) -> keras.Model:
    """Load a `generator.keras`. Of code, only this project's own layers are imported for it.

    Raises:
        UserError: there is none yet, or it is damaged.
    """
    if not path.exists():
        raise UserError(f"{path} does not exist; a run has one after its first epoch")
    try:
        with zipfile.ZipFile(path) as archive:
            for module in OWN_MODULE.findall(archive.read("config.json").decode()):
                importlib.import_module(module)
        return keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras raises whatever its zip, JSON and HDF5 readers raise
        raise UserError(f"cannot load {path}: {type(error).__name__}: {' '.join(str(error).split())[:200]}") from error


def save_generator(path: Path, generator: keras.Model) -> None:
    """Write a `generator.keras` in one piece, as a plain functional model that Keras loads without this project."""
    with replacing(path) as temporary:
        keras.Model(generator.inputs, generator.outputs, name="generator").save(temporary)
