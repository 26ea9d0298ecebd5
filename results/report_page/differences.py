"""Where a kept run is not of today's recipe: a word beside its name, and what differs, setting by setting."""

from common.pages.document import table
from common.pages.markup import Markup, element
from common.recipe import COMMAND_LINE, changed_settings
from results.report_page.report import System

EARLIER, OTHER = "earlier reading", "other settings"  # the recipe has changed since; the command line changed it


def differences(system: System) -> dict[str, tuple]:
    """By setting, what the run had and what the recipe has; empty of a recipe that is gone, or has no run."""
    if not (system.run and system.recipe):
        return {}
    return changed_settings(system.config["settings"], system.recipe.record(), system.recipe.kind)


def reading(system: System) -> str:
    """`EARLIER` where the recipe itself was another, `OTHER` where only the command line differs, else empty."""
    record = system.config.get("settings", {})
    sources = {record.get(name, {}).get("source") for name in differences(system)}
    return (OTHER if sources == {COMMAND_LINE} else EARLIER) if sources else ""


def reading_mark(system: System) -> Markup:
    """The word for beside the name of a system; its title tells what differs."""
    told = (f"{name} {_words(then)}, today {_words(today)}" for name, (then, today) in differences(system).items())
    word = reading(system)
    return element("small", word, title="; ".join(told)) if word else Markup()


def differences_table(system: System) -> Markup:
    """A row a setting in which the run is not of today's recipe, with today's source."""
    found = differences(system)
    if not found:
        return Markup()
    today = system.recipe.provenance()
    rows = ((name, *map(_words, values), today[name].source if name in today else "") for name, values in found.items())
    return element(
        "div",
        element("p", element("b", f"{reading(system).capitalize()}: "), "this run is not of the recipe as it is now."),
        table(("setting", "the run", "the recipe today", "source"), rows, f"what differs in {system.name}"),
    )


def _words(value: object) -> str:
    return "no such setting" if value is None else str(value)
