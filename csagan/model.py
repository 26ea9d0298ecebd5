"""The conditional self-attention GAN: SAGAN's networks (`sagan/model.py`), which take labels as their settings say.

In Bendale's cSAGAN G takes z and the one-hot label, D planes of the one-hot label beside the image. Hamed's CSAWGAN has
networks of its own (`csagan/hamed.py`).
"""

from common.errors import UserError
from csagan import hamed
from csagan.settings import CSAWGANSettings
from sagan.model import SAGAN
from sagan.settings import SAGANSettings


class CSAGAN(SAGAN):
    """The two networks of a recipe, with its losses and optimizers: ready to train on images with labels.

    Raises:
        UserError: the settings make the networks unconditional.
    """

    networks = SAGAN.networks | {CSAWGANSettings: (hamed.build_generator, hamed.build_discriminator)}

    def __init__(self, settings: SAGANSettings | CSAWGANSettings, classes: int = 10):
        if not settings.conditional:
            raise UserError("g_condition=none: for networks without labels use python sagan/train.py")
        super().__init__(settings, classes)


build_generator, build_discriminator = CSAGAN.build_generator, CSAGAN.build_discriminator
