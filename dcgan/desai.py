"""The two networks of Desai's conditional DCGAN (2018), to the parameter count that its author published.

generator                                              discriminator
z (100) and one-hot label (10)                         image 32x32x3
Dense to 8x8x128         ReLU  BN  LeakyReLU           Conv 3x3 to 32x32x128      BN  LeakyReLU
Conv 4x4 to 8x8x128            BN  LeakyReLU           Conv 4x4 /2 to 16x16x128   BN  LeakyReLU
ConvT 4x4 /2 to 16x16x128      BN  LeakyReLU           Conv 4x4 /2 to 8x8x128     BN  LeakyReLU
Conv 5x5 to 16x16x128          BN  LeakyReLU           Conv 4x4 /2 to 4x4x128     BN  LeakyReLU
ConvT 4x4 /2 to 32x32x128      BN  LeakyReLU           the one-hot label beside the 2,048 features
Conv 5x5 to 32x32x128          BN  LeakyReLU           Dense to 512               ReLU
Conv 5x5 to 32x32x128          BN  LeakyReLU           Dense to 1 logit
Conv 5x5 to 32x32x3            tanh
"""

import keras
from keras import layers

from common.conditioning import label_input, one_hot
from dcgan.minibatch_discrimination import MinibatchDiscrimination
from dcgan.settings import DesaiSettings

START = 8  # height and width of the generator's first feature map


def build_generator(settings: DesaiSettings, classes: int = 10) -> keras.Model:
    """[z (B, latent_dim), label (B,) int32] -> images (B, 32, 32, 3) float32 in [-1, 1]."""
    z, label = keras.Input((settings.latent_dim,), name="z"), label_input()
    x = layers.Concatenate(dtype="float32")([z, one_hot(label, classes)])
    x = layers.Dense(START * START * settings.width, "relu")(x)
    x = layers.Reshape((START, START, settings.width))(_normalised(x, settings))
    x = _conv(x, 4, settings)
    for _ in range(2):
        x = _normalised(layers.Conv2DTranspose(settings.width, 4, 2, padding="same")(x), settings)
        x = _conv(x, 5, settings)
    x = _conv(x, 5, settings)
    x = layers.Conv2D(3, 5, padding="same")(x)
    return keras.Model([z, label], layers.Activation("tanh", dtype="float32", name="image")(x), name="generator")


def build_discriminator(settings: DesaiSettings, classes: int = 10) -> keras.Model:
    """[images (B, 32, 32, 3) in [-1, 1], label (B,) int32] -> logits (B, 1) float32."""
    images, label = keras.Input((settings.image_size, settings.image_size, 3), name="image"), label_input()
    x = _conv(images, 3, settings)
    for _ in range(3):
        x = _conv(x, 4, settings, strides=2)
    x = layers.Concatenate()([layers.Flatten()(x), one_hot(label, classes)])
    if settings.minibatch_kernels:
        x = MinibatchDiscrimination(settings.minibatch_kernels)(x)
    x = layers.Dense(settings.hidden, "relu")(x)
    return keras.Model([images, label], layers.Dense(1, dtype="float32")(x), name="discriminator")


def _conv(x: keras.KerasTensor, size: int, settings: DesaiSettings, strides: int = 1) -> keras.KerasTensor:
    return _normalised(layers.Conv2D(settings.width, size, strides, padding="same")(x), settings)


def _normalised(x: keras.KerasTensor, settings: DesaiSettings) -> keras.KerasTensor:
    return layers.LeakyReLU(settings.leaky_slope)(layers.BatchNormalization(momentum=settings.momentum)(x))
