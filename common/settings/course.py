"""Settings of a run's course: how long, and from which seed."""

from dataclasses import dataclass
from typing import ClassVar

from common.system.fields import Group, setting


@dataclass(frozen=True, kw_only=True)
class RunSettings(Group):
    """How long, and from which seed."""

    owner: ClassVar[str] = "the run"

    epochs: int = setting("passes over the training images", low=1, flag=True)
    steps_per_epoch: int = setting(
        "steps that count as an epoch; 0: every full batch of the training images", 0, low=0, flag=True
    )
    seed: int = setting(
        "seed of the weights, the latents and the order of the images", 0, low=0, high=2**31 - 1, flag=True
    )
