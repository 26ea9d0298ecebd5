"""The figure of a generator's attention: every map belongs to its query, pooled or not, with labels or without."""

import json
import subprocess
import sys
from pathlib import Path

import imageio.v3 as iio
import keras
import numpy as np
import pytest
from keras import layers

from common.errors import UserError
from common.sampling import save_generator
from dcgan.model import build_generator as build_dcgan_generator
from dcgan.recipes import RECIPES as DCGAN_RECIPES
from sagan.attention import Attention
from sagan.attention_figure import attention_maps, attention_panels, draw_attention, find_attention, query_points

ROOT = Path(__file__).resolve().parents[1]
SIDE, PLACES = 8, 64  # a feature map of 8x8, whose position p has a 1 in channel p


def knowing_generator(pool=False, conditional=False):
    """A generator whose position p attends to p + 5: keys tell places apart, and queries ask for the fifth after."""
    z = label = keras.Input((PLACES * 8 * PLACES,), name="z")
    x = z
    if conditional:
        label = keras.Input((), dtype="int32", name="label")
        x = layers.Add()([z, layers.Embedding(2, PLACES * 8 * PLACES, name="embedding")(label)])
    attention = Attention(pool)
    x = attention(layers.Reshape((SIDE, SIDE, 8 * PLACES))(x))
    images = layers.Conv2DTranspose(3, 4, 4, activation="tanh")(x)
    generator = keras.Model([z, label] if conditional else z, images)
    keys, queries = np.zeros((2, 1, 1, 8 * PLACES, PLACES), np.float32)
    for place in range(PLACES):
        keys[0, 0, place, place] = 1
        queries[0, 0, place, (place + 5) % PLACES] = 50
    attention.f.kernel.assign(keys)
    attention.g.kernel.assign(queries)
    return generator


def places():
    features = np.zeros((PLACES, 8 * PLACES), np.float32)
    features[range(PLACES), range(PLACES)] = 1
    return features.reshape(1, -1)


def place(index):
    return divmod(index, SIDE)


@pytest.mark.parametrize("pool", [False, True])
def test_each_map_is_that_of_its_query(pool):
    images, maps = attention_maps(knowing_generator(pool), [places()])
    keys = SIDE // 2 if pool else SIDE
    assert images.shape == (1, 32, 32, 3) and images.dtype == np.uint8 and maps.shape == (1, SIDE, SIDE, keys, keys)
    np.testing.assert_allclose(maps.sum(axis=(-2, -1)), 1, atol=1e-5)
    for index in range(PLACES):
        row, column = place((index + 5) % PLACES)
        found = np.unravel_index(maps[0][place(index)].argmax(), (keys, keys))
        assert found == ((row // 2, column // 2) if pool else (row, column))


def test_each_panel_is_brightest_where_its_query_looks():
    _, maps = attention_maps(knowing_generator(), [places()])
    panels = attention_panels(np.zeros((32, 32, 3), np.uint8), maps[0])
    queries = query_points(SIDE, SIDE)
    assert len(panels) == len(queries) == len(set(queries))
    for (row, column), panel in zip(queries, panels, strict=True):
        bright = np.argwhere(panel.sum(axis=-1) == panel.sum(axis=-1).max()).mean(axis=0)
        assert tuple((bright * SIDE / len(panel)).astype(int)) == place(row * SIDE + column + 5)


def test_the_dimmed_image_shows_where_nothing_is_looked_at():
    _, maps = attention_maps(knowing_generator(), [places()])
    image = np.zeros((32, 32, 3), np.uint8)
    image[:4, :4] = 255
    panel = attention_panels(image, maps[0])[2]
    assert (panel[:32, :32] == panel[0, 0]).all() and 40 < panel[0, 0, 0] < 128 and panel[0, -1].max() == 0


def test_labels_reach_a_conditional_generator():
    generator = knowing_generator(conditional=True)
    mirrored = np.zeros((PLACES, 8 * PLACES), np.float32)  # label 1: position p has the features of 63 - p
    mirrored[range(PLACES), [PLACES - 1 - p for p in range(PLACES)]] = 1
    generator.get_layer("embedding").set_weights([np.concatenate([places(), mirrored.reshape(1, -1)])])
    _, maps = attention_maps(generator, [np.zeros_like(places()).repeat(2, 0), np.array([0, 1], np.int32)])
    query = 20
    assert np.unravel_index(maps[0][place(query)].argmax(), (SIDE, SIDE)) == place(query + 5)
    assert np.unravel_index(maps[1][place(query)].argmax(), (SIDE, SIDE)) == place(query - 5)


@pytest.mark.parametrize("count", [1, 9])
def test_the_figure_has_at_most_six_rows(tmp_path, count):
    path = draw_attention(knowing_generator(), [places().repeat(count, 0)], tmp_path / "new")
    assert path == tmp_path / "new" / "attention.png"
    assert len(iio.imread(path)) == pytest.approx(150 * (0.6 + 1.42 * min(6, count)), abs=1)


def test_a_generator_without_attention_is_a_users_error():
    generator = build_dcgan_generator(DCGAN_RECIPES["bendale"].override({"g_width": 8}).settings)
    with pytest.raises(UserError, match="no Attention layer"):
        find_attention(generator)


def sample(family, *arguments):
    command = [sys.executable, str(ROOT / family / "sample.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_the_command(tmp_path):
    save_generator(tmp_path / "generator.keras", knowing_generator())
    config = {"family": "sagan", "recipe": "bendale", "settings": {"latent_dim": {"value": 8 * PLACES**2}},
              "data": {"name": "photos"}}  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config))
    done = sample("sagan", tmp_path, "--attention", "--count", 2)
    assert done.returncode == 0, done.stderr
    assert {file.name for file in (tmp_path / "samples").iterdir()} == {"00.png", "01.png", "grid.png", "attention.png"}
    assert "attention.png" in done.stdout
    refused = sample("dcgan", tmp_path, "--attention")
    assert refused.returncode == 2 and refused.stderr == "error: unrecognized arguments: --attention\n"


def test_the_command_draws_nothing_where_there_is_no_attention(tmp_path):
    inputs = keras.Input((4,))
    save_generator(tmp_path / "generator.keras", keras.Model(inputs, layers.Reshape((2, 2, 1))(inputs)))
    config = {"family": "sagan", "recipe": "bendale", "settings": {"latent_dim": {"value": 4}}, "data": {"name": "x"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    done = sample("sagan", tmp_path, "--attention")
    assert done.returncode == 2 and done.stderr.startswith("error: this run's generator has no Attention layer")
    assert done.stderr.count("\n") == 1 and not (tmp_path / "samples").exists()
