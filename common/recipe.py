"""A recipe: one system of one write-up, as data. Every setting says where its value comes from."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from common.errors import UserError
from common.settings import MachineSettings, MeasuringSettings, RunSettings, Settings
from common.system.fields import build, by_owner, defaults, fields, meaning

SOURCES = STATED, AUTHORS_CODE, ASSUMED, DEFAULT, COMMAND_LINE = (
    "stated", "author's code", "assumed", "default", "command line",
)  # fmt: skip

# Settings that make a run neither better nor worse: its length, seed, measuring and computing.
INDIFFERENT = {*fields(RunSettings), *fields(MeasuringSettings), *fields(MachineSettings)}


class Setting(NamedTuple):
    """A value, which of `SOURCES` it has, and the words of the write-up, the place in the code, or our reason."""

    value: Any
    source: str
    why: str = ""


def stated(value: Any, words: str) -> Setting:
    """A value that the write-up gives; `words` quotes or sums up the place."""
    return Setting(value, STATED, words)


def authors_code(value: Any, what: str) -> Setting:
    """A value that the write-up leaves open and its author's published code has; `what` says what the code does."""
    return Setting(value, AUTHORS_CODE, what)


def assumed(value: Any, reason: str) -> Setting:
    """A value that neither gives; `reason` says why this one."""
    return Setting(value, ASSUMED, reason)


def carried_over(given: Mapping[str, Setting], reason: str) -> dict[str, Setting]:
    """What a write-up states of another of its systems, taken for this one too: assumed, for that `reason`."""
    return {
        key: assumed(item.value, f"{reason}: {item.why}") if item.source == STATED else item
        for key, item in given.items()
    }


@dataclass(frozen=True)
class Recipe:
    """One system of one write-up. `reported` is the result it claims, `reported_fid` the figure in it, if any.

    `unit`, one of the log's `UNITS`, is what the write-up counts training in; a run's curves are drawn over it.
    `reported_protocol` is the protocol here that its figure is laid beside; empty: it was measured by another.
    """

    name: str
    writeup: str
    reported: str
    reported_fid: float | None
    kind: type[Settings]
    given: Mapping[str, Setting]
    changed: Mapping[str, Any] = field(default_factory=dict)
    unit: str = "epoch"
    reported_protocol: str = "writeup"

    @functools.cached_property
    def settings(self) -> Settings:
        """The settings as one checked object, built once; those of the command line win over the recipe's own."""
        return build(self.kind, {key: item.value for key, item in self.given.items()} | dict(self.changed))

    def override(self, changes: Mapping[str, Any]) -> "Recipe":
        """Return this recipe with some settings from the command line, each a value or the text of one.

        Raises:
            UserError: an unknown key or a bad value.
        """
        recipe = replace(self, changed={**self.changed, **changes})
        _ = recipe.settings  # refused now, not where they are used
        return recipe

    def settle(self, values: Mapping[str, Setting]) -> "Recipe":
        """Return this recipe with what was `auto`, to be chosen by the machine, at the values chosen.

        What the command line left to the machine stays the command line's.
        """
        chosen = {k: item._replace(source=COMMAND_LINE) if k in self.changed else item for k, item in values.items()}
        changed = {key: value for key, value in self.changed.items() if key not in values}
        return replace(self, given={**self.given, **chosen}, changed=changed)

    def own(self, name: str) -> Setting:
        """What the recipe says of a setting, whatever the command line has made of it."""
        return self.given.get(name) or Setting(fields(self.kind)[name].default, DEFAULT)

    def provenance(self) -> dict[str, Setting]:
        """Every setting with its value and source, in the order in which the settings class declares them."""
        return {
            name: Setting(getattr(self.settings, name), COMMAND_LINE) if name in self.changed else self.own(name)
            for name in fields(self.kind)
        }

    def record(self) -> dict[str, dict[str, Any]]:
        """`provenance` as config.json has it."""
        return {name: item._asdict() for name, item in self.provenance().items()}

    def describe(self) -> str:
        """Several lines: the write-up, what it reports, what it states, what its author's code has, what is assumed."""
        lines = [f"{self.name}: {self.writeup}", f"  reported: {self.reported}"]
        for source in (STATED, AUTHORS_CODE, ASSUMED):
            items = [(key, item) for key, item in self.provenance().items() if item.source == source]
            lines += [f"  {source}:"] * bool(items)
            lines += [f"    {key + '=' + str(item.value):<28} {item.why}" for key, item in items]
        return "\n".join(lines)

    def explain(self) -> str:
        """Every setting in several lines, by owner: its value, where that comes from, what it means and may be."""
        table, lines = self.provenance(), [f"{self.name}: {self.writeup}"]
        for owner, group in by_owner(self.kind).items():
            lines += ["", f"{owner}:"]
            for item in group:
                value, source, why = table[item.name]
                lines += [f"  {f'{item.name}={value}':<28} {source}{': ' * bool(why)}{why}", f"      {meaning(item)}"]
        return "\n".join(lines)


def get_recipe(recipes: Mapping[str, Recipe], name: str) -> Recipe:
    """Look a recipe up by name.

    Raises:
        UserError: there is none of that name.
    """
    if name not in recipes:
        raise UserError(f"unknown recipe {name!r}; choose from {', '.join(recipes)}")
    return recipes[name]


def changed_settings(old: Mapping[str, Any], new: Mapping[str, Any], kind: type[Settings]) -> dict[str, tuple]:
    """What differs between two records of settings, as config.json has them.

    Args:
        old: of the run; its version may not know all that today's does, and then had what is the default today.
        new: of the recipe.
        kind: today's settings.

    Returns:
        By setting, the old value and the new; None where there is no such setting.
    """
    values = [defaults(kind) | {name: item["value"] for name, item in record.items()} for record in (old, new)]
    both = {name: tuple(each.get(name) for each in values) for name in {**old, **new} if name not in INDIFFERENT}
    return {name: (was, is_now) for name, (was, is_now) in both.items() if was != is_now}
