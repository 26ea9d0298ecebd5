"""Minibatch discrimination (Salimans et al., 1606.03498, section 3.2): D sees how alike the images of a batch are."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("cifar10_gans")
class MinibatchDiscrimination(layers.Layer):
    """Features (B, A) -> (B, A + kernels): beside them, how near the other images of the batch are.

    A tensor T maps the features to a matrix M (kernels, dimensions) an image; the closeness of two images under
    kernel b is exp(-|M_ib - M_jb|_1), and o(x_i)_b is its sum over the other images j. Reals and fakes are each a batch
    of their own, as D is called on each. In float32 whatever the precision.

    Args:
        kernels: how many sums an image gets, B in the paper.
        dimensions: of each row of M, C in the paper.
        initializer: of T.
    """

    def __init__(self, kernels: int, dimensions: int = 16, initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.kernels, self.dimensions = kernels, dimensions
        self.initializer = keras.initializers.get(initializer)

    def build(self, input_shape) -> None:
        """Make T, as a matrix (A, kernels * dimensions)."""
        shape = (input_shape[-1], self.kernels * self.dimensions)
        self.tensor = self.add_weight(name="tensor", shape=shape, initializer=self.initializer)

    def call(self, features):
        """Join the sums of closeness to the features; see the class."""
        rows = ops.cast(ops.matmul(features, ops.cast(self.tensor, features.dtype)), "float32")
        rows = ops.reshape(rows, (-1, self.kernels, self.dimensions))
        distances = ops.sum(ops.abs(rows[:, None] - rows[None]), axis=-1)  # (B, B, kernels)
        others = ops.sum(ops.exp(-distances), axis=1) - 1.0  # an image's closeness to itself is 1
        return ops.concatenate([features, ops.cast(others, features.dtype)], axis=-1)

    def compute_output_shape(self, input_shape):
        """(B, A + kernels)."""
        return (*input_shape[:-1], input_shape[-1] + self.kernels)

    def get_config(self) -> dict:
        """For saving."""
        initializer = keras.initializers.serialize(self.initializer)
        return super().get_config() | {
            "kernels": self.kernels, "dimensions": self.dimensions, "initializer": initializer,
        }  # fmt: skip
