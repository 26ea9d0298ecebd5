"""SAGAN's networks: DCGAN's (`dcgan/model.py`) with attention after one feature map of each (1805.08318, figure 2).

At 32x32 with attention at 16x16, the place that Bendale's recipe assumes:

    generator                                          discriminator
    ... ConvT /2 to 16x16x64   BN  LeakyReLU           Conv /2 to 16x16x64   LeakyReLU
    Attention                                          Attention
    ConvT /2 to 32x32x3        tanh                    Conv /2 to 8x8x128    BN  LeakyReLU  ...
"""

import functools
from collections.abc import Mapping

import keras

from common.data.class_labels import in_turn
from common.errors import UserError
from common.sampling.latents import latents
from dcgan.model import DCGAN, Discriminator, Generator
from sagan.attention import Attention, find_attentions
from sagan.attention_maps import attention_maps, kernel_after_attention, share_beyond
from sagan.settings import SAGANSettings

LOOKED_AT = 16  # images over which attention is looked at: a map has as many numbers as positions squared


def _attended(network: type[keras.Model], size_of: str, settings: SAGANSettings, classes: int) -> keras.Model:
    """Build a network of DCGAN's with attention after its feature map of the size that the setting `size_of` has.

    One that has no maps of its own, d_features=classifier, has no attention either.

    Raises:
        UserError: no feature map has that size.
    """
    size, sizes = getattr(settings, size_of), []

    def between(x: keras.KerasTensor) -> keras.KerasTensor:
        sizes.append(x.shape[1])
        return Attention(settings.attention_pool, settings.attention_scaled)(x) if x.shape[1] == size else x

    model = network(settings, classes, between)
    if sizes and size not in sizes:  # a D on fixed features has no maps of its own, and no attention
        raise UserError(
            f"attention at {size}x{size} is impossible: the feature maps have {', '.join(map(str, sorted(sizes)))}"
        )
    return model


class SAGAN(DCGAN):
    """The two networks of a recipe, with its losses and optimizers: ready to train.

    Raises:
        UserError: no feature map has the size at which attention is asked for.
    """

    networks: Mapping = {
        SAGANSettings: (
            functools.partial(_attended, Generator, "g_attention_size"),
            functools.partial(_attended, Discriminator, "d_attention_size"),
        ),
    }

    def scalars(self) -> dict[str, float]:
        """What the log has of attention.

        How far each has moved from the identity: `g_gamma`, and `g_gamma_2` where G has a second one. Of the first of
        the generator that is sampled, the share beyond the next kernel's reach (`share_beyond`), of the same latents
        every time: `g_attention_far`.
        """
        gammas = {
            f"{prefix}_gamma" + (f"_{number}" if number > 1 else ""): float(layer.gamma.numpy())
            for prefix, network in (("g", self.generator), ("d", self.discriminator))
            for number, layer in enumerate(find_attentions(network), 1)
        }
        if not find_attentions(self.sampler):
            return gammas
        z, labels = latents(LOOKED_AT, self.latent_dim, 0, "attention"), in_turn(LOOKED_AT, max(1, self.classes))
        _, maps = attention_maps(self.sampler, [z, labels] if self.classes else [z])
        return gammas | {"g_attention_far": share_beyond(maps, kernel_after_attention(self.sampler))}


build_generator, build_discriminator = SAGAN.build_generator, SAGAN.build_discriminator
