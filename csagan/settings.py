"""The settings of the CSAWGAN's networks."""

from dataclasses import dataclass

from common.system.fields import setting
from dcgan.settings import HamedSettings


@dataclass(frozen=True, kw_only=True)
class CSAWGANSettings(HamedSettings):
    """Fields of the two networks in `csagan/hamed.py`, beside those that they share with Hamed's DCGAN."""

    g_attention: int = setting("of G's rows but the last, how many of the last ones attention follows", low=0)
    d_attention: int = setting("of D's strided rows, how many of the last ones attention follows", low=0)

    @property
    def conditional(self) -> bool:
        """These networks always take labels."""
        return True
