"""A recipe: one system of one write-up, as data. Every setting says whether the write-up states it or we assume it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from common.errors import UserError
from common.settings import Settings, build, fields


class Setting(NamedTuple):
    """A value, where it comes from, and the words of the write-up or the reason for the assumption."""

    value: Any
    source: Literal["stated", "author's code", "assumed", "default", "command line"]
    why: str = ""


def stated(value: Any, words: str) -> Setting:
    """A value that the write-up gives; `words` quotes or sums up the place."""
    return Setting(value, "stated", words)


def authors_code(value: Any, what: str) -> Setting:
    """A value of the code that the write-up's author published, where the text is silent; `what` says of what."""
    return Setting(value, "author's code", what)


def assumed(value: Any, reason: str) -> Setting:
    """A value that the write-up leaves open; `reason` says why this one."""
    return Setting(value, "assumed", reason)


@dataclass(frozen=True)
class Recipe:
    """One system of one write-up. `reported` is the result it claims, `reported_fid` the figure in it, if any."""

    name: str
    writeup: str
    reported: str
    reported_fid: float | None
    kind: type[Settings]
    given: Mapping[str, Setting]
    changed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """The settings as one checked object; settings of the command line win over the recipe's own."""
        return build(self.kind, {key: item.value for key, item in self.given.items()} | dict(self.changed))

    def override(self, changes: Mapping[str, Any]) -> "Recipe":
        """Return this recipe with some settings from the command line.

        Raises:
            UserError: an unknown key or a bad value.
        """
        checked = replace(self, changed=dict(changes)).settings
        return replace(self, changed={key: getattr(checked, key) for key in changes})

    def provenance(self) -> dict[str, Setting]:
        """Every setting with its value and source, in the order in which the settings class declares them."""
        settings = self.settings
        table = {}
        for name in fields(self.kind):
            if name in self.changed:
                table[name] = Setting(self.changed[name], "command line")
            elif name in self.given:
                table[name] = self.given[name]
            else:
                table[name] = Setting(getattr(settings, name), "default")
        return table

    def describe(self) -> str:
        """Several lines: the write-up, what it reports, what it states and what is assumed."""
        lines = [f"{self.name}: {self.writeup}", f"  reported: {self.reported}"]
        for source in ("stated", "author's code", "assumed"):
            items = [(key, item) for key, item in self.provenance().items() if item.source == source]
            lines += [f"  {source}:"] * bool(items)
            lines += [f"    {key + '=' + str(item.value):<28} {item.why}" for key, item in items]
        return "\n".join(lines)


def get_recipe(recipes: Mapping[str, Recipe], name: str) -> Recipe:
    """Look a recipe up by name.

    Raises:
        UserError: there is none of that name.
    """
    if name not in recipes:
        raise UserError(f"unknown recipe {name!r}; choose from {', '.join(recipes)}")
    return recipes[name]
