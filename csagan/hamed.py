"""The two networks of Hamed's CSAWGAN (2019), as its author's code has them.

At 64x64 with width 64; SN: spectrally normalised, W / sigma:

    generator                                        discriminator
    z (100) and one-hot label (10) as 1x1x110        image 64x64x3
    ConvT 4x4    to 4x4x512    SN  BN  ReLU          Conv 4x4 /2 to 32x32x64    SN  LeakyReLU
    ConvT 4x4 /2 to 8x8x256    SN  BN  ReLU          Conv 4x4 /2 to 16x16x128   SN  LeakyReLU
    ConvT 4x4 /2 to 16x16x128  SN  BN  ReLU          Conv 4x4 /2 to 8x8x256     SN  LeakyReLU
    Attention                                        Attention
    ConvT 4x4 /2 to 32x32x64   SN  BN  ReLU          Conv 4x4 /2 to 4x4x512     SN  LeakyReLU
    Attention                                        Attention
    ConvT 4x4 /2 to 64x64x3    SN  tanh              Conv 3x3    to 4x4x512     SN  LeakyReLU
                                                     score = fc(h) + <h, embed(one-hot)>, h: the 8,192 features

The head is a projection (1802.05637); fc and embed are Dense layers under SN. Half the image size leaves out the
widest row of both.
"""

import keras
from keras import layers

from common.conditioning import label_input, one_hot
from common.spectral_norm import SpectralNormalization
from csagan.settings import CSAWGANSettings
from dcgan.hamed import conv, conv_transpose, image, normal, normalised, row_widths
from sagan.attention import Attention


def build_generator(settings: CSAWGANSettings, classes: int = 10) -> keras.Model:
    """[z (B, latent_dim), label (B,) int32] -> images (B, image_size, image_size, 3) float32 in [-1, 1]."""
    z, label = keras.Input((settings.latent_dim,), name="z"), label_input()
    x = layers.Concatenate(dtype="float32")([z, one_hot(label, classes)])
    x = layers.Reshape((1, 1, settings.latent_dim + classes))(x)
    *widths, first = row_widths(settings)
    x = normalised(conv_transpose(x, first, strides=1, padding="valid", wrap=SpectralNormalization))
    for rows_left, width in reversed(list(enumerate(widths))):
        x = normalised(conv_transpose(x, width, wrap=SpectralNormalization))
        if rows_left < settings.g_attention:
            x = _attention()(x)
    x = conv_transpose(x, 3, wrap=SpectralNormalization)
    return keras.Model([z, label], image(x), name="generator")


def build_discriminator(settings: CSAWGANSettings, classes: int = 10) -> keras.Model:
    """[images (B, image_size, image_size, 3) in [-1, 1], label (B,) int32] -> scores (B, 1) float32."""
    images, label = keras.Input((settings.image_size, settings.image_size, 3), name="image"), label_input()
    x, widths = images, row_widths(settings)
    for row, width in enumerate(widths, 1):
        x = layers.LeakyReLU(settings.leaky_slope)(conv(x, width, wrap=SpectralNormalization))
        if len(widths) - row < settings.d_attention:
            x = _attention()(x)
    x = conv(x, widths[-1], size=3, strides=1, wrap=SpectralNormalization)
    h = layers.Flatten(dtype="float32")(layers.LeakyReLU(settings.leaky_slope)(x))
    score, embedded = _linear(h, 1), _linear(one_hot(label, classes), h.shape[-1])
    score = layers.Add(dtype="float32")([score, layers.Dot(1, dtype="float32")([h, embedded])])
    return keras.Model([images, label], score, name="discriminator")


def _attention() -> Attention:
    """Its three convolutions have biases and are not under SN."""
    return Attention(use_bias=True, initializer=normal())


def _linear(x: keras.KerasTensor, units: int) -> keras.KerasTensor:
    """PyTorch's Linear layer, float32, under SN: weights and biases from U(-1, 1) / sqrt(inputs)."""
    bound = x.shape[-1] ** -0.5
    uniform = [keras.initializers.RandomUniform(-bound, bound) for _ in range(2)]
    return SpectralNormalization(layers.Dense(units, None, True, *uniform, dtype="float32"))(x)
