"""The settings of SAGAN's networks, beside those of DCGAN's."""

from dataclasses import dataclass

from common.settings import setting
from dcgan.settings import DCGANSettings


@dataclass(frozen=True, kw_only=True)
class SAGANSettings(DCGANSettings):
    """Where attention goes in the networks of `sagan/model.py`."""

    attention_size: int = setting("height and width of the feature maps, in G and in D, that attention follows", low=4)
    attention_pool: bool = setting("max-pool keys and values, as the SAGAN authors' code", False)
