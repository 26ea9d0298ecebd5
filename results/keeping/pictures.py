"""A run's pictures made small: eight grids of four columns, a GIF of them, and figures, all of 256 colours."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from common.figures.animation import save_gif
from common.figures.grids import first_columns
from common.run.run_folder import RunFolder
from common.system.files import write_bytes
from results.keeping.bounds import GRIDS

COLUMNS, COLOURS = 4, 256
GIF_BYTES = 300_000  # what is aimed at; bounds.GIF_BYTES is what no run may pass
LOSSLESS = ("samples.png",)


def keep_figures(run: RunFolder, kept: RunFolder) -> None:
    """Copy every figure that lies beside the log, those that other commands drew too."""
    for figure in sorted(run.path.glob("*.png")):
        if figure.name not in LOSSLESS:
            write_bytes(kept.path / figure.name, reduced(figure))


def keep_grids(run: RunFolder, kept: RunFolder, names: Sequence[str], image_size: int) -> None:
    """Copy eight grids, spread over the run, the first and the last among them; and a GIF of as many as it holds.

    Args:
        run: the run.
        kept: where they go.
        names: of classes, where the grids have a row each.
        image_size: pixels of an image.
    """
    files = run.grid_files()
    gif, there = kept.path / "training.gif", run.path / "training.gif"
    if there.exists() and there.stat().st_size <= GIF_BYTES and len(files) <= GRIDS:
        write_bytes(gif, there.read_bytes())  # of a run that is kept already, whose other grids are gone
    for file in files:
        write_bytes(
            kept.grids / file.name, reduced(file, lambda picture: first_columns(picture, names, image_size, COLUMNS))
        )
    if not gif.exists():
        save_gif(gif, kept.grid_files(), GIF_BYTES)
    for file in set(kept.grid_files()) - {kept.grids / file.name for file in spread(files, GRIDS)}:
        file.unlink()


def spread(items: Sequence, count: int) -> list:
    """At most `count` of the items, evenly, the first and the last among them."""
    places = np.linspace(0, len(items) - 1, min(count, len(items))).round().astype(int)
    return [items[place] for place in places]


def reduced(file: Path, change: Callable[[Image.Image], Image.Image] = lambda picture: picture) -> bytes:
    """A picture as PNG of at most 256 colours; one that is so already as it is."""
    with Image.open(file) as opened:
        picture = opened.copy()
    changed = change(picture)
    if changed is picture and picture.mode == "P":
        return file.read_bytes()
    text = io.BytesIO()
    changed.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(text, "PNG", optimize=True)
    return text.getvalue()
