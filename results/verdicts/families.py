"""The families whose recipes claims and kept runs are of."""

from collections.abc import Mapping
from importlib import import_module

from common.recipe import Recipe

FAMILIES = ("dcgan", "sagan", "csagan")


def recipes_of(family: str) -> Mapping[str, Recipe]:
    """The recipes of a family by name; none of one that is not known here, as a run's config may name."""
    return import_module(f"{family}.recipes").RECIPES if family in FAMILIES else {}
