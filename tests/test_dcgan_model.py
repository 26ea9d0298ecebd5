"""The two networks: shapes, guidelines of the paper, initial weights, a generator that loads without the project."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from common.sampling import Sampler, load_generator, save_generator
from dcgan.model import build_discriminator, build_generator
from dcgan.recipes import RECIPES


def kinds(model):
    return [type(layer).__name__ for layer in model.layers]


@pytest.mark.parametrize("name", RECIPES)
def test_networks_read_as_the_paper_says(name):
    settings = RECIPES[name].settings
    generator, discriminator = build_generator(settings), build_discriminator(settings)
    assert generator.output_shape == (None, 32, 32, 3) and discriminator.output_shape == (None, 1)
    for model in (generator, discriminator):
        assert not [kind for kind in kinds(model) if "Pool" in kind or "UpSampling" in kind]
    assert generator.layers[-1].activation is keras.activations.tanh
    assert discriminator.layers[2].__class__ is not keras.layers.BatchNormalization  # not on D's input layer
    norms = [kinds(model).count("BatchNormalization") for model in (generator, discriminator)]
    assert norms == [3, 2 if settings.d_batch_norm else 0]
    assert ("Dense" in kinds(generator) + kinds(discriminator)) == settings.fully_connected


def test_bendale_parameter_counts():
    settings = RECIPES["bendale"].settings
    assert build_generator(settings).count_params() == (
        100 * 4096 + 4 * 4096 + 25 * (256 * 128 + 128 * 64 + 64 * 3) + 4 * (128 + 64) + 3
    )
    assert build_discriminator(settings).count_params() == (
        25 * (3 * 64 + 64 * 128 + 128 * 256) + 64 + 4 * (128 + 256) + 4096 + 1
    )


def test_depth_follows_the_image_size():
    settings = RECIPES["hamed"].override({"image_size": 128, "g_width": 2, "d_width": 2}).settings
    assert build_generator(settings).output_shape == (None, 128, 128, 3)
    assert kinds(build_discriminator(settings)).count("Conv2D") == 5 + 1


def test_initial_weights_are_those_of_the_paper():
    keras.utils.set_random_seed(0)
    for model in (build_generator(RECIPES["bendale"].settings), build_discriminator(RECIPES["bendale"].settings)):
        for layer in model.layers:
            if hasattr(layer, "kernel") and layer.kernel.shape[-1] > 3:
                assert np.mean(layer.kernel) == pytest.approx(0, abs=2e-3)
                assert np.std(layer.kernel) == pytest.approx(0.02, rel=0.03)


def test_the_same_latent_gives_the_same_image_in_any_batch():
    generator = build_generator(RECIPES["bendale"].override({"g_width": 8}).settings)
    sampler = Sampler(generator, 100)
    many = sampler.draw(300, seed=3, purpose="test")
    assert many.dtype == np.uint8 and many.shape == (300, 32, 32, 3)
    few = sampler.draw(5, seed=3, purpose="test").astype(int)
    assert np.abs(few - many[:5]).max() <= 1
    assert not np.array_equal(sampler.draw(5, seed=3, purpose="other"), many[:5])


def test_saved_generator_loads_with_keras_alone(tmp_path):
    generator = build_generator(RECIPES["csa250"].override({"g_width": 8}).settings)
    save_generator(tmp_path / "generator.keras", generator)
    z = np.random.RandomState(0).randn(2, 100).astype(np.float32)
    np.save(tmp_path / "z.npy", z)
    code = "import keras, numpy; numpy.save('out.npy', keras.saving.load_model('generator.keras')(numpy.load('z.npy')))"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), generator(z), atol=1e-5)
    assert load_generator(tmp_path / "generator.keras").input_shape == (None, 100)


@pytest.mark.parametrize(("where", "counts"), [("none", (0, 0)), ("discriminator", (0, 4)), ("both", (4, 4))])
def test_spectral_norm_goes_where_the_recipe_says(where, counts):
    settings = RECIPES["bendale"].override({"spectral_norm": where, "g_width": 4, "d_width": 4}).settings
    models = build_generator(settings), build_discriminator(settings)
    assert tuple(kinds(model).count("SpectralNormalization") for model in models) == counts
    assert build_discriminator(settings)(np.zeros((1, 32, 32, 3), np.float32)).dtype == "float32"
