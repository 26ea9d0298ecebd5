"""DCGAN's two networks, read like the tables of the write-ups (Radford et al., 1511.06434), and the GAN of both.

At 32x32 with width 64:

    generator                                          discriminator
    z (100)                                            image 32x32x3
    Dense or ConvT to 4x4x256  BN  LeakyReLU           Conv 5x5 /2 to 16x16x64       LeakyReLU
    ConvT 5x5 /2 to 8x8x128    BN  LeakyReLU           Conv 5x5 /2 to 8x8x128    BN  LeakyReLU
    ConvT 5x5 /2 to 16x16x64   BN  LeakyReLU           Conv 5x5 /2 to 4x4x256    BN  LeakyReLU
    ConvT 5x5 /2 to 32x32x3    tanh                    Dense or Conv to 1 logit

Every doubling of the image size adds one row of twice the width to both.
"""

import math
from collections.abc import Callable

import keras
from keras import layers

from common.gan import GAN
from common.spectral_norm import SpectralNormalization
from dcgan.settings import DCGANSettings

Between = Callable[[keras.KerasTensor], keras.KerasTensor]  # (B, H, W, C) -> the same shape


class Generator(keras.Model):
    """z (B, latent_dim) float32 -> images (B, image_size, image_size, 3) float32 in [-1, 1].

    `between` is applied to every feature map; other families put their layers there.
    """

    def __init__(self, settings: DCGANSettings, between: Between = lambda x: x):
        def conv_transpose(x, width, size=settings.kernel_size, strides=2, padding="same", **kwargs):
            return kernel(layers.Conv2DTranspose(width, size, strides, padding, kernel_initializer=normal, **kwargs))(x)

        def normalised(x):
            return _activation(settings.g_activation, settings)(layers.BatchNormalization()(x))

        kernel = SpectralNormalization if settings.spectral_norm == "both" else _plain
        normal = _normal(settings)
        z = keras.Input((settings.latent_dim,), name="z")
        widths = [settings.g_width * 2**i for i in reversed(range(_depth(settings)))]
        if settings.fully_connected:
            x = kernel(layers.Dense(4 * 4 * widths[0], use_bias=False, kernel_initializer=normal))(z)
            x = layers.Reshape((4, 4, widths[0]))(normalised(x))
        else:
            x = layers.Reshape((1, 1, settings.latent_dim))(z)
            x = normalised(conv_transpose(x, widths[0], size=4, strides=1, padding="valid", use_bias=False))
        x = between(x)
        for width in widths[1:]:
            x = between(normalised(conv_transpose(x, width, use_bias=False)))
        x = conv_transpose(x, 3)
        # tanh in float32, whatever the precision: bfloat16 has too few levels between 0 and 1 for 8-bit images.
        images = layers.Activation("tanh", dtype="float32", name="image")(x)
        super().__init__(z, images, name="generator")


class Discriminator(keras.Model):
    """Images (B, image_size, image_size, 3) in [-1, 1] -> logits (B, 1) float32, positive for real.

    `between` is applied to every feature map; other families put their layers there.
    """

    def __init__(self, settings: DCGANSettings, between: Between = lambda x: x):
        def conv(x, width, size=settings.kernel_size, strides=2, padding="same", **kwargs):
            return kernel(layers.Conv2D(width, size, strides, padding, kernel_initializer=normal, **kwargs))(x)

        kernel = _plain if settings.spectral_norm == "none" else SpectralNormalization
        normal = _normal(settings)
        images = keras.Input((settings.image_size, settings.image_size, 3), name="image")
        x = images
        for i in range(_depth(settings)):
            # No batch norm on D's input layer (1511.06434, section 3).
            batch_norm = settings.d_batch_norm and i > 0
            x = conv(x, settings.d_width * 2**i, use_bias=not batch_norm)
            if batch_norm:
                x = layers.BatchNormalization()(x)
            x = _activation("leaky_relu", settings)(x)
            if settings.dropout:
                x = layers.Dropout(settings.dropout)(x)
            x = between(x)
        # The logit in float32, whatever the precision: the loss saturates on rounded logits.
        if settings.fully_connected:
            x = kernel(layers.Dense(1, kernel_initializer=normal, dtype="float32"))(layers.Flatten()(x))
        else:
            x = conv(x, 1, size=4, strides=1, padding="valid", dtype="float32")
            x = layers.Flatten(dtype="float32")(x)
        super().__init__(images, x, name="discriminator")


def build_generator(settings: DCGANSettings) -> keras.Model:
    """Build the generator of a recipe's settings (`RECIPES[name].settings`)."""
    return Generator(settings)


def build_discriminator(settings: DCGANSettings) -> keras.Model:
    """Build the discriminator of a recipe's settings (`RECIPES[name].settings`)."""
    return Discriminator(settings)


class DCGAN(GAN):
    """The two networks of a recipe, with its losses and optimizers: ready to train."""

    def __init__(self, settings: DCGANSettings):
        super().__init__(build_generator(settings), build_discriminator(settings), settings)


def _plain(layer: layers.Layer) -> layers.Layer:
    return layer


def _depth(settings: DCGANSettings) -> int:
    """Rows of the table: how often 4x4 doubles to the image size."""
    return int(math.log2(settings.image_size // 4))


def _normal(settings: DCGANSettings) -> keras.initializers.Initializer:
    """All weights from N(0, 0.02) (1511.06434, section 4)."""
    return keras.initializers.RandomNormal(0.0, settings.weight_stddev)


def _activation(name: str, settings: DCGANSettings) -> layers.Layer:
    return layers.ReLU() if name == "relu" else layers.LeakyReLU(settings.leaky_slope)
