"""The generator in a page: its text holds the network, and the page's script makes Keras' pictures of it."""

import base64
import json
import zlib

import keras
import numpy as np
import pytest
from keras import layers

from common.conditioning import ConditionalBatchNormalization
from common.errors import UserError
from common.pages.markup import digest
from common.sampling.interpolation import slerp
from common.spectral_norm import SpectralNormalization
from csagan.model import CSAGAN
from csagan.recipes import RECIPES as CSAGAN_RECIPES
from dcgan.model import DCGAN
from dcgan.recipes import RECIPES
from results.playground.export import DIRECTIONS, directions, export, fingerprint
from results.playground.layers import translate
from results.playground.page import HERE, page
from results.playground.weights import encode
from sagan.model import SAGAN
from sagan.recipes import RECIPES as SAGAN_RECIPES
from tests.helpers.playground_networks import (
    ENGINE,
    IMAGES,
    NAMES,
    TINY,
    by_keras,
    command,
    for_script,
    inputs_of,
    of,
    rows,
    run_of,
)
from tests.helpers.run_pages import Parsed, write_run
from tests.helpers.scripts import NODE, run_node

LATENTS = (HERE / "latents.js").read_text(encoding="utf-8")
needs_node = pytest.mark.skipif(not NODE, reason="no node to run the page's script in")


@needs_node
def test_the_script_computes_every_kind_of_layer_as_keras_does():
    jobs, wanted = [], []
    for make in TINY.values():
        generator = make()
        z, labels = inputs_of(generator, 4)
        text = export(generator, NAMES)
        jobs.append((text, for_script(text, z, labels)))
        wanted.append(by_keras(generator, z, labels, len(NAMES)))
    for name, want, made in zip(TINY, wanted, run_node(ENGINE + IMAGES, jobs), strict=True):
        assert want.std() > 0.05, name
        np.testing.assert_allclose(np.reshape(made, want.shape), want, atol=0.01, err_msg=name)  # a level is 0.0078


@needs_node
def test_between_two_classes_the_script_is_between_their_codes():
    generator = TINY["label by batch norm"]()
    z, code = np.ones((1, 5), np.float32), [0.25, 0.0, 0.75]
    layer = next(layer for layer in generator.layers if isinstance(layer, ConditionalBatchNormalization))
    mixed = keras.Model([generator.inputs[0], layer.input[1]], generator.outputs)
    ((made,),) = run_node(ENGINE + IMAGES, [(export(generator, NAMES), [[z[0].tolist(), code]])])
    want = np.asarray(mixed([z, np.array([code], np.float32)]))
    np.testing.assert_allclose(np.reshape(made, want.shape), want, atol=0.01)


FAMILIES = ((DCGAN, RECIPES), (SAGAN, SAGAN_RECIPES), (CSAGAN, CSAGAN_RECIPES))
EVERY = [(family, recipe) for family, recipes in FAMILIES for recipe in recipes.values()]
EVERY.append((SAGAN, SAGAN_RECIPES["bendale"].override({"smallest_map": 8})))


@pytest.mark.parametrize(("family", "recipe"), EVERY, ids=[f"{family.__name__}-{r.name}" for family, r in EVERY])
def test_the_generator_of_every_recipe_can_be_written(family, recipe):
    fields = {"width": 8, "g_width": 8}
    settings = recipe.override({key: value for key, value in fields.items() if hasattr(recipe.settings, key)}).settings
    program = translate(family.build_generator(settings, 3))
    assert program.steps[-1]["step"] == "tanh" and program.classes == (3 if settings.conditional else 0)
    assert directions(program, settings.latent_dim).shape == (DIRECTIONS, settings.latent_dim)


def test_residual_blocks_with_conditional_batch_norm_can_be_written():
    changes = {"blocks": "residual", "d_batch_norm": False, "leaky_slope": 0, "g_width": 8}
    program = translate(CSAGAN.build_generator(CSAGAN_RECIPES["best"].override(changes).settings, 3))
    kinds = [step["step"] for step in program.steps]
    assert kinds.count("add") == 3 and kinds.count("upsample") == 6 and "attend" in kinds and "by_class" in kinds


def test_what_the_page_cannot_compute_is_named():
    for layer, words in (
        (layers.Softmax(), "the layer Softmax s"),
        (layers.Conv2D(2, 1, dilation_rate=2), "has dilation_rate"),
        (layers.ReLU(6.0), "has max_value=6.0"),
        (layers.BatchNormalization(axis=1), "has axis=1"),
        (layers.Activation("elu"), "has the activation elu; the page computes linear, relu"),
        (layers.UpSampling2D(2, interpolation="bilinear"), "has interpolation=bilinear"),
    ):
        with pytest.raises(UserError, match=words):
            translate(of(lambda z, layer=layer: rows(z, layer)))
    with pytest.raises(UserError, match="has 3 classes, and 2 names"):
        export(TINY["label with z"](), ["a", "b"])
    broken = TINY["dense"]()
    broken.weights[0].assign(np.full(broken.weights[0].shape, np.nan))
    with pytest.raises(UserError, match="not finite"):
        export(broken, [])


def test_batch_norm_and_sigma_become_one_scale_and_shift_of_a_channel():
    generator = of(lambda z: rows(z, layers.BatchNormalization(epsilon=0.5)))
    norm = next(layer for layer in generator.layers if isinstance(layer, layers.BatchNormalization))
    program = translate(generator)
    assert [step["step"] for step in program.steps] == [
        "convolution",
        "affine",
        "affine",
        "convolution",
        "affine",
        "tanh",
    ]
    scale, shift = (program.arrays[program.steps[2][key]] for key in ("scale", "shift"))
    np.testing.assert_allclose(scale, norm.gamma / np.sqrt(norm.moving_variance + 0.5), rtol=1e-6)
    np.testing.assert_allclose(shift, norm.beta - norm.moving_mean * scale, rtol=1e-5, atol=1e-6)
    spectral = SpectralNormalization(layers.Dense(12, use_bias=False))
    program = translate(of(lambda z: layers.Reshape((2, 2, 3))(spectral(z))))
    np.testing.assert_allclose(program.arrays[1], np.full(12, 1 / float(spectral.sigma())), rtol=1e-6)


def test_weights_are_float16_in_two_planes_and_vectors_float32():
    random = np.random.default_rng(0)
    arrays = [random.normal(0, 0.02, (7, 4)), np.array([[1e-7, 6e-5, 60_000.0]]), np.array([0.1, -3e-9])]
    tensors, text = encode(arrays)
    data = zlib.decompress(base64.b64decode(text))
    assert [tensor["half"] for tensor in tensors] == [True, True, False] and tensors[0]["shape"] == [7, 4]
    numbers = np.frombuffer(data[:62], np.uint8).reshape(2, 31).T.copy().view(np.float16).ravel()
    np.testing.assert_array_equal(numbers, np.concatenate([a.astype(np.float16).ravel() for a in arrays[:2]]))
    assert data[62:] == arrays[2].astype("<f4").tobytes()
    with pytest.raises(UserError, match="not finite as float16"):
        encode([np.full((1, 1), 1e6)])


def test_the_directions_are_those_that_the_first_layer_stretches_most():
    generator = TINY["label with z"]()
    found = directions(translate(generator), 5)
    np.testing.assert_allclose(found @ found.T, np.eye(5), atol=1e-6)
    kernel = next(layer for layer in generator.layers if isinstance(layer, layers.Dense)).kernel[:5]
    stretched = np.linalg.norm(found @ np.asarray(kernel), axis=1)
    np.testing.assert_allclose(stretched, np.linalg.svd(kernel)[1], rtol=1e-4)
    assert (found[np.arange(5), np.abs(found).argmax(axis=1)] > 0).all()


@needs_node
def test_latents_of_the_script_are_normal_and_drawn_again_beyond_the_limit():
    script = """
    const main = async ([a, b]) => ({
      z: [0, 1, 2, 3].map((picture) => latent(7, picture, 2000)), near: latent(7, 0, 2000, 0.5), same: latent(7, 0, 9),
      other: latent(8, 0, 9), way: [0, 0.25, 1].map((t) => slerp(a, b, t)), code: classCode(3, 2, 0, 0.25),
    });"""
    a, b = np.random.default_rng(0).standard_normal((2, 6)).astype(np.float32)
    made = run_node(LATENTS + script, [a.tolist(), b.tolist()])
    z, near = np.array(made["z"]), np.array(made["near"])
    assert abs(z.mean()) < 0.03 and abs(z.std() - 1) < 0.03 and abs((z**4).mean() - 3) < 0.35
    assert (
        np.abs(np.corrcoef(z) - np.eye(4)).max() < 0.08
        and np.abs(np.corrcoef(z[:, 1:], z[:, :-1])[4:, :4]).max() < 0.08
    )
    assert np.abs(near).max() <= 0.5 and (near == z[0])[np.abs(z[0]) <= 0.5].all() and abs(near.mean()) < 0.03
    assert made["same"] == made["z"][0][:9] and not set(made["same"]) & set(made["other"])
    np.testing.assert_allclose(made["way"], slerp(a, b, 5)[[0, 1, 4]], atol=1e-6)
    assert made["code"] == [0.25, 0, 0.75]


def test_the_command_writes_the_text_or_a_page_that_asks_for_nothing(tmp_path):
    run = run_of(tmp_path / "run")
    command(run.path)
    text = json.loads((run.path / "generator.json").read_text())
    assert (text["name"], text["classes"], text["latent_dim"]) == ("dcgan/cifar", NAMES, 5)
    assert text["trained"] == "3 epochs on cifar" and text["file"] == fingerprint(run)
    parsed = Parsed(page([text, text], "index.html"))
    assert [attrs["href"] for tag, attrs in parsed.tags if tag == "a"] == ["index.html"]
    assert json.loads(parsed.raw["generator-1"]) == text and ("b", {}) in parsed.tags  # the page's own, not the run's
    assert json.loads(parsed.raw["about-generators"])[0]["writeup"] == "<b>&"
    assert "://" not in page([text]) and not [key for _, attrs in parsed.tags for key in attrs if key.startswith("on")]
    (policy,) = [attrs["content"] for tag, attrs in parsed.tags if tag == "meta" and "http-equiv" in attrs]
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    assert all(digest(parsed.raw[name]) in policy for name in ("style", "script", "engine"))


def test_mistakes_of_the_command_end_in_a_line(tmp_path):
    run = write_run(tmp_path / "run", "cifar")
    for arguments, words in (([run.path, run.path], "with --page"), ([tmp_path], "not a run folder"),
                             ([run.path], "generator.keras does not exist")):  # fmt: skip
        with pytest.raises(UserError, match=words):
            command(*arguments)
    assert not list(run.path.glob("generator.*"))
