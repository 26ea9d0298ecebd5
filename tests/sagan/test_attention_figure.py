"""The figure of a generator's attention: every map belongs to its query, pooled or not, with labels or without."""

import json
import subprocess
import sys

import imageio.v3 as iio
import keras
import numpy as np
import pytest
from keras import layers

from common.errors import UserError
from common.run.generator_file import save_generator
from dcgan.model import build_generator as build_dcgan_generator
from dcgan.recipes import RECIPES as DCGAN_RECIPES
from sagan.attention import Attention
from sagan.attention_figure import attention_panels, draw_attention, query_points
from sagan.attention_maps import attention_maps, share_beyond
from tests.helpers import ROOT

SIDE, PLACES = 8, 64  # a feature map of 8x8, whose position p has a 1 in channel p
DRAWN = np.zeros((6, 32, 32, 3), np.uint8), np.full((6, SIDE, SIDE, SIDE, SIDE), 1 / PLACES, np.float32)


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


def test_the_share_beyond_a_kernel():
    _, maps = attention_maps(knowing_generator(), [places()])
    assert share_beyond(maps, 5) == pytest.approx(1, abs=1e-5)  # five columns on, or three back and a row on
    wrapped = 8 * 3 + 5  # of 64, five columns on; and the last five, which look seven rows back
    assert share_beyond(maps, 7) == pytest.approx(wrapped / PLACES, abs=1e-5)
    assert share_beyond(maps, 15) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("keys", [SIDE, SIDE // 2])
def test_even_attention_is_mostly_beyond(keys):
    even = np.full((1, SIDE, SIDE, keys, keys), keys**-2.0, np.float32)
    near = [sum(abs(place + 0.5 - (key + 0.5) * SIDE / keys) <= 1.5 for key in range(keys)) for place in range(SIDE)]
    assert share_beyond(even, 3) == pytest.approx(1 - np.mean(near) ** 2 / keys**2)


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


def test_a_conditional_runs_own_labels_are_drawn(tmp_path, monkeypatch):
    """`--label all`: six of the images, evenly, so that not all are of the first class."""
    given = []
    monkeypatch.setattr("sagan.attention_figure.attention_maps", lambda _, inputs: given.append(inputs) or DRAWN)
    z = np.arange(30, dtype=np.float32)[:, None]
    draw_attention(knowing_generator(), [z, np.repeat(np.arange(10, dtype=np.int32), 3)], tmp_path)
    assert given[0][0][:, 0].tolist() == [0, 5, 11, 17, 23, 29] and given[0][1].tolist() == [0, 1, 3, 5, 7, 9]


@pytest.mark.parametrize("count", [1, 9])
def test_the_figure_has_at_most_six_rows(tmp_path, count):
    path = draw_attention(knowing_generator(), [places().repeat(count, 0)], tmp_path / "new")
    assert path == tmp_path / "new" / "attention.png"
    assert len(iio.imread(path)) == pytest.approx(150 * (0.6 + 1.42 * min(6, count)), abs=1)


def test_a_generator_without_attention_is_a_users_error(tmp_path):
    generator = build_dcgan_generator(DCGAN_RECIPES["bendale"].override({"g_width": 8}).settings)
    with pytest.raises(UserError, match="no Attention layer"):
        draw_attention(generator, [np.zeros((1, 100), np.float32)], tmp_path)


def write_run(folder, family, generator, latent_dim):
    save_generator(folder / "generator.keras", generator)
    config = {"family": family, "recipe": "bendale", "settings": {"latent_dim": {"value": latent_dim}},
              "data": {"name": "x", "classes": ["cat", "dog"]}}  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))


def sample(family, *arguments):
    command = [sys.executable, str(ROOT / family / "sample.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
def test_the_command(tmp_path):
    write_run(tmp_path, "csagan", knowing_generator(conditional=True), 8 * PLACES**2)
    done = sample("csagan", tmp_path, "--attention", "--count", 2)
    assert done.returncode == 0, done.stderr
    files = {file.name for file in (tmp_path / "samples").iterdir()}
    assert files == {"00-cat.png", "01-dog.png", "grid.png", "attention.png"} and "attention.png" in done.stdout


@pytest.mark.parametrize(
    ("family", "arguments", "words"),
    [
        ("dcgan", ["--attention"], "unrecognized arguments: --attention"),
        ("sagan", ["--attention", "--interpolate"], "--attention has no meaning with --interpolate"),
        pytest.param("sagan", ["--attention"], "this run's generator has no Attention layer", marks=pytest.mark.slow),
    ],
)
def test_where_there_is_nothing_to_draw_nothing_is_written(tmp_path, family, arguments, words):
    inputs = keras.Input((4,))
    write_run(tmp_path, family, keras.Model(inputs, layers.Reshape((2, 2, 1))(inputs)), 4)
    done = sample(family, tmp_path, *arguments)
    assert done.returncode == 2 and done.stderr.startswith(f"error: {words}") and done.stderr.count("\n") == 1
    assert not (tmp_path / "samples").exists()
