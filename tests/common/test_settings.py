"""Settings: owned by a group each, explained field by field, and the source of the command line's flags."""

import argparse
from dataclasses import dataclass
from typing import ClassVar

import pytest

from common.commands.setting_flags import add_setting_flags, setting_changes
from common.data.load import DATASETS
from common.errors import UserError
from common.run.run_folder import RunFolder
from common.settings import Settings
from common.system.fields import Group, build, by_owner, fields, meaning, setting
from csagan.recipes import RECIPES as CSAGAN_RECIPES
from dcgan.recipes import BENDALE, RECIPES
from sagan.recipes import RECIPES as SAGAN_RECIPES

KINDS = {recipe.kind for recipes in (RECIPES, SAGAN_RECIPES, CSAGAN_RECIPES) for recipe in recipes.values()}
OWNERS = ["the data", "the adversarial game", "measuring", "the run", "the machine", "the networks"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_setting_has_one_owner_and_says_what_it_means(kind):
    groups = by_owner(kind)
    assert list(groups) == OWNERS
    assert [field for group in groups.values() for field in group] == list(fields(kind).values())
    assert {field.name for field in groups["the networks"]} == set(fields(kind)) - set(fields(Settings))
    for field in fields(kind).values():
        assert field.metadata["help"].strip(), field.name


@pytest.mark.parametrize("recipe", [BENDALE, RECIPES["desai"], SAGAN_RECIPES["csa250"], CSAGAN_RECIPES["hamed"]])
def test_a_recipe_explains_every_setting(recipe):
    recipe = recipe.override({"epochs": "3"})
    text = recipe.explain()
    for name, item in recipe.provenance().items():
        (line,) = (line for line in text.splitlines() if line.startswith(f"  {name}={item.value} "))
        assert line.removeprefix(f"  {name}={item.value} ").strip() == item.source + (item.why and f": {item.why}")
        assert f"\n{line}\n      {meaning(fields(recipe.kind)[name])}\n" in f"{text}\n"


@dataclass(frozen=True, kw_only=True)
class Oven(Group):
    owner: ClassVar[str] = "the oven"
    heat: float = setting("degrees", 180.0, low=0, high=300, flag=True)
    fan: bool = setting("whether it blows", False)

    def __post_init__(self):
        super().__post_init__()
        if self.fan and self.heat > 200:
            raise UserError("too hot to blow")


@dataclass(frozen=True, kw_only=True)
class Cake(Oven):
    owner: ClassVar[str] = "the cake"
    eggs: int = setting("how many", low=1)
    name: str = setting("what to call it: sponge, or your own", "sponge")
    shape: str = setting("form", "round", choices={"round": 1, "square": 2})


def test_groups_lie_flat_and_keep_their_rules():
    assert {owner: [field.name for field in group] for owner, group in by_owner(Cake).items()} == {
        "the oven": ["heat", "fan"], "the cake": ["eggs", "name", "shape"],
    }  # fmt: skip
    assert build(Cake, {"eggs": "3", "heat": "2e2"}) == Cake(eggs=3, heat=200.0)
    with pytest.raises(UserError, match="too hot to blow"):
        build(Cake, {"eggs": 3, "heat": 250, "fan": "on"})
    with pytest.raises(UserError, match="shape=oval is not one of round, square"):
        build(Cake, {"eggs": 3, "shape": "oval"})


@pytest.mark.parametrize("value", ["many", "2.5", 2.5, "inf", float("nan"), None, [2], "", "1e400"])
def test_what_is_no_number_of_the_kind_is_refused(value):
    with pytest.raises(UserError, match=r"^eggs=.* is not a whole number$"):
        build(Cake, {"eggs": value})
    if value not in (2.5, "2.5"):
        with pytest.raises(UserError, match=r"^heat=.* is not (a number|finite)$"):
            build(Cake, {"eggs": 1, "heat": value})
    with pytest.raises(UserError, match=r"^fan=.* is not true or false$"):
        build(Cake, {"eggs": 1, "fan": value})


@pytest.mark.parametrize("recipe", [BENDALE, RECIPES["desai"], CSAGAN_RECIPES["hamed"]], ids=lambda recipe: recipe.name)
def test_the_text_of_every_value_means_that_value(recipe):
    values = {name: getattr(recipe.settings, name) for name in fields(recipe.kind)}
    assert build(recipe.kind, {name: str(value) for name, value in values.items()}) == recipe.settings
    assert build(recipe.kind, values) == recipe.settings


def test_what_a_field_may_be_is_said():
    said = {name: meaning(field) for name, field in fields(Cake).items()}
    assert said == {
        "heat": "degrees [0 to 300]", "fan": "whether it blows [true, false]", "eggs": "how many [at least 1]",
        "name": "what to call it: sponge, or your own", "shape": "form [round, square]",
    }  # fmt: skip


def test_flags_are_fields():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_setting_flags(parser)
    assert setting_changes(parser.parse_args([])) == {}
    given = ["--batch-size", "8", "--skip-broken", "--set", "loss = hinge", "--set", "batch_size=16"]
    assert setting_changes(parser.parse_args(given)) == {"batch_size": "16", "skip_broken": "true", "loss": "hinge"}
    flags = {action.dest for action in parser._actions} - {"help", "set"}
    assert flags == {name for name, field in fields(Settings).items() if field.metadata["flag"]}
    assert {"data", "epochs", "batch_size", "seed", "precision", "metrics", "image_size"} <= flags
    text = " ".join(parser.format_help().split())
    assert "real images of one update of D; a step takes d_steps times as many" in text
    assert all(name in text for name in DATASETS)
    with pytest.raises(UserError, match="KEY=VALUE"):
        setting_changes(parser.parse_args(["--set", "loss"]))


def test_a_run_whose_sources_had_other_names_goes_on(tmp_path):
    def config(source):
        table = {key: item._asdict() | source for key, item in BENDALE.provenance().items()}
        return {"family": "dcgan", "recipe": "bendale", "settings": dict(reversed(table.items()))}

    run = RunFolder(tmp_path)
    run.write_config(config({"source": "stated"}))
    run.check_same(config({}))
