"""Settings of a run's course: how long, from which seed, and what ends it."""

from dataclasses import dataclass
from typing import ClassVar

from common.system.fields import Group, setting


@dataclass(frozen=True, kw_only=True)
class RunSettings(Group):
    """How long, from which seed, and what ends it."""

    owner: ClassVar[str] = "the run"

    epochs: int = setting("passes over the training images", low=1, flag=True)
    steps_per_epoch: int = setting(
        "steps that count as an epoch; 0: every full batch of the training images", 0, low=0, flag=True
    )
    seed: int = setting(
        "seed of the weights, the latents and the order of the images", 0, low=0, high=2**31 - 1, flag=True
    )
    on_nan: str = setting(
        "when a loss or a weight is no longer finite: stop; or rollback, to the start of that epoch, and go on with "
        "other random numbers, three times at most, for which every epoch's start has a checkpoint, not one a minute",
        "stop",
        choices=("stop", "rollback"),
        flag=True,
    )
