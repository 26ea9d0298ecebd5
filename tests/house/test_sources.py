"""Every number that a write-up states or its author's code has, pinned to the recipe that has it, by source.

Three tables: the settings, the networks, the reported results. What changes here changes what is reproduced.
"""

import csv
import functools
import re

import keras
import pytest

from common.recipe import AUTHORS_CODE, STATED
from common.spectral_norm import SpectralNormalization
from csagan.model import CSAGAN
from csagan.recipes import RECIPES as CSAGAN_RECIPES
from dcgan.model import DCGAN
from dcgan.recipes import RECIPES as DCGAN_RECIPES
from fid.protocols import get_protocol
from sagan.attention import Attention
from sagan.model import SAGAN
from sagan.recipes import RECIPES as SAGAN_RECIPES
from tests.helpers import ROOT

RECIPES = {"dcgan": DCGAN_RECIPES, "sagan": SAGAN_RECIPES, "csagan": CSAGAN_RECIPES}
REPORTED_CURVE = ROOT / "results" / "reported" / "csagan-hamed.csv"
MODELS = {"dcgan": DCGAN, "sagan": SAGAN, "csagan": CSAGAN}

SETTINGS = """
dcgan/bendale | stated | data=cifar10 image_size=32 epochs=3200 batch_size=64 loss=bce optimizer=adam
dcgan/bendale | stated | g_learning_rate=0.0001 d_learning_rate=0.0004 metrics_every=10
dcgan/bendale | stated | fully_connected=true g_activation=leaky_relu
dcgan/bendale | assumed | latent_dim=100 dropout=0.3 beta_1=0.9 initializer=glorot d_batch_norm=false
dcgan/bendale | assumed | g_batch_norm=true smallest_map=4

dcgan/csa250 | stated | data=cifar10 image_size=32 epochs=257 batch_size=128 latent_dim=100 optimizer=adam
dcgan/csa250 | stated | g_learning_rate=0.0001 d_learning_rate=0.0004 beta_1=0.5
dcgan/csa250 | assumed | loss=bce leaky_slope=0.2 real_target=0.9

dcgan/hamed | stated | data=cifar10 epochs=1000 batch_size=64 latent_dim=100
dcgan/hamed | author's code | image_size=64 loss=bce-clamped update=alternating optimizer=adam
dcgan/hamed | author's code | g_learning_rate=0.0002 d_learning_rate=0.0002 beta_1=0.5 beta_2=0.999
dcgan/hamed | author's code | width=64 leaky_slope=0.2 metrics_every=1

dcgan/celeba | stated | data=celeb_a loss=bce optimizer=adam fully_connected=false g_activation=relu
dcgan/celeba | stated | g_batch_norm=true d_batch_norm=true
dcgan/celeba | assumed | image_size=64 crop=center update=alternating batch_size=128 latent_dim=100 leaky_slope=0.2
dcgan/celeba | assumed | g_learning_rate=0.0002 d_learning_rate=0.0002 beta_1=0.5

dcgan/desai | stated | data=cifar10 inverted_targets=true replay=naive
dcgan/desai | author's code | epochs=20 batch_size=16 latent_dim=100 optimizer=adam
dcgan/desai | author's code | g_learning_rate=0.0002 d_learning_rate=0.0002 beta_1=0.5
dcgan/desai | author's code | target_noise=0.1 target_flips=0 fake_labels=real d_fakes=inference
dcgan/desai | author's code | shuffle=false update=staged width=128 hidden=512 leaky_slope=0.1 momentum=0.9
dcgan/desai | default | beta_2=0.999

dcgan/wgan-sn | stated | data=cifar10 loss=wasserstein

sagan/bendale | stated | data=cifar10 image_size=32 epochs=200 loss=bce optimizer=adam
sagan/bendale | stated | g_learning_rate=0.0001 d_learning_rate=0.0004 fully_connected=true g_activation=leaky_relu
sagan/bendale | assumed | batch_size=64 latent_dim=100 g_attention_size=16 d_attention_size=16

sagan/bendale-wasserstein | stated | data=cifar10 loss=wasserstein
sagan/bendale-wasserstein | assumed | image_size=32 g_learning_rate=0.0001 d_learning_rate=0.0004
sagan/bendale-wasserstein | assumed | fully_connected=true g_activation=leaky_relu

sagan/csa250 | stated | data=cifar10 image_size=32 epochs=257 batch_size=128 latent_dim=100 optimizer=adam
sagan/csa250 | stated | loss=wasserstein g_learning_rate=0.0001 d_learning_rate=0.0004 beta_1=0.5
sagan/csa250 | stated | g_batch_norm=true d_batch_norm=true d_input_batch_norm=true spectral_norm=both
sagan/csa250 | assumed | leaky_slope=0.2 real_target=0.9 g_attention_size=16 d_attention_size=16

csagan/bendale | stated | data=cifar10 fake_labels=random g_condition=latent
csagan/bendale | assumed | image_size=32 loss=bce optimizer=adam g_learning_rate=0.0001 d_learning_rate=0.0004
csagan/bendale | assumed | fully_connected=true g_activation=leaky_relu batch_size=64 latent_dim=100

csagan/hamed | stated | data=cifar10 epochs=300 batch_size=64 latent_dim=100 loss=wasserstein
csagan/hamed | author's code | image_size=64 gradient_penalty=10 d_steps=1 fake_labels=real update=alternating
csagan/hamed | author's code | optimizer=adam g_learning_rate=0.0001 d_learning_rate=0.0005 beta_1=0 beta_2=0.9
csagan/hamed | author's code | width=64 leaky_slope=0.2 g_attention=2 d_attention=2 metrics_every=1
csagan/hamed | default | real_term=real penalty_points=image

csagan/hamed-code | stated | data=cifar10 epochs=300 batch_size=64 latent_dim=100 loss=wasserstein
csagan/hamed-code | author's code | image_size=64 gradient_penalty=10 d_steps=1 fake_labels=real update=alternating
csagan/hamed-code | author's code | optimizer=adam g_learning_rate=0.0001 d_learning_rate=0.0005 beta_1=0 beta_2=0.9
csagan/hamed-code | author's code | width=64 leaky_slope=0.2 g_attention=2 d_attention=2 metrics_every=1
csagan/hamed-code | author's code | real_term=penalty-points penalty_points=batch
"""

# A row of a network: kernel / stride > output. Parameters: all, and those that are trained.
NETWORKS = """
dcgan/hamed | generator | 4/1>4x4x512 4/2>8x8x256 4/2>16x16x128 4/2>32x32x64 4/2>64x64x3
dcgan/hamed | generator | 3578624 3576704
dcgan/hamed | discriminator | 4/2>32x32x64 4/2>16x16x128 4/2>8x8x256 4/2>4x4x512 4/1>1x1x1
dcgan/hamed | discriminator | 2767360 2765568
csagan/hamed | generator | 4/1>4x4x512 4/2>8x8x256 4/2>16x16x128 attention 4/2>32x32x64 attention 4/2>64x64x3
csagan/hamed | discriminator | 4/2>32x32x64 4/2>16x16x128 4/2>8x8x256 attention 4/2>4x4x512 attention 3/1>4x4x512
dcgan/desai | generator | 4/1>8x8x128 4/2>16x16x128 5/1>16x16x128 4/2>32x32x128 5/1>32x32x128 5/1>32x32x128 5/1>32x32x3
dcgan/desai | generator | 2970755 2952835
dcgan/desai | discriminator | 3/1>32x32x128 4/2>16x16x128 4/2>8x8x128 4/2>4x4x128
dcgan/desai | discriminator | 1847169 1846145
sagan/csa250 | generator | 5/2>8x8x128 5/2>16x16x64 attention 5/2>32x32x3
sagan/csa250 | discriminator | 5/2>16x16x64 attention 5/2>8x8x128 5/2>4x4x256
"""

# FID, and the place in the words.
REPORTED = """
dcgan/bendale | 69.09 | epoch 3,190
dcgan/csa250 | 89.68 | about 30k of 100k iterations
dcgan/hamed | 99.17 | epoch 145
sagan/bendale | 84.83 | epoch 198
sagan/csa250 | 107.25 | about 30k of 100k iterations
csagan/bendale | 92.28 | epoch 96
csagan/hamed | 99.64 | epoch 243
csagan/hamed-code | 99.64 | epoch 243
"""


def table(text):
    return [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if line]


def recipe_of(name):
    family, recipe = name.split("/")
    return RECIPES[family][recipe]


OURS = "best", "quick"
WRITE_UPS = [f"{family}/{name}" for family, recipes in RECIPES.items() for name in recipes if name not in OURS]
FACTS = [(name, source, *fact.split("=")) for name, source, facts in table(SETTINGS) for fact in facts.split()]


@pytest.mark.parametrize(("name", "source", "setting", "text"), FACTS, ids=[f"{n}-{key}" for n, _, key, _ in FACTS])
def test_a_setting_has_its_value_and_its_source(name, source, setting, text):
    recipe = recipe_of(name)
    expected = getattr(recipe.override({setting: text}).settings, setting)  # the text as a value of its type
    assert recipe.provenance()[setting][:2] == (expected, source)


@pytest.mark.parametrize("name", WRITE_UPS)
def test_nothing_is_called_stated_or_the_author_s_that_is_not_in_the_table(name):
    pinned = {setting for other, _, setting, _ in FACTS if other == name}
    claimed = {key for key, item in recipe_of(name).provenance().items() if item.source in (STATED, AUTHORS_CODE)}
    assert claimed <= pinned


@functools.cache
def model_of(name):
    return MODELS[name.split("/")[0]](recipe_of(name).settings)


def rows(network):
    """The convolutions and attentions of a network, in the notation of the table."""
    for layer in network.layers:
        inner = layer.layer if isinstance(layer, SpectralNormalization) else layer
        if isinstance(layer, Attention):
            yield "attention"
        elif isinstance(inner, (keras.layers.Conv2D, keras.layers.Conv2DTranspose)):
            shape = "x".join(map(str, layer.output.shape[1:]))
            yield f"{inner.kernel_size[0]}/{inner.strides[0]}>{shape}"


@pytest.mark.parametrize(("name", "network", "facts"), table(NETWORKS))
def test_a_network_has_its_rows_and_its_parameters(name, network, facts):
    network = getattr(model_of(name), network)
    if ">" in facts:
        assert list(rows(network)) == facts.split()
    else:
        trained = sum(variable.numpy().size for variable in network.trainable_variables)
        assert [network.count_params(), trained] == [int(count) for count in facts.split()]


@pytest.mark.parametrize("name", ["dcgan/hamed", "csagan/hamed"])
@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_hamed_starts_from_the_normal_distributions_of_its_author(name, network):
    for layer in getattr(model_of(name), network).layers:
        layer = layer.layer if isinstance(layer, SpectralNormalization) else layer
        if isinstance(layer, (keras.layers.Conv2D, keras.layers.Conv2DTranspose)):
            assert layer.kernel.numpy().std() == pytest.approx(0.02, rel=0.05)
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma = layer.gamma.numpy()
            assert gamma.mean() == pytest.approx(1, abs=0.01) and gamma.std() == pytest.approx(0.02, rel=0.3)


@pytest.mark.parametrize(("name", "fid", "place"), table(REPORTED))
def test_a_recipe_reports_what_its_write_up_does(name, fid, place):
    recipe = recipe_of(name)
    assert recipe.reported_fid == float(fid)
    assert re.search(rf"{fid}\b.*\b{re.escape(place)}\b", recipe.reported)


def test_no_other_recipe_reports_a_figure():
    assert {name for name in WRITE_UPS if recipe_of(name).reported_fid} == {name for name, *_ in table(REPORTED)}


def test_the_protocol_of_the_tutorial():
    protocol = get_protocol("writeup")
    assert (protocol.real_count, protocol.fake_count, protocol.split) == (1000, 1000, "test")
    assert (protocol.extractor, protocol.dimension, protocol.resize, protocol.size) == (
        "keras-inception-v3", 2048, "nearest", 299,
    )  # fmt: skip


def test_the_protocol_of_hamed():
    protocol = get_protocol("hamed-keras")
    assert (protocol.real_count, protocol.fake_count, protocol.split) == (256, 256, "test")
    assert (protocol.dimension, protocol.resize, protocol.size) == (2048, "bilinear", 299)
    assert [(level - protocol.centre) / protocol.scale for level in (0, 255)] == [-1, 1]


def test_hamed_s_curve_is_his_log():
    _, *rows = csv.reader(line for line in REPORTED_CURVE.read_text().splitlines() if not line.startswith("#"))
    fid = [float(value) for _, value in rows]
    assert len(fid) == 301 and [int(epoch) for epoch, _ in rows] == list(range(301))
    assert (round(fid[0], 2), fid.index(min(fid)), round(min(fid), 3)) == (301.48, 243, 99.644)


def test_what_follows_from_two_numbers():
    csa250, desai = recipe_of("dcgan/csa250").settings, recipe_of("dcgan/desai").settings
    steps_of_an_epoch = 50_000 // csa250.batch_size
    assert (csa250.epochs - 1) * steps_of_an_epoch < 100_000 <= csa250.epochs * steps_of_an_epoch
    assert int(0.05 * desai.batch_size) == desai.target_flips  # of a batch, as the author's code counts
