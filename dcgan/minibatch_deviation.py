"""Minibatch standard deviation (Karras et al., 1710.10196, section 3): D sees how much the images of a batch differ."""

import keras
from keras import layers, ops

EPSILON = 1e-8  # under the square root, whose gradient at 0 is infinite


@keras.saving.register_keras_serializable("cifar10_gans")
class MinibatchDeviation(layers.Layer):
    """Feature maps (B, H, W, C) -> (B, H, W, C + 1): beside them, one number of the whole batch at every place.

    It is the standard deviation over the batch, of each feature at each place, averaged over features and places.
    Reals and fakes are each a batch of their own, as D is called on each. In float32 whatever the precision.
    """

    def call(self, x):
        """Join the batch's mean deviation to the maps; see the class."""
        deviations = ops.sqrt(ops.var(ops.cast(x, "float32"), axis=0) + EPSILON)
        number = ops.cast(ops.mean(deviations), x.dtype)
        return ops.concatenate([x, number * ops.ones_like(x[..., :1])], axis=-1)

    def compute_output_shape(self, input_shape):
        """(B, H, W, C + 1)."""
        return (*input_shape[:-1], input_shape[-1] + 1)
