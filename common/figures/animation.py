"""Animations: the GIF of a training, and there and back between images."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from common.system.files import write_bytes

GIF_FRAMES, GIF_BYTES, GIF_SECONDS = 120, 5_000_000, 12.0
GIF_PIXELS = 512  # frames wider than this are halved until they are not
ANIMATION_PIXELS, ANIMATION_MS = 160, 120  # narrow frames are enlarged up to this width; time of each


def save_gif(path: Path, grids: Sequence[Path], most: int = GIF_BYTES) -> None:
    """Make the GIF of a training from its grids: at most 120 frames and `most` bytes, evenly spaced, with the last one.

    A grid that is damaged, or no picture, is left out.
    """
    count = min(GIF_FRAMES, len(grids))
    while count:
        chosen = np.unique(np.linspace(len(grids) - 1, 0, count).round().astype(int))
        frames = [frame for index in chosen if (frame := _frame(grids[index]))]
        if not frames:
            return
        pause = int(1000 * min(0.5, GIF_SECONDS / len(frames)))
        buffer = io.BytesIO()
        times = [pause] * (len(frames) - 1) + [3 * pause + 1]
        frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=times, loop=0)
        if buffer.tell() <= most or count == 1:
            write_bytes(path, buffer.getvalue())
            return
        count = max(1, min(count - 1, int(0.95 * count * most / buffer.tell())))


def save_animation(path: Path, frames: Sequence[np.ndarray]) -> None:
    """Make a GIF that goes through frames (H, W, 3) uint8 and back again, small ones enlarged pixel by pixel."""
    height, width, _ = frames[0].shape
    zoom = max(1, ANIMATION_PIXELS // width)
    size = (zoom * width, zoom * height)
    pictures = [Image.fromarray(f).resize(size, Image.Resampling.NEAREST).quantize(256) for f in frames]
    pictures += pictures[-2:0:-1]
    buffer = io.BytesIO()
    pictures[0].save(buffer, "GIF", save_all=True, append_images=pictures[1:], duration=ANIMATION_MS, loop=0)
    write_bytes(path, buffer.getvalue())


def _frame(path: Path) -> Image.Image | None:
    try:
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
    except Exception:  # Pillow raises whatever the damage leads it to
        return None
    while picture.width > GIF_PIXELS:
        picture = picture.reduce(2)
    strip = 14
    canvas = Image.new("RGB", (picture.width, picture.height + strip), "white")
    canvas.paste(picture, (0, strip))
    ImageDraw.Draw(canvas).text((3, 1), f"epoch {int(path.stem)}", fill="black")
    return canvas.quantize(128, dither=Image.Dither.NONE)
