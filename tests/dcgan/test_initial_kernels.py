"""No two kernels begin alike: Keras 3 gives all weights that one initializer makes the same random numbers."""

import itertools

import numpy as np
import pytest

from csagan.model import CSAGAN
from csagan.recipes import RECIPES as CSAGAN_RECIPES
from dcgan.model import DCGAN
from dcgan.recipes import RECIPES as DCGAN_RECIPES
from sagan.model import SAGAN
from sagan.recipes import RECIPES as SAGAN_RECIPES

SYSTEMS = {
    f"{kind.__name__.lower()}/{name}": (kind, recipe)
    for kind, recipes in ((DCGAN, DCGAN_RECIPES), (SAGAN, SAGAN_RECIPES), (CSAGAN, CSAGAN_RECIPES))
    for name, recipe in recipes.items()
}
LOOKED_AT = 24  # numbers of a kernel


@pytest.mark.parametrize("system", SYSTEMS)
def test_kernels_of_a_recipe_share_no_random_numbers(system):
    kind, recipe = SYSTEMS[system]
    small = {"g_width": 8, "d_width": 8} if "g_width" in recipe.provenance() else {}
    check(kind, recipe.override(small).settings)


def test_nor_do_those_of_ingredients():
    changes = {"blocks": "residual", "d_batch_norm": False, "minibatch_kernels": 8, "g_width": 8, "d_width": 8}
    check(DCGAN, DCGAN_RECIPES["best"].override(changes).settings)


def check(kind, settings):
    for network in (kind.build_generator, kind.build_discriminator):
        heads = {
            weight.path: np.ravel(weight.numpy())[:LOOKED_AT]
            for weight in network(settings, 10).trainable_weights
            if len(weight.shape) > 1 and np.size(weight) >= LOOKED_AT and np.std(weight) > 0
        }
        assert len(heads) > 2
        for (one, a), (other, b) in itertools.combinations(heads.items(), 2):
            assert abs(np.corrcoef(a, b)[0, 1]) < 0.95, f"{one} begins as {other}"
