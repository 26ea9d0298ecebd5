"""The two networks of Hamed's DCGAN (2019) as its author's code has them: those of PyTorch's DCGAN example.

At 64x64 with width 64:

    generator                                   discriminator
    z (100) as 1x1x100                          image 64x64x3
    ConvT 4x4    to 4x4x512     BN  ReLU        Conv 4x4 /2 to 32x32x64          LeakyReLU
    ConvT 4x4 /2 to 8x8x256     BN  ReLU        Conv 4x4 /2 to 16x16x128     BN  LeakyReLU
    ConvT 4x4 /2 to 16x16x128   BN  ReLU        Conv 4x4 /2 to 8x8x256       BN  LeakyReLU
    ConvT 4x4 /2 to 32x32x64    BN  ReLU        Conv 4x4 /2 to 4x4x512       BN  LeakyReLU
    ConvT 4x4 /2 to 64x64x3     tanh            Conv 4x4    to 1 logit

No convolution has a bias. Half the image size leaves out the widest row of both.
"""

import math
from collections.abc import Callable

import keras
from keras import layers

from dcgan.settings import HamedSettings

STDDEV = 0.02  # of the initial kernels, and of batch norm's initial scales around 1
Wrap = Callable[[layers.Layer], layers.Layer]  # puts a layer into another, such as spectral normalisation


def build_generator(settings: HamedSettings, classes: int = 10) -> keras.Model:
    """z (B, latent_dim) float32 -> images (B, image_size, image_size, 3) float32 in [-1, 1]."""
    z = keras.Input((settings.latent_dim,), name="z")
    x = layers.Reshape((1, 1, settings.latent_dim))(z)
    *widths, first = row_widths(settings)
    x = normalised(conv_transpose(x, first, strides=1, padding="valid"))
    for width in reversed(widths):
        x = normalised(conv_transpose(x, width))
    return keras.Model(z, image(conv_transpose(x, 3)), name="generator")


def build_discriminator(settings: HamedSettings, classes: int = 10) -> keras.Model:
    """Images (B, image_size, image_size, 3) in [-1, 1] -> logits (B, 1) float32; the sigmoid is the loss's."""
    images = keras.Input((settings.image_size, settings.image_size, 3), name="image")
    first, *widths = row_widths(settings)
    x = layers.LeakyReLU(settings.leaky_slope)(conv(images, first))
    for width in widths:
        x = layers.LeakyReLU(settings.leaky_slope)(batch_norm()(conv(x, width)))
    x = layers.Conv2D(1, 4, use_bias=False, kernel_initializer=normal(), dtype="float32")(x)
    return keras.Model(images, layers.Flatten(dtype="float32")(x), name="discriminator")


def row_widths(settings: HamedSettings) -> list[int]:
    """Channels of the feature maps, from the largest map (half the image) to 4x4."""
    return [settings.width * 2**i for i in range(int(math.log2(settings.image_size // 4)))]


def conv(x: keras.KerasTensor, width: int, size: int = 4, strides: int = 2, wrap: Wrap = lambda layer: layer):
    """A convolution as all of these networks have it: no bias, N(0, 0.02)."""
    kernel = {"padding": "same", "use_bias": False, "kernel_initializer": normal()}
    return wrap(layers.Conv2D(width, size, strides, **kernel))(x)


def conv_transpose(
    x: keras.KerasTensor, width: int, strides: int = 2, padding: str = "same", wrap: Wrap = lambda layer: layer
):
    """A transposed 4x4 convolution: no bias, N(0, 0.02)."""
    return wrap(layers.Conv2DTranspose(width, 4, strides, padding, use_bias=False, kernel_initializer=normal()))(x)


def normalised(x: keras.KerasTensor) -> keras.KerasTensor:
    """Batch norm and ReLU."""
    return layers.ReLU()(batch_norm()(x))


def batch_norm() -> layers.BatchNormalization:
    """PyTorch's batch norm: its momentum and epsilon, and the example's initial scale N(1, 0.02)."""
    scale = keras.initializers.RandomNormal(1.0, STDDEV)
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, gamma_initializer=scale)


def image(x: keras.KerasTensor) -> keras.KerasTensor:
    """tanh in float32, whatever the precision."""
    return layers.Activation("tanh", dtype="float32", name="image")(x)


def normal() -> keras.initializers.Initializer:
    """Of all kernels: N(0, 0.02)."""
    return keras.initializers.RandomNormal(0.0, STDDEV)
