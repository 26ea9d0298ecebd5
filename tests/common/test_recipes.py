"""Recipes as data: complete, marked, overridable, and strict about what they are given."""

import dataclasses

import pytest

from common.errors import UserError
from common.recipe import SOURCES, authors_code
from common.system.fields import fields
from csagan.recipes import RECIPES as CSAGAN_RECIPES
from dcgan.recipes import BENDALE, RECIPES
from sagan.recipes import RECIPES as SAGAN_RECIPES

ALL = {f"{family}/{name}": recipe
       for family, recipes in (("dcgan", RECIPES), ("sagan", SAGAN_RECIPES), ("csagan", CSAGAN_RECIPES))
       for name, recipe in recipes.items()}  # fmt: skip


@pytest.mark.parametrize("recipe", ALL.values(), ids=ALL)
def test_every_setting_has_a_source_and_every_given_one_a_reason(recipe):
    table = recipe.provenance()
    assert set(table) == set(fields(recipe.kind))
    for key, item in recipe.given.items():
        assert item.source in SOURCES and item.why, key
        assert getattr(recipe.settings, key) == item.value


def test_csa250_counts_in_iterations_and_all_others_in_epochs():
    assert {name for name, recipe in ALL.items() if recipe.unit == "step"} == {"dcgan/csa250", "sagan/csa250"}
    assert {recipe.unit for recipe in ALL.values()} == {"step", "epoch"}


def test_the_authors_code_and_our_reading_are_not_called_stated():
    desai, csa250, bendale = (ALL[name].provenance() for name in ("dcgan/desai", "sagan/csa250", "dcgan/bendale"))
    assert {desai[key].source for key in ("batch_size", "beta_1", "momentum", "width", "update")} == {"author's code"}
    assert (desai["data"].source, desai["replay"].source, desai["loss"].source) == ("stated", "stated", "assumed")
    assert (csa250["g_attention_size"].source, csa250["d_attention_size"].source) == ("assumed", "assumed")
    assert (bendale["d_batch_norm"].source, bendale["loss"].source) == ("assumed", "stated")
    experiment = ALL["dcgan/wgan-sn"].provenance()
    assert [key for key, item in experiment.items() if item.source == "stated"] == ["data", "loss"]
    assert experiment["g_learning_rate"].value == 1e-4 and "generator as 0.0001" in experiment["g_learning_rate"].why


def test_a_recipe_is_listed_by_source():
    given = BENDALE.given | {"beta_2": authors_code(0.99, "line 12")}
    described = dataclasses.replace(BENDALE, given=given).describe()
    stated, code, assumed = (described.index(f"\n  {source}:\n") for source in SOURCES[:3])
    assert stated < described.index("    loss=bce") < code < described.index("    beta_2=0.99") < assumed
    assert assumed < described.index("    dropout=0.3")


def test_settings_are_built_once_and_checked_when_changed(monkeypatch):
    built = []
    rules = BENDALE.kind.__post_init__
    monkeypatch.setattr(BENDALE.kind, "__post_init__", lambda settings: (built.append(settings), rules(settings)))
    recipe = BENDALE.override({"epochs": "7"})
    assert recipe.settings is recipe.settings and recipe.provenance() and recipe.own("epochs").value == 3200
    assert built == [recipe.settings]
    assert recipe.override({"flip": "yes"}).settings.epochs == 7  # a second change keeps the first


def test_override_converts_marks_and_leaves_the_recipe_alone():
    changed = BENDALE.override({"dropout": "0", "flip": "yes", "epochs": "7"})
    assert (changed.settings.dropout, changed.settings.flip, changed.settings.epochs) == (0.0, True, 7)
    assert changed.provenance()["epochs"].source == "command line"
    assert BENDALE.settings.epochs == 3200


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"droput": "0.1"}, "unknown setting 'droput'.*dropout"),
        ({"batch_size": "-3"}, "batch_size=-3 is too small; the least is 2"),
        ({"batch_size": "many"}, "batch_size='many' is not a whole number"),
        ({"dropout": "nan"}, "dropout=nan"),
        ({"loss": "mse"}, "loss=mse is not one of bce"),
        ({"flip": "perhaps"}, "not true or false"),
        ({"image_size": "48"}, "not 4 times a power of two"),
        ({"loss": "hinge", "real_target": "0.9"}, "no targets"),
    ],
)
def test_bad_overrides_are_named(changes, words):
    with pytest.raises(UserError, match=words):
        BENDALE.override(changes)


def test_a_recipe_that_forgets_a_setting_says_which():
    given = {key: item for key, item in BENDALE.given.items() if key != "loss"}
    with pytest.raises(UserError, match="sets no loss"):
        _ = dataclasses.replace(BENDALE, given=given).settings
