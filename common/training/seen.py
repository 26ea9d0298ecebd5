"""What is seen of a run after an epoch: what the rules of `common.training.rules` look at."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from common.errors import UserError
from common.run.log import Log
from common.settings import Settings
from common.system.fields import build, fields

SETTLED = 1000  # steps before which a network is judged by nothing but its data


@dataclass(frozen=True)
class Seen:
    """What rules look at after an epoch.

    `metrics` and `rollbacks` are config.json's, `numbers` the probe's, if any. `kind` is the class of the settings,
    which knows what they may be; None: of a family that is not known here.
    """

    log: Log
    settings: Mapping[str, Any]
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    rollbacks: Sequence[int] = ()
    kind: type[Settings] | None = None

    def last(self, column: str) -> float:
        """The last epoch's value of a column; NaN where it has none, with which every comparison is false."""
        value = self.log.rows[-1].get(column)
        return math.nan if value is None else value

    def number(self, name: str) -> float:
        """A number of the probe; NaN where it has none."""
        return self.numbers.get(name, math.nan)

    def accepts(self, changes: Mapping[str, Any]) -> bool:
        """Whether the settings, with these changed, are such as a run may have."""
        if self.kind is None:
            return False
        known = fields(self.kind)
        try:
            build(self.kind, {name: value for name, value in self.settings.items() if name in known} | dict(changes))
        except UserError:
            return False
        return True

    @property
    def settled(self) -> bool:
        """Whether the networks have had the steps to become something."""
        return self.last("step") >= SETTLED

    @property
    def critic_bound(self) -> float:
        """The largest difference of scores between two images by a slope of 1: the diagonal of all images."""
        return 2.0 * math.sqrt(3.0) * self.settings["image_size"]
