"""DCGAN's two networks, read like the tables of the write-ups (Radford et al., 1511.06434), and the GAN of both.

At 32x32 with width 64:

    generator                                          discriminator
    z (100)                                            image 32x32x3
    Dense or ConvT to 4x4x256  BN  LeakyReLU           Conv 5x5 /2 to 16x16x64       LeakyReLU
    ConvT 5x5 /2 to 8x8x128    BN  LeakyReLU           Conv 5x5 /2 to 8x8x128    BN  LeakyReLU
    ConvT 5x5 /2 to 16x16x64   BN  LeakyReLU           Conv 5x5 /2 to 4x4x256    BN  LeakyReLU
    ConvT 5x5 /2 to 32x32x3    tanh                    Dense or Conv to 1 logit

Every doubling of the image size adds one row of twice the width to both. With smallest_map=8 G's first map is 8x8 too,
a ConvT /1 follows it, and D ends before its last Conv. With blocks=residual the rows between the ends are those of
`dcgan/resnet.py`; with d_features=classifier D is that of `dcgan/projected.py`.
"""

import functools
import math
from collections.abc import Callable, Mapping

import keras
from keras import layers, ops

from common.conditioning import ConditionalBatchNormalization, label_input, label_planes, one_hot
from common.gan import GAN
from common.recipe import Recipe
from common.settings import Settings
from dcgan import desai, hamed, projected, resnet
from dcgan.layers import NetworkLayers, activation
from dcgan.minibatch_deviation import MinibatchDeviation
from dcgan.minibatch_discrimination import MinibatchDiscrimination
from dcgan.settings import DCGANSettings, DesaiSettings, HamedSettings

Between = Callable[[keras.KerasTensor], keras.KerasTensor]  # (B, H, W, C) -> the same shape
Build = Callable[[Settings, int], keras.Model]  # settings and classes -> a network


class Generator(keras.Model):
    """z (B, latent_dim) float32 -> images (B, image_size, image_size, 3) float32 in [-1, 1].

    A conditional one takes [z, label (B,) int32]. `between` is applied to every feature map; other families put their
    layers there.
    """

    def __init__(self, settings: DCGANSettings, classes: int = 10, between: Between = lambda x: x):
        make = NetworkLayers(settings, "generator")
        x = z = keras.Input((settings.latent_dim,), name="z")
        label = label_input() if settings.conditional else None
        encoded = one_hot(label, classes) if settings.conditional else None
        if settings.g_condition == "latent":
            x = layers.Concatenate(dtype="float32")([z, encoded])
        normalised = functools.partial(_normalised, settings=settings, classes=classes, encoded=encoded)
        if settings.blocks == "residual":
            x = layers.Reshape((4, 4, settings.g_width))(make.dense(x, 4 * 4 * settings.g_width))
            x = resnet.grow(x, depth(settings.image_size), make, normalised, between)
            x = make.conv(x, 3, size=3, strides=1)
        else:
            x = self._plain(x, settings, make, normalised, between)
        # tanh in float32, whatever the precision: bfloat16 has too few levels between 0 and 1 for 8-bit images.
        images = layers.Activation("tanh", dtype="float32", name="image")(x)
        super().__init__(z if label is None else [z, label], images, name="generator")

    @staticmethod
    def _plain(x, settings: DCGANSettings, make: NetworkLayers, normalised: Between, between: Between):
        """The rows of the table, but for the activation of the last."""
        widths = [settings.g_width * 2**i for i in reversed(range(depth(settings.image_size)))]
        bias = not settings.g_batch_norm  # batch norm has a shift of its own
        if settings.fully_connected:
            side = settings.smallest_map
            x = make.dense(x, side * side * widths[0], use_bias=bias)
            x = layers.Reshape((side, side, widths[0]))(normalised(x))
        else:
            x = layers.Reshape((1, 1, x.shape[-1]))(x)
            x = normalised(make.conv_transpose(x, widths[0], size=4, strides=1, padding="valid", use_bias=bias))
        if settings.smallest_map == 8:
            x = normalised(make.conv_transpose(x, widths.pop(1), strides=1, use_bias=bias))
        x = between(x)
        for width in widths[1:]:
            x = between(normalised(make.upsampled(x, width, use_bias=bias)))
        return make.upsampled(x, 3)


class Discriminator(keras.Model):
    """Images (B, image_size, image_size, 3) in [-1, 1] -> logits (B, 1) float32, positive for real.

    With d_features=classifier there are several logits of an image, (B, K). A conditional one takes [images, label (B,)
    int32]. With d_condition=classifier the output is (B, 2): beside the logit, the cross-entropy of the label under an
    auxiliary classifier of the image alone. `between` is applied to every learned feature map of the whole image; other
    families put their layers there.
    """

    def __init__(self, settings: DCGANSettings, classes: int = 10, between: Between = lambda x: x):
        make = NetworkLayers(settings, "discriminator")
        images = keras.Input((settings.image_size, settings.image_size, 3), name="image")
        label = label_input() if settings.conditional else None
        encoded = one_hot(label, classes) if settings.conditional else None
        activated = functools.partial(_activated, settings=settings)
        if settings.d_features == "classifier":
            logit = projected.build_logits(images, label, classes, settings, make, activated)
        else:
            x = self._features(images, encoded, settings, make, activated, between)
            logit = self._logit(x, label, encoded, settings, make, classes)
        super().__init__(images if label is None else [images, label], logit, name="discriminator")

    @classmethod
    def _features(cls, images, encoded, settings: DCGANSettings, make: NetworkLayers, activated: Between,
                  between: Between) -> keras.KerasTensor:  # fmt: skip
        """All before the last row of the table."""
        x = images
        if settings.d_condition == "image":
            planes = label_planes(encoded, settings.image_size, settings.image_size)
            x = layers.Concatenate(dtype="float32")([images, planes])
        if settings.blocks == "residual":
            x = resnet.shrink(x, depth(settings.image_size), settings.d_width, make, activated, between)
        else:
            x = cls._plain(x, settings, make, activated, between)
        return MinibatchDeviation()(x) if settings.minibatch_deviation else x

    @staticmethod
    def _plain(x, settings: DCGANSettings, make: NetworkLayers, activated: Between, between: Between):
        """The rows of the table, but for the last."""
        for i in range(depth(settings.image_size, settings.smallest_map)):
            # No batch norm on D's input layer (1511.06434, section 3).
            batch_norm = settings.d_batch_norm and (i > 0 or settings.d_input_batch_norm)
            x = make.downsampled(x, settings.d_width * 2**i, use_bias=not batch_norm)
            if batch_norm:
                x = layers.BatchNormalization()(x)
            x = between(activated(x))
        return x

    @staticmethod
    def _logit(x, label, encoded, settings: DCGANSettings, make: NetworkLayers, classes: int) -> keras.KerasTensor:
        """The end of the table, in float32 whatever the precision: the loss saturates on rounded logits."""
        beside = settings.d_condition in ("features", "embedding", "projection", "classifier")
        if not (settings.fully_connected or settings.d_hidden or settings.minibatch_kernels or beside):
            logit = make.conv(x, 1, size=4, strides=1, padding="valid", dtype="float32")
            return layers.Flatten(dtype="float32")(logit)
        features = resnet.sum_over_places(x) if settings.blocks == "residual" else layers.Flatten()(x)
        if settings.d_condition in ("features", "embedding"):
            if settings.d_condition == "embedding":
                encoded = make.dense(encoded, settings.d_embedding)
            features = layers.Concatenate()([features, encoded])
        if settings.d_hidden:
            features = activation("leaky_relu", settings.leaky_slope)(make.dense(features, settings.d_hidden))
        if settings.minibatch_kernels:
            features = MinibatchDiscrimination(settings.minibatch_kernels, initializer=make.initializer)(features)
        logit = make.dense(features, 1, dtype="float32")
        if settings.d_condition == "projection":
            projected = make.embedding(label, classes, features.shape[-1], dtype="float32")
            logit = layers.Add(dtype="float32")([logit, layers.Dot(1, dtype="float32")([features, projected])])
        if settings.d_condition == "classifier":
            guess = make.dense(features, classes, dtype="float32")
            cross_entropy = ops.categorical_crossentropy(encoded, guess, from_logits=True)
            logit = ops.concatenate([logit, cross_entropy[:, None]], axis=1)
        return logit


# By the class of a recipe's settings: generator and discriminator. A write-up with networks of its own is one row.
NETWORKS: Mapping[type[Settings], tuple[Build, Build]] = {
    DCGANSettings: (Generator, Discriminator),
    DesaiSettings: (desai.build_generator, desai.build_discriminator),
    HamedSettings: (hamed.build_generator, hamed.build_discriminator),
}


class DCGAN(GAN):
    """The two networks of a recipe, with its losses and optimizers: ready to train.

    Args:
        settings: of a recipe, `RECIPES[name].settings`.
        classes: of the labels; without meaning where the networks are unconditional.
    """

    networks = NETWORKS

    def __init__(self, settings: Settings, classes: int = 10):
        networks = self.build_generator(settings, classes), self.build_discriminator(settings, classes)
        super().__init__(*networks, settings, classes if settings.conditional else 0)

    @classmethod
    def build_generator(cls, settings: Settings | Recipe, classes: int = 10) -> keras.Model:
        """The generator of a recipe or of its settings: z (B, latent_dim), or [z, label (B,)], -> images in [-1, 1]."""
        return cls._build(settings, classes, 0)

    @classmethod
    def build_discriminator(cls, settings: Settings | Recipe, classes: int = 10) -> keras.Model:
        """The discriminator of a recipe or of its settings: images, or [images, label (B,)], -> logits (B, 1)."""
        return cls._build(settings, classes, 1)

    @classmethod
    def _build(cls, settings: Settings | Recipe, classes: int, which: int) -> keras.Model:
        settings = settings.settings if isinstance(settings, Recipe) else settings
        builders = next(cls.networks[kind] for kind in type(settings).__mro__ if kind in cls.networks)
        return builders[which](settings, classes)


build_generator, build_discriminator = DCGAN.build_generator, DCGAN.build_discriminator


def depth(image_size: int, smallest: int = 4) -> int:
    """Rows of the table: how often the smallest feature map doubles to the image size."""
    return int(math.log2(image_size // smallest))


def _activated(x, settings: DCGANSettings) -> keras.KerasTensor:
    """D's activation, and dropout where the settings say so."""
    x = activation("leaky_relu", settings.leaky_slope)(x)
    return layers.Dropout(settings.dropout)(x) if settings.dropout else x


def _normalised(x, settings: DCGANSettings, classes: int, encoded) -> keras.KerasTensor:
    """Batch norm, by class where the settings say so, and the activation."""
    if settings.g_condition == "batch-norm":
        x = ConditionalBatchNormalization(classes)([x, encoded])
    elif settings.g_batch_norm:
        x = layers.BatchNormalization()(x)
    return activation(settings.g_activation, settings.leaky_slope)(x)
