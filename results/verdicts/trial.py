"""A trial: one training run of a claim's arm. It is known by its settings, seed and data, whichever claim wants it."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common.errors import UserError
from common.recipe import get_recipe
from common.system.fields import fields
from results.verdicts.families import FAMILIES, recipes_of

START = 2  # the version of the initial weights that a seed gives; 1: one stream of numbers for a network's kernels
END_FAKE = 2000  # generated images at the end, at most: Inception networks are slow on a CPU


@dataclass(frozen=True)
class Trial:
    """A run to be done: `changes` are what the command line sets, `settings` all that differ from the defaults."""

    family: str
    recipe: str
    changes: Mapping[str, Any]
    settings: Mapping[str, Any]
    data: str
    image_size: int
    counts: tuple[int, int]  # real and generated images of the measurement at the end
    seed: int
    steps: int
    start: int

    @property
    def id(self) -> str:
        """Twelve hex digits of family, settings, seed and data. A setting at its default counts for nothing."""
        version = [self.start] if self.start > 1 else []
        known = json.dumps([self.family, dict(self.settings), *version], sort_keys=True)
        return hashlib.sha256(known.encode()).hexdigest()[:12]

    @property
    def title(self) -> str:
        """What a progress line calls it."""
        return f"{self.family}/{self.recipe} seed {self.seed} ({self.id})"

    @property
    def data_path(self) -> str:
        """What `--data` is given: `data`, with `$NAME` in it filled in from the environment.

        Raises:
            UserError: such a variable is not set.
        """
        path = os.path.expandvars(self.data)
        if "$" in path:
            raise UserError(f"data {self.data!r}: set this variable to a folder of pictures")
        return os.path.abspath(path) if os.sep in path else path


@dataclass(frozen=True)
class Length:
    """Updates of G in a run, between two measurements, and in an epoch of its log."""

    steps: int
    every: int
    epoch: int

    def __post_init__(self):
        for key, count, of, unit in (
            ("steps", self.steps, "every", self.every),
            ("every", self.every, "epoch", self.epoch),
        ):
            if unit < 1 or count < unit or count % unit:
                raise UserError(f"{key} = {count} is not a multiple of {of} = {unit}")


def make_trial(
    family: str, recipe: str, changes: Mapping[str, Any], seed: int, length: Length, start: int = START
) -> Trial:
    """Resolve the settings of a run. What it keeps is its last generator: a figure at N steps is of N steps.

    Raises:
        UserError: an unknown family or recipe, an unknown setting or a bad value, or one of those that follow from
            seed and length, or a version of the initial weights that there is not.
    """
    if not 1 <= start <= START:
        raise UserError(f"start = {start} is no version of the initial weights: they go from 1 to {START}")
    if family not in FAMILIES:
        raise UserError(f"family {family!r} is not one of {', '.join(FAMILIES)}")
    follow = {"seed": seed, "keep": "last", "epochs": length.steps // length.epoch, "steps_per_epoch": length.epoch,
              "metrics_every": length.every // length.epoch}  # fmt: skip
    if taken := sorted(follow.keys() & changes.keys()):
        raise UserError(f"{taken[0]} is no setting of a claim: it follows from seeds, steps, every and epoch")
    changes = {**changes, **follow}
    chosen = get_recipe(recipes_of(family), recipe).override(changes)
    values = {key: item.value for key, item in chosen.provenance().items()}
    known = fields(chosen.kind)
    return Trial(
        family=family,
        recipe=recipe,
        changes=changes,
        settings={key: value for key, value in values.items() if value != known[key].default},
        data=values["data"],
        image_size=values["image_size"],
        counts=(values["metric_real"], min(values["metric_fake"], END_FAKE)),
        seed=seed,
        steps=length.steps,
        start=start,
    )
