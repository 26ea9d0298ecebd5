"""Images from a generator: the same latents for a seed on every machine, batch by batch, rounded as if saved."""

import importlib
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from common.batches import to_uint8
from common.errors import UserError
from common.files import replacing

BATCH = 256
OWN_MODULE = re.compile(r'"module": "((?:common|dcgan|sagan|csagan)\.\w+)"')  # where a saved layer's class lives


def latents(count: int, latent_dim: int, seed: int, purpose: str) -> np.ndarray:
    """z ~ N(0, 1), (count, latent_dim) float32; the first rows are the same whatever the count.

    `purpose` keeps streams of one seed apart: the grid's latents are not the metric's.
    """
    random = np.random.default_rng([seed, *purpose.encode()])
    return random.standard_normal((count, latent_dim), np.float32)


class Sampler:
    """Draw uint8 images (N, H, W, 3) from a generator in inference mode."""

    def __init__(self, generator: keras.Model, latent_dim: int):
        self.latent_dim = latent_dim
        self._generate = tf.function(lambda z: generator(z, training=False), reduce_retracing=True)

    def from_latents(self, z: np.ndarray) -> np.ndarray:
        """Images of the given latents (N, latent_dim)."""
        batches = [self._generate(tf.constant(z[i : i + BATCH])).numpy() for i in range(0, len(z), BATCH)]
        return to_uint8(np.concatenate(batches))

    def draw(self, count: int, seed: int, purpose: str) -> np.ndarray:
        """`count` images of fresh latents (see `latents`)."""
        return self.from_latents(latents(count, self.latent_dim, seed, purpose))

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
