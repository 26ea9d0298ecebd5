"""Where a generator looks: the attention maps of a few query points over its images (1805.08318, figures 1 and 5)."""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from common.errors import UserError
from common.system.files import replacing
from sagan.attention import find_attentions
from sagan.attention_maps import attention_maps

IMAGES = 6  # rows of the figure, at most
QUERIES = ((0.25, 0.25), (0.25, 0.75), (0.5, 0.5), (0.75, 0.25), (0.75, 0.75))  # as shares of height and width
COLOURS = ("#d55e00", "#56b4e9", "#009e73", "#f0e442", "#cc79a7")  # Okabe and Ito: told apart by everyone
DIM = 0.35  # how much of the image is left under a map
SCALE = 8  # of a panel, so that a map is smooth between its keys


def draw_attention(generator: keras.Model, inputs: Sequence[np.ndarray], folder: Path) -> Path:
    """Write `attention.png`, a row an image: the query points on it, then a map for each of them.

    Args:
        generator: as saved in `generator.keras`.
        inputs: its inputs, in its order: [z (N, latent_dim)], or [z, labels (N,) int32]; six of N, evenly, are drawn.
        folder: where the figure goes.

    Raises:
        UserError: the generator has no attention.
    """
    attentions = find_attentions(generator)
    if not attentions:
        raise UserError("this run's generator has no Attention layer; there is no attention to draw")
    chosen = np.linspace(0, len(inputs[0]) - 1, min(IMAGES, len(inputs[0]))).astype(int)
    images, maps = attention_maps(generator, [part[chosen] for part in inputs])
    height, width, *keys = maps.shape[1:]
    heading = f"attention at {height}x{width}, keys {keys[0]}x{keys[1]}, gamma {float(attentions[0].gamma):.3g}"
    _save(folder / "attention.png", images, maps, heading, [f"image {index}" for index in chosen])
    return folder / "attention.png"


def query_points(height: int, width: int) -> list[tuple[int, int]]:
    """Row and column of each query point in a feature map of height x width."""
    return [(int(row * height), int(column * width)) for row, column in QUERIES]


def attention_panels(image: np.ndarray, maps: np.ndarray) -> list[np.ndarray]:
    """Lay the map of every query point over the dimmed image.

    Args:
        image: (S, S, 3) uint8.
        maps: (H, W, key rows, key columns), those of this image.

    Returns:
        A picture (8 S, 8 S, 3) uint8 for each query point, brightest where it looks most.
    """
    return [_overlay(image, maps[query]) for query in query_points(*maps.shape[:2])]


def _overlay(image: np.ndarray, weights: np.ndarray) -> np.ndarray:
    from matplotlib import colormaps  # here: it takes a second

    # From 0 to its peak, each map by itself: an even map stays even, where a stretch from its minimum would invent one.
    heat = Image.fromarray((weights / weights.max()).astype(np.float32))
    grey = Image.fromarray((DIM / 255 * image.mean(axis=-1)).astype(np.float32))
    size = SCALE * image.shape[1], SCALE * image.shape[0]
    heat = np.asarray(heat.resize(size, Image.Resampling.BILINEAR))[..., None]
    grey = np.asarray(grey.resize(size, Image.Resampling.NEAREST))[..., None]
    colour = colormaps["inferno"](heat[..., 0])[..., :3]
    return np.rint(255 * ((1 - heat) * grey + heat * colour)).astype(np.uint8)


def _save(path: Path, images: np.ndarray, maps: np.ndarray, heading: str, names: Sequence[str]) -> None:
    from matplotlib.figure import Figure

    (height, width), size = maps.shape[1:3], images.shape[1]
    extent = (0, size, size, 0)  # of an image and of its panels alike
    queries = query_points(height, width)
    columns = 1 + len(queries)
    figure = Figure(figsize=(1.3 * columns, 0.6 + 1.42 * len(images)), dpi=150, layout="constrained")
    figure.suptitle(f"{heading}\nbelow each map: its peak, as a multiple of even attention", fontsize=9)
    rows = figure.subplots(len(images), columns, squeeze=False)
    for image, own, name, row in zip(images, maps, names, rows, strict=True):
        for axes in row:
            axes.set(xticks=[], yticks=[])
        row[0].imshow(image, extent=extent)
        row[0].set_ylabel(name, fontsize=7, labelpad=2)
        panels = attention_panels(image, own)
        for (i, j), colour, axes, panel in zip(queries, COLOURS, row[1:], panels, strict=True):
            centre = (j + 0.5) * size / width, (i + 0.5) * size / height  # x, y
            axes.imshow(panel, extent=extent)
            for place in (row[0], axes):
                place.plot(*centre, "o", color=colour, markersize=6, markeredgecolor="black", markeredgewidth=0.8)
            axes.spines[:].set(color=colour, linewidth=2)
            axes.set_xlabel(f"x {own[i, j].max() * own[i, j].size:.1f}", fontsize=7, labelpad=2)
    with replacing(path) as temporary:
        figure.savefig(temporary)
