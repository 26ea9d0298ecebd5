"""SAGAN: DCGAN with attention in one place of each network, and generators that find their layers again."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from common.errors import UserError
from common.run.generator_file import save_generator
from dcgan.model import build_generator as build_dcgan_generator
from sagan.attention import Attention
from sagan.model import SAGAN, build_discriminator, build_generator
from sagan.recipes import RECIPES
from tests.helpers import ROOT

SMALL = {"g_width": 8, "d_width": 8}


def attention_of(model):
    return [layer for layer in model.layers if isinstance(layer, Attention)]


@pytest.mark.parametrize("size", [8, 16])
def test_one_attention_where_the_recipe_says(size):
    switches = {"attention_pool": "yes", "attention_scaled": "yes"}
    changes = {"g_attention_size": size, "d_attention_size": size} | switches
    settings = RECIPES["bendale"].override(SMALL | changes).settings
    for model in (build_generator(settings), build_discriminator(settings)):
        (attention,) = attention_of(model)
        assert attention.output.shape[1:3] == (size, size) and attention.pool and attention.scaled


def test_it_is_dcgan_until_gamma_moves():
    settings = RECIPES["bendale"].override(SMALL).settings
    keras.utils.set_random_seed(0)
    sagan, dcgan = build_generator(settings), build_dcgan_generator(settings)
    plain = [layer for layer in sagan.layers if not isinstance(layer, Attention)]
    for ours, theirs in zip(plain, dcgan.layers, strict=True):
        theirs.set_weights(ours.get_weights())
    z = np.random.RandomState(0).randn(3, 100).astype(np.float32)
    np.testing.assert_array_equal(sagan(z), dcgan(z))
    attention_of(sagan)[0].gamma.assign(1.0)
    assert not np.allclose(sagan(z), dcgan(z))


def test_a_place_that_does_not_exist_is_refused():
    with pytest.raises(UserError, match="attention at 12x12 is impossible: the feature maps have 4, 8, 16"):
        build_generator(RECIPES["bendale"].override({"g_attention_size": 12}).settings)


def test_what_the_write_up_states():
    bendale, negative = RECIPES["bendale"].settings, RECIPES["bendale-wasserstein"].settings
    assert (bendale.epochs, bendale.loss, bendale.optimizer, bendale.attention_pool) == (200, "bce", "adam", False)
    assert (bendale.g_learning_rate, bendale.d_learning_rate) == (1e-4, 4e-4)
    assert negative.loss == "wasserstein" and (negative.clip, negative.gradient_penalty) == (0, 0)


@pytest.mark.slow
def test_a_saved_generator_finds_its_own_layers(tmp_path):
    settings = RECIPES["bendale"].override(SMALL | {"spectral_norm": "both"}).settings
    save_generator(tmp_path / "generator.keras", build_generator(settings))
    code = (
        "from pathlib import Path; from common.run.generator_file import load_generator;"
        f"print(load_generator(Path({str(tmp_path / 'generator.keras')!r})).output_shape)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "(None, 32, 32, 3)" in done.stdout, done.stderr


def test_what_attention_does_goes_into_the_log():
    gan = SAGAN(RECIPES["bendale"].override(SMALL | {"batch_size": 4}).settings)
    before = gan.scalars()
    assert before.items() >= {"g_gamma": 0.0, "d_gamma": 0.0}.items() and 0 < before["g_attention_far"] < 1
    gan.train_step((tf.random.stateless_uniform((4, 32, 32, 3), (1, 2), -1, 1), tf.zeros(4, tf.int32)))
    after = gan.scalars()
    assert after.keys() == before.keys() and all(after[name] != before[name] for name in after)
    assert gan.scalars() == after
