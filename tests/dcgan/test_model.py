"""The two networks: shapes, guidelines of the paper, initial weights, a generator that loads without the project."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from common.errors import UserError
from common.run.generator_file import load_generator, save_generator
from common.sampling.sampler import Sampler
from dcgan.model import build_discriminator, build_generator
from dcgan.recipes import RECIPES


def kinds(model):
    return [type(layer).__name__ for layer in model.layers]


@pytest.mark.parametrize("name", [name for name in RECIPES if name not in ("desai", "hamed")])  # networks of their own
def test_networks_read_as_the_paper_says(name):
    settings = RECIPES[name].settings
    generator, discriminator = build_generator(settings), build_discriminator(settings)
    size = settings.image_size
    assert generator.output_shape == (None, size, size, 3) and discriminator.output_shape == (None, 1)
    for model in (generator, discriminator):
        assert not [kind for kind in kinds(model) if "Pool" in kind or "UpSampling" in kind]
    assert generator.layers[-1].activation is keras.activations.tanh
    assert discriminator.layers[2].__class__ is not keras.layers.BatchNormalization  # not on D's input layer
    norms = [sum("BatchNormalization" in kind for kind in kinds(model)) for model in (generator, discriminator)]
    rows = {32: 3, 64: 4}[size]
    assert norms == [rows, rows - 1 if settings.d_batch_norm else 0]
    assert ("Dense" in kinds(generator) + kinds(discriminator)) == settings.fully_connected


def test_bendale_parameter_counts():
    assert build_generator(RECIPES["bendale"]).count_params() == (
        100 * 4096 + 4 * 4096 + 25 * (256 * 128 + 128 * 64 + 64 * 3) + 4 * (128 + 64) + 3
    )
    assert build_discriminator(RECIPES["bendale"].settings).count_params() == (
        25 * (3 * 64 + 64 * 128 + 128 * 256) + 64 + 128 + 256 + 4096 + 1
    )


def test_with_a_smallest_map_of_8_the_networks_are_the_tutorials():
    settings = RECIPES["bendale"].override({"smallest_map": 8}).settings
    generator, discriminator = build_generator(settings), build_discriminator(settings)
    maps = [layer.output.shape[1:] for layer in generator.layers if type(layer).__name__ == "Conv2DTranspose"]
    assert maps == [(8, 8, 128), (16, 16, 64), (32, 32, 3)]
    maps = [layer.output.shape[1:] for layer in discriminator.layers if type(layer).__name__ == "Conv2D"]
    assert maps == [(16, 16, 64), (8, 8, 128)]
    assert generator.count_params() == 100 * 16384 + 4 * 16384 + 25 * (256 * 128 + 128 * 64 + 64 * 3) + 4 * 192 + 3
    assert discriminator.count_params() == 25 * (3 * 64 + 64 * 128) + 64 + 128 + 8192 + 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"smallest_map": 6}, "4 or 8"), ({"image_size": 8}, "image_size of 16"), ({"blocks": "residual"}, "blocks=plain"),
     ({"fully_connected": False}, "fully_connected=true"), ({"resampling": "pooling"}, "strided")],
)  # fmt: skip
def test_a_smallest_map_that_the_networks_cannot_have_is_refused(changes, words):
    with pytest.raises(UserError, match=words):
        RECIPES["bendale"].override({"smallest_map": 8} | changes)


def test_celeba_has_the_channels_and_the_parameters_of_the_tutorial():
    settings = RECIPES["celeba"].settings
    generator, discriminator = build_generator(settings), build_discriminator(settings)
    maps = [layer.output.shape[1:] for layer in generator.layers if type(layer).__name__ == "Conv2DTranspose"]
    assert maps == [(4, 4, 512), (8, 8, 256), (16, 16, 128), (32, 32, 64), (64, 64, 3)]
    maps = [layer.output.shape[1:] for layer in discriminator.layers if type(layer).__name__ == "Conv2D"]
    assert maps == [(32, 32, 64), (16, 16, 128), (8, 8, 256), (4, 4, 512), (1, 1, 1)]
    trainable = [sum(w.numpy().size for w in model.trainable_weights) for model in (generator, discriminator)]
    assert trainable == [3_576_704 + 3, 2_765_568 + 64 + 1]  # and biases, where the tutorial has none


@pytest.mark.parametrize("width", [64, 128])
def test_the_paper_s_64x64_generator_is_one_setting_away(width):
    settings = RECIPES["celeba"].override({"g_width": width}).settings
    first = next(layer for layer in build_generator(settings).layers if type(layer).__name__ == "Conv2DTranspose")
    assert first.output.shape[1:] == (4, 4, 8 * width)


def test_depth_follows_the_image_size():
    settings = RECIPES["celeba"].override({"image_size": 128, "g_width": 2, "d_width": 2}).settings
    assert build_generator(settings).output_shape == (None, 128, 128, 3)
    assert kinds(build_discriminator(settings)).count("Conv2D") == 5 + 1


def kernels(name):
    settings = RECIPES[name].settings
    keras.utils.set_random_seed(0)
    layers = [layer for build in (build_generator, build_discriminator) for layer in build(settings).layers]
    return [layer.kernel for layer in layers if hasattr(layer, "kernel") and layer.kernel.shape[-1] > 3]


def test_initial_weights_are_those_of_the_paper():
    for kernel in kernels("csa250"):
        assert np.mean(kernel) == pytest.approx(0, abs=2e-3) and np.std(kernel) == pytest.approx(0.02, rel=0.03)


def test_initial_weights_are_those_of_the_tutorial():
    """Glorot's: U(-a, a) with a = sqrt(6 / (fan in + fan out)), symmetric in the two."""
    for kernel in kernels("bendale"):
        limit = np.sqrt(6 / (np.prod(kernel.shape[:-2]) * sum(kernel.shape[-2:])))
        assert np.abs(kernel).max() == pytest.approx(limit, rel=0.01) and np.std(kernel) == pytest.approx(
            limit / np.sqrt(3), rel=0.03
        )


def test_the_same_latent_gives_the_same_image_in_any_batch():
    generator = build_generator(RECIPES["bendale"].override({"g_width": 8}).settings)
    sampler = Sampler(generator, 100)
    many = sampler.draw(300, seed=3, purpose="test")
    assert many.dtype == np.uint8 and many.shape == (300, 32, 32, 3)
    few = sampler.draw(5, seed=3, purpose="test").astype(int)
    assert np.abs(few - many[:5]).max() <= 1
    assert not np.array_equal(sampler.draw(5, seed=3, purpose="other"), many[:5])


@pytest.mark.slow
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
