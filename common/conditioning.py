"""How a label reaches a network: the pieces that conditional generators and discriminators share."""

from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

from common.errors import UserError


def images_and_labels(data: Any, classes: int) -> tuple[tf.Tensor, tf.Tensor]:
    """A batch as Keras' `fit` hands it over -> (images (B, H, W, 3), labels (B,)).

    Images alone do where there are no classes: nobody looks at the labels then, and they are 0.

    Raises:
        UserError: there are classes, and the data set has no labels.
    """
    images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
    if labels is None and classes:
        raise UserError("this GAN is conditional: its data set has to be one of (images, labels)")
    return images, tf.zeros(tf.shape(images)[:1], tf.int32) if labels is None else labels


def label_input() -> keras.KerasTensor:
    """The label of each image, (B,) int32, from 0 to classes - 1; one outside has no one-hot vector, only zeros."""
    return keras.Input((), dtype="int32", name="label")


def one_hot(label: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """Labels (B,) -> (B, classes) float32."""
    return layers.CategoryEncoding(classes, output_mode="one_hot", dtype="float32", name="one_hot")(label)


def label_planes(encoded: keras.KerasTensor, height: int, width: int) -> keras.KerasTensor:
    """One-hot labels (B, classes) -> constant planes (B, height, width, classes), to be joined with an image."""
    return layers.Reshape((height, width, encoded.shape[-1]))(layers.RepeatVector(height * width)(encoded))


@keras.saving.register_keras_serializable("cifar10_gans")
class ConditionalBatchNormalization(layers.Layer):
    """Batch norm with a scale and a shift for every class (1610.07629, as in 1802.05637 and 1805.08318).

    Called on [x (B, ..., C), one-hot label (B, classes)]; a code between two classes takes between their scales.
    """

    def __init__(self, classes: int, **kwargs):
        super().__init__(**kwargs)
        self.classes = classes

    def build(self, input_shape) -> None:
        """Make the moments, and a scale of 1 and a shift of 0 for every class and channel."""
        (*_, channels), _ = input_shape
        self.norm = layers.BatchNormalization(center=False, scale=False, dtype=self.dtype_policy)
        self.norm.build(input_shape[0])
        self.gamma, self.beta = (
            self.add_weight(name=name, shape=(self.classes, channels), initializer=initializer)
            for name, initializer in (("gamma", "ones"), ("beta", "zeros"))
        )

    def call(self, inputs, training=None):
        """Normalise, then scale and shift by class; see the class."""
        x, encoded = inputs
        encoded = ops.cast(encoded, self.compute_dtype)
        spread = (-1, *[1] * (len(x.shape) - 2), x.shape[-1])
        gamma, beta = (ops.reshape(ops.matmul(encoded, table), spread) for table in (self.gamma, self.beta))
        x = self.norm(x, training=training)
        return x * ops.cast(gamma, x.dtype) + ops.cast(beta, x.dtype)

    def compute_output_shape(self, input_shape):
        """That of x."""
        return input_shape[0]

    def get_config(self) -> dict:
        """For saving."""
        return super().get_config() | {"classes": self.classes}
