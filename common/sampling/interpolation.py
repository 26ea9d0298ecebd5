"""Ways from one image to another: between two latents, or at one latent between two classes."""

import math

import keras
import numpy as np
import tensorflow as tf

from common.errors import UserError
from common.sampling.sampler import images_of


def slerp(start: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
    """Spherical interpolation (1609.04468) of two latents (D,): (steps, D) float32, both ends included.

    Latents of N(0, I) lie near a sphere, and on a straight line the ones between would be too short to be typical.
    """
    t = np.linspace(0.0, 1.0, steps)[:, None]
    a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
    cosine = a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-300)
    angle = math.acos(min(1.0, max(-1.0, cosine)))
    if math.sin(angle) < 1e-6:  # the same or opposite directions: there is no one arc
        return ((1 - t) * a + t * b).astype(np.float32)
    return ((np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / math.sin(angle)).astype(np.float32)


def between_classes(generator: keras.Model, z: np.ndarray, start: int, end: int, steps: int) -> np.ndarray:
    """Images (steps, H, W, 3) uint8 of one latent z (D,) on the way between two classes, both ends included.

    The way is straight between what the generator makes of the two labels: their one-hot codes or embeddings.

    Raises:
        UserError: the generator's structure has no place to interpolate at.
    """
    encode, decode = split_at_label(generator)
    t = np.linspace(0.0, 1.0, steps)
    pairs = keras.tree.flatten(encode(tf.constant([start, end], tf.int32)))  # Keras unwraps a list of one
    codes = [tf.cast(pair, tf.float32).numpy() for pair in pairs]
    between = [(np.multiply.outer(1 - t, a) + np.multiply.outer(t, b)).astype(np.float32) for a, b in codes]
    return images_of(decode)(np.repeat(z[None], steps, axis=0), *between)


def split_at_label(generator: keras.Model) -> tuple[keras.Model, keras.Model]:
    """Cut a conditional generator where its labels have become vectors.

    Returns:
        encode: labels (B,) -> codes (B, ...); decode: [z, *codes] -> images (B, H, W, 3).

    Raises:
        UserError: an operation mixes the integer label with something else, or nothing makes a vector of it.
    """
    z, label = generator.inputs
    codes, pending = [], [label]
    try:
        while pending:
            tensor = pending.pop()
            for operation in generator.operations:
                if isinstance(operation, keras.layers.InputLayer):
                    continue
                inputs = keras.tree.flatten(operation.input)
                if not any(x is tensor for x in inputs):
                    continue
                if len(inputs) > 1:
                    raise ValueError(f"{operation.name} takes the label together with other inputs")
                (codes if _is_vector(operation.output) else pending).append(operation.output)
        if not codes:
            raise ValueError("no layer makes a vector of the label")
        return keras.Model(label, codes), keras.Model([z, *codes], generator.outputs[0])
    except (ValueError, AttributeError) as error:  # Keras: a layer that is called twice, or inputs that do not suffice
        raise UserError(f"cannot interpolate between classes of this generator: {error}") from error


def _is_vector(tensor: keras.KerasTensor) -> bool:
    """Whether between two values of it there are others: floats, and more than the label's own number."""
    return "float" in keras.backend.standardize_dtype(tensor.dtype) and math.prod(tensor.shape[1:]) > 1
