"""SAGAN's networks: DCGAN's (`dcgan/model.py`) with attention after one feature map of each (1805.08318, figure 2).

At 32x32 with attention at 16x16, the place that Bendale's recipe assumes:

    generator                                          discriminator
    ... ConvT /2 to 16x16x64   BN  LeakyReLU           Conv /2 to 16x16x64   LeakyReLU
    Attention                                          Attention
    ConvT /2 to 32x32x3        tanh                    Conv /2 to 8x8x128    BN  LeakyReLU  ...
"""

import keras

from common.errors import UserError
from common.gan import GAN
from dcgan.model import Discriminator, Generator
from sagan.attention import Attention, find_attention
from sagan.settings import SAGANSettings


def build_generator(settings: SAGANSettings, classes: int = 10) -> keras.Model:
    """z (B, latent_dim), or [z, label], -> images (B, H, W, 3) in [-1, 1]; see `dcgan.model.Generator`.

    Raises:
        UserError: no feature map has the size at which attention is asked for.
    """
    return _with_attention(Generator, settings, classes, settings.g_attention_size)


def build_discriminator(settings: SAGANSettings, classes: int = 10) -> keras.Model:
    """Images (B, H, W, 3) in [-1, 1], or [images, label], -> logits (B, 1); see `dcgan.model.Discriminator`.

    Raises:
        UserError: no feature map has the size at which attention is asked for.
    """
    return _with_attention(Discriminator, settings, classes, settings.d_attention_size)


class SAGAN(GAN):
    """The two networks of a recipe, with its losses and optimizers: ready to train."""

    def __init__(self, settings: SAGANSettings, classes: int = 10):
        networks = build_generator(settings, classes), build_discriminator(settings, classes)
        super().__init__(*networks, settings, classes if settings.conditional else 0)

    def scalars(self) -> dict[str, float]:
        """How far each attention has moved from the identity."""
        networks = {"g_gamma": self.generator, "d_gamma": self.discriminator}
        return {name: float(find_attention(network).gamma.numpy()) for name, network in networks.items()}


def _with_attention(network: type[keras.Model], settings: SAGANSettings, classes: int, size: int) -> keras.Model:
    def between(x: keras.KerasTensor) -> keras.KerasTensor:
        return Attention(settings.attention_pool)(x) if x.shape[1] == size else x

    model = network(settings, classes, between)
    if find_attention(model) is None:
        sizes = ", ".join(str(4 * 2**i) for i in range((settings.image_size // 4).bit_length() - 1))
        raise UserError(f"attention at {size}x{size} is impossible: the feature maps have {sizes}")
    return model
