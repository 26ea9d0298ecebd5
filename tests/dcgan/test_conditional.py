"""Conditional networks and their training: every way in which a label may reach G and D."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from common.conditioning import ConditionalBatchNormalization
from common.errors import UserError
from common.run.generator_file import load_generator, save_generator
from common.sampling.sampler import Sampler
from common.spectral_norm import SpectralNormalization
from csagan.model import CSAGAN, build_discriminator, build_generator
from csagan.recipes import RECIPES
from dcgan.model import DCGAN
from dcgan.recipes import RECIPES as DCGAN_RECIPES
from sagan.attention import Attention
from sagan.recipes import RECIPES as SAGAN_RECIPES

SMALL = {"g_width": 8, "d_width": 8, "d_hidden": 16, "d_embedding": 6, "batch_size": 8}
BENDALE = RECIPES["bendale"]


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(4)


def trained(model):
    """Weights as after training: noise on all, so that no zero of the initialisation hides a path."""
    random = np.random.default_rng(1)
    for variable in model.trainable_variables:
        variable.assign(variable + 0.1 * random.standard_normal(variable.shape))
    return model


@pytest.mark.parametrize("condition", ["latent", "batch-norm"])
def test_the_same_z_with_two_labels_gives_two_images(condition):
    generator = trained(build_generator(BENDALE.override(SMALL | {"g_condition": condition}).settings))
    z = np.random.default_rng(0).standard_normal((1, 100), np.float32).repeat(10, 0)
    images = generator([z, np.arange(10)]).numpy()
    assert images.shape == (10, 32, 32, 3)
    for a in range(10):
        assert all(np.abs(images[a] - images[b]).max() > 1e-4 for b in range(a))


@pytest.mark.parametrize("condition", ["image", "features", "embedding", "projection"])
def test_the_class_changes_what_d_sees_in_an_image(condition):
    """Not the logit alone: the difference that an image makes must depend on the label."""
    settings = BENDALE.override(SMALL | {"d_condition": condition}).settings
    discriminator = trained(build_discriminator(settings))
    images = tf.random.stateless_uniform((2, 32, 32, 3), (1, 2), -1, 1)
    by_label = [np.diff(discriminator([images, tf.fill((2,), label)])[:, 0])[0] for label in (0, 1, 2)]
    assert np.ptp(by_label) > 1e-3 * np.abs(by_label).max()


def test_a_label_that_could_only_shift_the_logit_is_refused():
    with pytest.raises(UserError, match="needs d_hidden"):
        BENDALE.override({"d_condition": "features"})
    with pytest.raises(UserError, match="both or neither"):
        BENDALE.override({"d_condition": "none"})
    with pytest.raises(UserError, match=r"sagan/train\.py"):
        CSAGAN(BENDALE.override(SMALL | {"d_condition": "none", "g_condition": "none"}).settings)


def test_the_same_pair_gives_the_same_image_in_any_batch_and_after_loading(tmp_path):
    generator = trained(build_generator(BENDALE.override(SMALL | {"g_condition": "batch-norm"}).settings))
    z = np.random.default_rng(0).standard_normal((5, 100), np.float32)
    labels = [3, 1, 4, 1, 5]
    together = Sampler(generator, 100, 10).from_latents(z, labels)
    save_generator(tmp_path / "generator.keras", generator)
    alone = Sampler(load_generator(tmp_path / "generator.keras"), 100, 10)
    np.testing.assert_array_equal(together[2:3], alone.from_latents(z[2:3], [4]))


@pytest.mark.parametrize(
    "recipe",
    [
        *(recipe for name, recipe in RECIPES.items() if name != "hamed-code"),
        pytest.param(RECIPES["hamed-code"], marks=pytest.mark.slow),
        SAGAN_RECIPES["csa250"],
        DCGAN_RECIPES["desai"],
    ],
    ids=lambda recipe: f"{recipe.kind.__name__}-{recipe.name}",
)
def test_every_conditional_recipe_takes_a_finite_step_that_moves_both_networks(recipe):
    small = {"desai": {"width": 4, "hidden": 8}, "hamed": {"width": 8, "image_size": 32}}.get(
        recipe.name.removesuffix("-code"), SMALL
    )
    settings = recipe.override(small | {"batch_size": 8, "steps_per_epoch": 10}).settings
    gan = (DCGAN if recipe.name == "desai" else CSAGAN)(settings, classes=10)
    before = [gan.generator.get_weights(), gan.discriminator.get_weights()]
    images = tf.random.stateless_uniform((8, 32, 32, 3), (1, 2), -1, 1)
    losses = gan.train_step((images, tf.range(8)))
    assert all(np.isfinite(float(loss)) for loss in losses.values())
    for old, network in zip(before, (gan.generator, gan.discriminator), strict=True):
        assert any(not np.array_equal(a, b) for a, b in zip(old, network.get_weights(), strict=True))
    assert np.isfinite(list(gan.scalars().values())).all()


def test_fakes_carry_random_labels_or_those_of_the_batch(monkeypatch):
    labels = tf.constant([7] * 64)
    images = tf.zeros((64, 32, 32, 3))
    seen = {}
    for choice in ("random", "real"):
        gan = CSAGAN(BENDALE.override(SMALL | {"fake_labels": choice}).settings)
        score = gan.score
        gan.score = lambda x, y, training=True, score=score, choice=choice: (
            seen.setdefault(choice, []).append(y) or score(x, y, training)
        )
        gan.train_step((images, labels))
    assert all(np.all(y == 7) for y in seen["real"])
    real, fake = seen["random"]
    assert np.all(real == 7) and set(fake.numpy()) == set(range(10))


def test_an_embedding_s_gradient_is_one_row_a_class_when_adam_squares_it(monkeypatch):
    """Of a row that comes twice in a batch Keras' Adam would square each part on its own."""
    gan = DCGAN(DCGAN_RECIPES["quick"].override({"g_width": 4, "d_width": 4, "batch_size": 8}).settings, 2)
    (embedding,) = (w for w in gan.discriminator.trainable_weights if "embedding" in w.path)
    gan.compile()
    applied, apply = {}, gan.d_optimizer.apply

    def spy(gradients, variables):
        applied.update({variable.path: gradient for variable, gradient in zip(variables, gradients, strict=True)})
        return apply(gradients, variables)

    monkeypatch.setattr(gan.d_optimizer, "apply", spy)
    gan.train_step((tf.zeros((8, 32, 32, 3)), tf.constant([0, 1] * 4)))
    assert isinstance(applied[embedding.path], tf.Tensor) and applied[embedding.path].shape == embedding.shape


def test_conditional_batch_norm_equals_numpy():
    layer = ConditionalBatchNormalization(3)
    x = np.random.default_rng(0).normal(2, 3, (6, 4, 4, 5)).astype(np.float32)
    label = np.array([0, 1, 2, 0, 1, 2])
    one_hot = np.eye(3, dtype=np.float32)[label]
    layer([x, one_hot])
    layer.gamma.assign(np.random.default_rng(1).random((3, 5)))
    layer.beta.assign(np.random.default_rng(2).random((3, 5)))
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    normalised = (x - mean) / np.sqrt(variance + 1e-3)
    expected = normalised * layer.gamma.numpy()[label][:, None, None] + layer.beta.numpy()[label][:, None, None]
    np.testing.assert_allclose(layer([x, one_hot], training=True), expected, rtol=1e-4, atol=1e-4)


def trainable(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def conv(size, inputs, outputs):
    return size * size * inputs * outputs


def attention(channels):
    """Keys and queries of an eighth, values, each with biases, and gamma."""
    return 2 * (channels + 1) * (channels // 8) + (channels + 1) * channels + 1


def test_hamed_has_the_parameters_of_its_table():
    settings = RECIPES["hamed"].settings
    rows = [(110, 512), (512, 256), (256, 128), (128, 64), (64, 3)]
    convolutions = sum(conv(4, *row) for row in rows)
    norms = 2 * (512 + 256 + 128 + 64)
    assert trainable(build_generator(settings)) == convolutions + norms + attention(128) + attention(64)
    rows = [(3, 64), (64, 128), (128, 256), (256, 512)]
    convolutions = sum(conv(4, *row) for row in rows) + conv(3, 512, 512)
    head = (8192 + 1) + (10 + 1) * 8192
    assert trainable(build_discriminator(settings)) == convolutions + head + attention(256) + attention(512)


@pytest.mark.parametrize(("size", "g_places", "d_places"), [(64, [16, 32], [8, 4]), (32, [8, 16], [8, 4])])
def test_hamed_attends_twice_in_each_network(size, g_places, d_places):
    settings = RECIPES["hamed"].override({"image_size": size, "width": 8}).settings
    for network, places in ((build_generator(settings), g_places), (build_discriminator(settings), d_places)):
        assert [layer.output.shape[1] for layer in network.layers if isinstance(layer, Attention)] == places


def test_hamed_normalises_every_kernel_but_those_of_attention():
    settings = RECIPES["hamed"].override({"width": 8}).settings
    for build, count in ((build_generator, 5), (build_discriminator, 7)):
        layers = build(settings).layers
        assert sum(isinstance(layer, SpectralNormalization) for layer in layers) == count
        assert not [layer for layer in layers if type(layer).__name__ in ("Conv2D", "Conv2DTranspose", "Dense")]
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in layers)


def test_hamed_s_label_says_something_of_the_image_from_the_first_step_on():
    """A label that only shifts the score would have no interaction with the image; a concatenation has 0.005 or so."""
    discriminator = build_discriminator(RECIPES["hamed"].override({"image_size": 32}).settings)
    images = tf.random.stateless_uniform((64, 32, 32, 3), (1, 2), -1, 1)
    scores = np.stack([discriminator([images, tf.fill((64,), label)])[:, 0] for label in range(10)])
    by_image = scores.mean(axis=0).std()
    interaction = (scores - scores.mean(axis=0) - scores.mean(axis=1, keepdims=True)).std()
    assert interaction > 0.03 * by_image


def test_desai_s_fakes_for_d_are_made_in_inference_mode():
    gan = DCGAN(DCGAN_RECIPES["desai"].override({"width": 4, "hidden": 8, "replay": "none"}).settings)
    modes, generate = [], gan.generate
    gan.generate = lambda labels, training=True: modes.append(training) or generate(labels, training)
    gan._update_in_stages(tf.zeros((16, 32, 32, 3)), tf.zeros(16, tf.int32))
    assert modes == [False, True]
