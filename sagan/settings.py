"""The settings of SAGAN's networks, beside those of DCGAN's."""

from dataclasses import dataclass

from common.system.fields import setting
from dcgan.settings import DCGANSettings


@dataclass(frozen=True, kw_only=True)
class SAGANSettings(DCGANSettings):
    """Where attention goes in the networks of `sagan/model.py`."""

    g_attention_size: int = setting("height and width of the generator's feature map that attention follows", low=4)
    d_attention_size: int = setting(
        "height and width of the discriminator's feature map that attention follows; d_features=classifier has none",
        low=4,
    )
    attention_pool: bool = setting("max-pool keys and values, as the SAGAN authors' code", False)
    attention_scaled: bool = setting("divide scores by the square root of the keys' width, as 1706.03762", False)
