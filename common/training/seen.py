"""What is seen of a run after an epoch: what the rules of `common.training.rules` look at."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from common.run.log import Log

SETTLED = 1000  # steps before which a network is judged by nothing but its data


@dataclass(frozen=True)
class Seen:
    """What rules look at after an epoch. `metrics` and `rollbacks` are config.json's, `numbers` the probe's, if any."""

    log: Log
    settings: Mapping[str, Any]
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    rollbacks: Sequence[int] = ()

    def last(self, column: str) -> float:
        """The last epoch's value of a column; NaN where it has none, with which every comparison is false."""
        value = self.log.rows[-1].get(column)
        return math.nan if value is None else value

    def number(self, name: str) -> float:
        """A number of the probe; NaN where it has none."""
        return self.numbers.get(name, math.nan)

    @property
    def settled(self) -> bool:
        """Whether the networks have had the steps to become something."""
        return self.last("step") >= SETTLED

    @property
    def critic_bound(self) -> float:
        """The largest difference of scores between two images by a slope of 1: the diagonal of all images."""
        return 2.0 * math.sqrt(3.0) * self.settings["image_size"]
