"""Recipes as data: complete, marked, overridable, and strict about what they are given."""

import dataclasses

import pytest

from common.errors import UserError
from common.settings import fields
from dcgan.recipes import BENDALE, RECIPES


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_every_setting_has_a_source_and_every_given_one_a_reason(recipe):
    table = recipe.provenance()
    assert set(table) == set(fields(recipe.kind))
    for key, item in recipe.given.items():
        assert item.source in ("stated", "author's code", "assumed") and item.why, key
        assert getattr(recipe.settings, key) == item.value


def test_what_the_write_ups_state():
    bendale, csa250, hamed = (RECIPES[name].settings for name in ("bendale", "csa250", "hamed"))
    assert (bendale.batch_size, bendale.epochs, bendale.loss, bendale.optimizer) == (64, 3200, "bce", "adam")
    assert (bendale.g_learning_rate, bendale.d_learning_rate, bendale.metrics_every) == (1e-4, 4e-4, 10)
    assert (csa250.batch_size, csa250.beta_1, csa250.leaky_slope, csa250.latent_dim) == (128, 0.5, 0.2, 100)
    assert csa250.epochs * (50_000 // 128) >= 100_000 > (csa250.epochs - 1) * (50_000 // 128)
    assert (hamed.batch_size, hamed.epochs, hamed.loss) == (64, 1000, "bce")
    celeba = RECIPES["celeba"]
    settings = celeba.settings
    assert (settings.data, settings.image_size, settings.update, settings.crop) == (
        "celeb_a", 64, "alternating", "center",
    )  # fmt: skip
    assert (settings.batch_size, settings.g_learning_rate, settings.d_learning_rate, settings.beta_1) == (
        128, 2e-4, 2e-4, 0.5,
    )  # fmt: skip
    assert not settings.fully_connected and settings.g_activation == "relu" and settings.leaky_slope == 0.2
    assert {"batch_size", "beta_1", "leaky_slope"} <= {
        k for k, item in celeba.given.items() if item.source == "assumed"
    }


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
