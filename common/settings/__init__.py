"""Every setting of a run, grouped by what owns it; flat for the user. A family adds the fields of its own networks.

May import: `common.errors`, `common.system`, `common.data`, `common`.
"""

from dataclasses import dataclass
from typing import ClassVar

from common.errors import UserError
from common.settings.course import RunSettings
from common.settings.data import DataSettings
from common.settings.game import GameSettings
from common.settings.machine import ALL, AUTO, MachineSettings
from common.settings.measuring import MeasuringSettings

__all__ = ["ALL", "AUTO", "MachineSettings", "MeasuringSettings", "Settings"]


@dataclass(frozen=True, kw_only=True)
class Settings(MachineSettings, RunSettings, MeasuringSettings, GameSettings, DataSettings):
    """What every family can set. Fields without a default must be given by the recipe, with their source.

    What a family's own class adds is of its networks.
    """

    owner: ClassVar[str] = "the networks"

    def __post_init__(self):
        super().__post_init__()
        if self.jit == "true" and self.penalty_every > 1:
            raise UserError("jit=true needs penalty_every=1: XLA does not compile a penalty that may be left out")
        if self.jit == "true" and self.replay != "none":
            raise UserError("jit=true needs replay=none: XLA does not compile a step with replay")
        if self.has_classifier != (self.auxiliary > 0):
            raise UserError("auxiliary is the weight of the loss of D's classifier, d_condition=classifier: "
                            "both or neither")  # fmt: skip

    @property
    def has_classifier(self) -> bool:
        """Whether D has an auxiliary classifier: a second score beside its logit."""
        return False
