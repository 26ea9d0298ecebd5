"""Figures of a run: grids of images, curves of losses and metrics, the GIF of a training."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from common.run.log import Log
from common.run.run_folder import RunFolder
from common.system.files import replacing, write_bytes

GIF_FRAMES, GIF_BYTES, GIF_SECONDS = 120, 5_000_000, 12.0
GIF_PIXELS = 512  # frames wider than this are halved until they are not
VALIDATION = "val_"  # before the name of a loss on held-out images
NAME_PIXELS = 96  # at most, for the names of classes beside a grid
GAP = 2  # between the images of a grid
ANIMATION_PIXELS, ANIMATION_MS = 160, 120  # narrow frames are enlarged up to this width; time of each

LINES = ("-", "--", ":", "-.")  # of more runs in one figure than there are colours

Series = tuple[Sequence[float], Sequence[float]]  # epochs, and the values there


def draw_figures(run: RunFolder) -> None:
    """Draw losses.png, metrics.png, classes.png and training.gif of a run from its log, config and grids alone."""
    log, title = run.read_log(), run.title()
    save_losses(run.path / "losses.png", log, title)
    save_metrics(run.path / "metrics.png", log, title, run.read_config().get("metrics") or {})
    save_gif(run.path / "training.gif", run.grid_files())
    draw_classes(run)


def draw_classes(run: RunFolder) -> None:
    """Draw classes.png from the log, where figures by class were measured."""
    log = run.read_log()
    if any("/" in name and log.series(name)[0] for name in log.metrics):
        save_classes(run.path / "classes.png", log, run.title(), run.read_config().get("metrics") or {})


def grid(images: np.ndarray, columns: int, gap: int = GAP) -> np.ndarray:
    """Lay images (N, H, W, 3) uint8 out in rows on white; empty places stay white."""
    count, height, width, _ = images.shape
    rows = -(-count // columns)
    canvas = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap, 3), 255, np.uint8)
    for index, image in enumerate(images):
        top = gap + index // columns * (height + gap)
        left = gap + index % columns * (width + gap)
        canvas[top : top + height, left : left + width] = image
    return canvas


def labelled_grid(images: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Lay images (rows * columns, H, W, 3) uint8 out in a row a name, with the name at its left."""
    picture = grid(images, len(images) // len(names))
    font, width = _name_font(), _names_width(names)
    margin = Image.new("RGB", (width, len(picture)), "white")
    draw = ImageDraw.Draw(margin)
    for row, name in enumerate(names):
        middle = GAP + row * (images.shape[1] + GAP) + images.shape[1] / 2
        draw.text((width - 4, middle), _shortened(name, font), "black", font, anchor="rm")
    return np.concatenate([np.asarray(margin), picture], axis=1)


def columns_beside(names: Sequence[str], image_size: int, most: int = 10) -> int:
    """How many images fit beside the names in a frame of the GIF, so that it need not be halved; 1 at least."""
    return max(1, min(most, (GIF_PIXELS - _names_width(names) - GAP) // (image_size + GAP)))


def save_image(path: Path, image: np.ndarray) -> None:
    """Write one image (H, W, 3) uint8 as PNG."""
    with replacing(path) as temporary:
        iio.imwrite(temporary, image)


def save_curves(path: Path, panels: Mapping[str, Mapping[str, Series]], names: Sequence[str], title: str) -> None:
    """Plot several runs in one figure, a panel for each quantity.

    Args:
        path: where to; its suffix chooses the format.
        panels: by quantity, the epochs and values of each run that has it, by the run's name.
        names: of all runs, in the order of the legend; a run has one colour in every panel.
        title: what all runs share.
    """
    from matplotlib.lines import Line2D  # here: it takes a second

    columns = min(2, len(panels))
    figure, places = _figure(-(-len(panels) // columns), columns)
    places = np.ravel(places)
    styles = {name: {"color": f"C{i % 10}", "linestyle": LINES[i // 10 % len(LINES)]} for i, name in enumerate(names)}
    for axes, (quantity, curves) in zip(places, panels.items(), strict=False):
        for name, (epochs, values) in curves.items():
            axes.plot(epochs, values, marker="." if len(epochs) < 40 else "", linewidth=1.2, **styles[name])
        axes.set_title(quantity, fontsize=9)
        axes.set_xlabel("epoch")
        axes.tick_params(labelbottom=True)
    for axes in places[len(panels) :]:
        axes.set_axis_off()
    figure.suptitle(title, fontsize=9)
    handles = [Line2D([], [], **styles[name]) for name in names]
    figure.legend(handles, names, loc="outside lower center", frameon=False, fontsize=8)
    _save(path, figure)


def save_losses(path: Path, log: Log, title: str) -> None:
    """Plot both losses over the epochs, and dashed those on held-out images where they are in the log."""
    figure, axes = _figure()
    for name, label, colour in (("d_loss", "discriminator", "C0"), ("g_loss", "generator", "C1")):
        for prefix, of, style in (("", "", "-"), (VALIDATION, ", validation", "--")):
            epochs, values = log.series(prefix + name)
            if epochs or not prefix:
                marker = "." if len(epochs) < 40 else ""
                axes.plot(epochs, values, style, label=label + of, color=colour, linewidth=1.2, marker=marker)
    axes.set(xlabel="epoch", ylabel="mean loss of an epoch", title=title)
    axes.legend(frameon=False)
    _save(path, figure)


def save_metrics(path: Path, log: Log, title: str, described: Mapping[str, Mapping[str, Any]] | None = None) -> None:
    """Plot every measured column over the epochs, a panel each, but those of single classes and of losses.

    Args:
        described: the metrics among the columns (config.json's `metrics`), whose best value is marked.
    """
    names = [name for name in log.metrics if "/" not in name and not name.startswith(VALIDATION)]
    measured = [name for name in names if log.series(name)[0]]
    figure, panels = _figure(rows=max(1, len(measured)))
    panels = np.atleast_1d(panels)
    if not measured:
        panels[0].text(0.5, 0.5, "no metric was measured", ha="center", va="center")
        panels[0].set_axis_off()
    for axes, name in zip(panels, measured, strict=False):
        epochs, values = log.series(name)
        axes.plot(epochs, values, marker="." if len(epochs) < 40 else "", linewidth=1.2)
        if described and name in described:
            best = int(np.argmax(values) if described[name].get("higher_is_better") else np.argmin(values))
            axes.plot(epochs[best], values[best], "o", fillstyle="none", color="C3")
            axes.annotate(f"{values[best]:.4g} at {epochs[best]:.0f}", (epochs[best], values[best]), (0, 8),
                          textcoords="offset points", ha="right", fontsize=8)  # fmt: skip
        axes.set(ylabel=name)
    panels[0].set_title(title)
    panels[-1].set_xlabel("epoch")
    _save(path, figure)


def save_classes(path: Path, log: Log, title: str, described: Mapping[str, Mapping[str, Any]]) -> None:
    """Plot the last measured figures of single classes (columns NAME/CLASS) as bars, a panel a NAME; dashed: NAME.

    Args:
        described: as in `save_metrics`.
    """
    from matplotlib.figure import Figure

    tables: dict[str, dict[str, float]] = {}
    for column in log.metrics:
        name, slash, label = column.partition("/")
        epochs, values = log.series(column)
        if slash and values:
            tables.setdefault(name, {})[label] = values[-1]
            epoch = epochs[-1]
    rows = max(map(len, tables.values()))
    figure = Figure(figsize=(1.5 + 3.5 * len(tables), 1.2 + 0.3 * rows), dpi=150, layout="constrained")
    for axes, (name, table) in zip(figure.subplots(1, len(tables), squeeze=False)[0], tables.items(), strict=True):
        bars = axes.barh(list(table), list(table.values()), height=0.7)
        for text in axes.bar_label(bars, fmt="%.3g", padding=3, fontsize=8):
            text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.5})  # or the dashed line runs through it
        direction = "higher" if described.get(name, {}).get("higher_is_better") else "lower"
        axes.set(xlabel=f"{name} ({direction} is better)")
        for mean in log.series(name)[1][-1:]:
            axes.axvline(mean, color="black", linestyle="--", linewidth=1)
            axes.set_title(f"all classes: {mean:.3g}", fontsize=9)
        axes.invert_yaxis()  # the first class on top, as in the grids
        axes.margins(x=0.15)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"{title}, epoch {epoch:.0f}", fontsize="medium")
    _save(path, figure)


def save_gif(path: Path, grids: Sequence[Path]) -> None:
    """Make the GIF of a training from its grids: at most 120 frames and 5 MB, evenly spaced, the last one included."""
    count = min(GIF_FRAMES, len(grids))
    while count:
        chosen = np.unique(np.linspace(len(grids) - 1, 0, count).round().astype(int))
        frames = [_frame(grids[index]) for index in chosen]
        pause = int(1000 * min(0.5, GIF_SECONDS / len(frames)))
        buffer = io.BytesIO()
        times = [pause] * (len(frames) - 1) + [3 * pause + 1]
        frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=times, loop=0)
        if buffer.tell() <= GIF_BYTES or count == 1:
            write_bytes(path, buffer.getvalue())
            return
        count = max(1, min(count - 1, int(0.95 * count * GIF_BYTES / buffer.tell())))


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


def _name_font() -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(12)


def _names_width(names: Sequence[str]) -> int:
    font = _name_font()
    return 8 + max(int(font.getlength(_shortened(name, font)) + 1) for name in names)


def _shortened(name: str, font: ImageFont.FreeTypeFont) -> str:
    if font.getlength(name) <= NAME_PIXELS:
        return name
    while name and font.getlength(name + "...") > NAME_PIXELS:
        name = name[:-1]
    return name + "..."


def _frame(path: Path) -> Image.Image:
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    while picture.width > GIF_PIXELS:
        picture = picture.reduce(2)
    strip = 14
    canvas = Image.new("RGB", (picture.width, picture.height + strip), "white")
    canvas.paste(picture, (0, strip))
    ImageDraw.Draw(canvas).text((3, 1), f"epoch {int(path.stem)}", fill="black")
    return canvas.quantize(128, dither=Image.Dither.NONE)


def _figure(rows: int = 1, columns: int = 1):
    from matplotlib.figure import Figure  # here: it takes a second; and no pyplot, so there is no global state

    figure = Figure(figsize=(6 * columns, 1.2 + 2.6 * rows), dpi=150, layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True)
    for axes in np.ravel(panels):
        axes.grid(alpha=0.3)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.spines[["top", "right"]].set_visible(False)
    return figure, panels


def _save(path: Path, figure) -> None:
    with replacing(path) as temporary:
        figure.savefig(temporary)
