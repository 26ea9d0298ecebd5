"""The conditional self-attention GAN: SAGAN's networks (`sagan/model.py`), which take labels as their settings say.

Bendale's cSAGAN                                       Hamed's CSAWGAN
z and one-hot to G                                     z and one-hot to G
planes of the one-hot beside the image to D            the one-hot through a Dense layer, beside D's last feature map
attention at 16x16 in both                             attention after D's 2nd and G's 3rd (transposed) convolution
                                                       W / sigma everywhere, Wasserstein loss with gradient penalty
"""

from common.errors import UserError
from sagan.model import SAGAN, build_discriminator, build_generator
from sagan.settings import SAGANSettings

__all__ = ["CSAGAN", "build_discriminator", "build_generator"]


class CSAGAN(SAGAN):
    """The two networks of a recipe, with its losses and optimizers: ready to train on images with labels.

    Raises:
        UserError: the settings make the networks unconditional.
    """

    def __init__(self, settings: SAGANSettings, classes: int = 10):
        if not settings.conditional:
            raise UserError("g_condition=none: for networks without labels use python sagan/train.py")
        super().__init__(settings, classes)
