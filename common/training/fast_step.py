"""A training step in bfloat16 on a CPU: what Keras' layers and Adam compute, in fewer passes over the memory.

`speed_up(gan)` gives the layers and the optimizers of a GAN another `call`, in this process alone. They stay what they
are, plain Keras, in `summary()` and in a file; what they compute is equal but for rounding, and dropout draws other
numbers. In every other precision, and where TensorFlow sees a GPU, they compute as before, to the bit.
"""

import functools
from collections.abc import Callable

import keras
import tensorflow as tf
from keras import layers

from common.gan import GAN
from common.training.convolution import Strided, convolve, input_gradient

CHANCES = 2**16  # dropout's chances are whole multiples of 1 / CHANCES: half of a random word an element


def speed_up(gan: GAN) -> None:
    """Let both networks and both optimizers of a GAN compute by the functions of this file, where that is faster."""
    if tf.config.get_visible_devices("GPU"):
        return
    for network in (gan.generator, gan.discriminator):
        for layer in network._flatten_layers():
            # A gradient penalty differentiates D twice, which the fused batch norm rounds more than Keras' own.
            twice = network is gan.discriminator and gan.penalties and type(layer) is layers.BatchNormalization
            if type(layer) in CALLS and layer.compute_dtype == "bfloat16" and not twice:
                layer.call = functools.partial(CALLS[type(layer)], layer, layer.call)
    if gan.generator.compute_dtype == "bfloat16":
        for optimizer in (gan.g_optimizer, gan.d_optimizer):
            if type(optimizer) is keras.optimizers.Adam:
                optimizer.update_step = functools.partial(_adam, optimizer, optimizer.update_step)


def _convolution(layer: layers.Conv2D | layers.Conv2DTranspose, direct: Callable, inputs: tf.Tensor) -> tf.Tensor:
    stride, *others = {*layer.strides}
    usual = layer.data_format == "channels_last" and {*layer.dilation_rate} == {1} and not others and stride > 1
    if not usual or getattr(layer, "groups", 1) > 1 or getattr(layer, "output_padding", None):
        return direct(inputs)
    kernel, padding = tf.convert_to_tensor(layer.kernel), layer.padding.upper()
    if isinstance(layer, layers.Conv2D):
        outputs = convolve(inputs, kernel, Strided(tuple(inputs.shape[1:3]), stride, padding))
    else:
        size = layer.compute_output_shape(inputs.shape)[1:3]
        outputs = input_gradient(inputs, kernel, Strided(size, stride, padding))
    if layer.use_bias:
        outputs += tf.convert_to_tensor(layer.bias)
    return layer.activation(outputs)


def _batch_norm(layer: layers.BatchNormalization, direct: Callable, inputs: tf.Tensor, training: bool = False,
                mask: tf.Tensor | None = None) -> tf.Tensor:  # fmt: skip
    """One operation forward and one backward, in bfloat16 with moments in float32."""
    last = layer.axis in (-1, len(inputs.shape) - 1)
    if not (training and layer.trainable and last) or layer.renorm or layer.synchronized or mask is not None:
        return direct(inputs, training=training, mask=mask)
    channels = inputs.shape[-1]
    scale = tf.convert_to_tensor(layer.gamma) if layer.scale else tf.ones(channels)
    offset = tf.convert_to_tensor(layer.beta) if layer.center else tf.zeros(channels)
    x = tf.reshape(inputs, (tf.shape(inputs)[0], -1, 1, channels))
    outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=x, scale=tf.cast(scale, tf.float32), offset=tf.cast(offset, tf.float32), mean=[], variance=[],
        epsilon=layer.epsilon, is_training=True,
    )  # fmt: skip
    count = tf.cast(tf.size(inputs) // channels, tf.float32)
    variance *= (count - 1.0) / count  # the operation's is that of a sample, Keras' that of the batch
    for average, value in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        average.assign(layer.momentum * average + (1.0 - layer.momentum) * value)
    return tf.reshape(outputs, tf.shape(inputs))


def _dropout(layer: layers.Dropout, direct: Callable, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
    """Half the random numbers, and one product."""
    dropped = round(layer.rate * CHANCES)
    if not training or not 0 < dropped < CHANCES or layer.noise_shape is not None:
        return direct(inputs, training=training)
    count, seed = tf.size(inputs), tf.cast(layer.seed_generator.next(), tf.int32)
    words = tf.random.stateless_uniform(((count + 1) // 2,), seed, None, None, tf.uint32)
    numbers = tf.reshape(tf.bitcast(words, tf.uint16), (-1,))[:count]
    kept = tf.cast(tf.reshape(numbers, tf.shape(inputs)) >= tf.cast(dropped, tf.uint16), inputs.dtype)
    return inputs * (kept * tf.cast(CHANCES / (CHANCES - dropped), inputs.dtype))


def _adam(optimizer: keras.optimizers.Adam, direct: Callable, gradient: tf.Tensor, variable: tf.Variable,
          learning_rate: tf.Tensor) -> None:  # fmt: skip
    """One operation for all moments and the weight."""
    if optimizer.amsgrad:
        return direct(gradient, variable, learning_rate)
    index = optimizer._get_variable_index(variable)
    moments = optimizer._momentums[index].value, optimizer._velocities[index].value
    betas = tf.constant([optimizer.beta_1, optimizer.beta_2])
    powers = betas ** tf.cast(optimizer.iterations + 1, tf.float32)
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle, m=moments[0].handle, v=moments[1].handle, beta1_power=powers[0], beta2_power=powers[1],
        lr=tf.cast(learning_rate, tf.float32), beta1=betas[0], beta2=betas[1], epsilon=optimizer.epsilon, grad=gradient,
    )  # fmt: skip


CALLS: dict[type[layers.Layer], Callable] = {
    layers.Conv2D: _convolution,
    layers.Conv2DTranspose: _convolution,
    layers.BatchNormalization: _batch_norm,
    layers.Dropout: _dropout,
}
