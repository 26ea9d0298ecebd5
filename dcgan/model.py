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

from common.conditioning import ConditionalBatchNormalization, label_input, label_planes, one_hot
from common.gan import GAN
from common.spectral_norm import SpectralNormalization
from dcgan import desai
from dcgan.settings import DCGANSettings, DesaiSettings

Between = Callable[[keras.KerasTensor], keras.KerasTensor]  # (B, H, W, C) -> the same shape


class Generator(keras.Model):
    """z (B, latent_dim) float32 -> images (B, image_size, image_size, 3) float32 in [-1, 1].

    A conditional one takes [z, label (B,) int32]. `between` is applied to every feature map; other families put their
    layers there.
    """

    def __init__(self, settings: DCGANSettings, classes: int = 10, between: Between = lambda x: x):
        def conv_transpose(x, width, size=settings.kernel_size, strides=2, padding="same", **kwargs):
            return kernel(layers.Conv2DTranspose(width, size, strides, padding, kernel_initializer=normal, **kwargs))(x)

        def normalised(x):
            if settings.g_condition == "batch-norm":
                x = ConditionalBatchNormalization(classes)([x, encoded])
            else:
                x = layers.BatchNormalization()(x)
            return _activation(settings.g_activation, settings)(x)

        kernel = SpectralNormalization if settings.spectral_norm == "both" else _plain
        dense = kernel if settings.spectral_norm_dense else _plain
        normal = _normal(settings)
        x = z = keras.Input((settings.latent_dim,), name="z")
        label = label_input() if settings.conditional else None
        encoded = one_hot(label, classes) if settings.conditional else None
        if settings.g_condition == "latent":
            x = layers.Concatenate(dtype="float32")([z, encoded])
        widths = [settings.g_width * 2**i for i in reversed(range(_depth(settings)))]
        if settings.fully_connected:
            x = dense(layers.Dense(4 * 4 * widths[0], use_bias=False, kernel_initializer=normal))(x)
            x = layers.Reshape((4, 4, widths[0]))(normalised(x))
        else:
            x = layers.Reshape((1, 1, x.shape[-1]))(x)
            x = normalised(conv_transpose(x, widths[0], size=4, strides=1, padding="valid", use_bias=False))
        x = between(x)
        for width in widths[1:]:
            x = between(normalised(conv_transpose(x, width, use_bias=False)))
        x = conv_transpose(x, 3)
        # tanh in float32, whatever the precision: bfloat16 has too few levels between 0 and 1 for 8-bit images.
        images = layers.Activation("tanh", dtype="float32", name="image")(x)
        super().__init__(z if label is None else [z, label], images, name="generator")


class Discriminator(keras.Model):
    """Images (B, image_size, image_size, 3) in [-1, 1] -> logits (B, 1) float32, positive for real.

    A conditional one takes [images, label (B,) int32]. `between` is applied to every feature map; other families put
    their layers there.
    """

    def __init__(self, settings: DCGANSettings, classes: int = 10, between: Between = lambda x: x):
        def conv(x, width, size=settings.kernel_size, strides=2, padding="same", **kwargs):
            return kernel(layers.Conv2D(width, size, strides, padding, kernel_initializer=normal, **kwargs))(x)

        kernel = _plain if settings.spectral_norm == "none" else SpectralNormalization
        dense = kernel if settings.spectral_norm_dense else _plain
        normal = _normal(settings)
        images = keras.Input((settings.image_size, settings.image_size, 3), name="image")
        label = label_input() if settings.conditional else None
        encoded = one_hot(label, classes) if settings.conditional else None
        x = images
        if settings.d_condition == "image":
            planes = label_planes(encoded, settings.image_size, settings.image_size)
            x = layers.Concatenate(dtype="float32")([images, planes])
        for i in range(_depth(settings)):
            # No batch norm on D's input layer (1511.06434, section 3).
            batch_norm = settings.d_batch_norm and (i > 0 or settings.d_input_batch_norm)
            x = conv(x, settings.d_width * 2**i, use_bias=not batch_norm)
            if batch_norm:
                x = layers.BatchNormalization()(x)
            x = _activation("leaky_relu", settings)(x)
            if settings.dropout:
                x = layers.Dropout(settings.dropout)(x)
            x = between(x)
        # The logit in float32, whatever the precision: the loss saturates on rounded logits.
        joins_end = settings.d_hidden or settings.d_condition in ("features", "embedding", "projection")
        if not (settings.fully_connected or joins_end):
            logit = layers.Flatten(dtype="float32")(conv(x, 1, size=4, strides=1, padding="valid", dtype="float32"))
        else:
            features = layers.Flatten()(x)
            if settings.d_condition in ("features", "embedding"):
                if settings.d_condition == "embedding":
                    encoded = dense(layers.Dense(settings.d_embedding, kernel_initializer=normal))(encoded)
                features = layers.Concatenate()([features, encoded])
            if settings.d_hidden:
                features = dense(layers.Dense(settings.d_hidden, kernel_initializer=normal))(features)
                features = _activation("leaky_relu", settings)(features)
            logit = dense(layers.Dense(1, kernel_initializer=normal, dtype="float32"))(features)
            if settings.d_condition == "projection":
                table = dense(layers.Embedding(classes, features.shape[-1], normal, dtype="float32"))
                logit = layers.Add(dtype="float32")([logit, layers.Dot(1, dtype="float32")([features, table(label)])])
        super().__init__(images if label is None else [images, label], logit, name="discriminator")


def build_generator(settings: DCGANSettings | DesaiSettings, classes: int = 10) -> keras.Model:
    """Build the generator of a recipe's settings (`RECIPES[name].settings`); `classes` matters if it is conditional."""
    build = desai.build_generator if isinstance(settings, DesaiSettings) else Generator
    return build(settings, classes)


def build_discriminator(settings: DCGANSettings | DesaiSettings, classes: int = 10) -> keras.Model:
    """Build the discriminator of a recipe's settings; `classes` matters if it is conditional."""
    build = desai.build_discriminator if isinstance(settings, DesaiSettings) else Discriminator
    return build(settings, classes)


class DCGAN(GAN):
    """The two networks of a recipe, with its losses and optimizers: ready to train."""

    def __init__(self, settings: DCGANSettings | DesaiSettings, classes: int = 10):
        networks = build_generator(settings, classes), build_discriminator(settings, classes)
        super().__init__(*networks, settings, classes if settings.conditional else 0)


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
