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
from dcgan.settings import DesaiSettings

START = 8  # height and width of the generator's first feature map


def build_generator(settings: DesaiSettings, classes: int = 10) -> keras.Model:
    """[z (B, latent_dim), label (B,) int32] -> images (B, 32, 32, 3) float32 in [-1, 1]."""

    def normalised(x):
        return layers.LeakyReLU(settings.leaky_slope)(layers.BatchNormalization(momentum=settings.momentum)(x))

    def conv(x, size):
        return normalised(layers.Conv2D(settings.width, size, padding="same")(x))

    def conv_transpose(x):
        return normalised(layers.Conv2DTranspose(settings.width, 4, 2, padding="same")(x))

    z, label = keras.Input((settings.latent_dim,), name="z"), label_input()
    x = layers.Concatenate(dtype="float32")([z, one_hot(label, classes)])
    x = layers.Dense(START * START * settings.width, "relu")(x)
    # Batch norm's own default momentum here: 0.9 is stated for the convolutions.
    x = layers.LeakyReLU(settings.leaky_slope)(layers.BatchNormalization()(x))
    x = conv(layers.Reshape((START, START, settings.width))(x), 4)
    x = conv(conv_transpose(x), 5)
    x = conv(conv(conv_transpose(x), 5), 5)
    x = layers.Conv2D(3, 5, padding="same")(x)
    return keras.Model([z, label], layers.Activation("tanh", dtype="float32", name="image")(x), name="generator")


def build_discriminator(settings: DesaiSettings, classes: int = 10) -> keras.Model:
    """[images (B, 32, 32, 3) in [-1, 1], label (B,) int32] -> logits (B, 1) float32."""

    def conv(x, size, strides):
        x = layers.Conv2D(settings.width, size, strides, padding="same")(x)
        return layers.LeakyReLU(settings.leaky_slope)(layers.BatchNormalization(momentum=settings.momentum)(x))

    images, label = keras.Input((settings.image_size, settings.image_size, 3), name="image"), label_input()
    x = conv(images, 3, 1)
    for _ in range(3):
        x = conv(x, 4, 2)
    x = layers.Concatenate()([layers.Flatten()(x), one_hot(label, classes)])
    x = layers.Dense(settings.hidden, "relu")(x)
    return keras.Model([images, label], layers.Dense(1, dtype="float32")(x), name="discriminator")
