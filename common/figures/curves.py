"""Curves of losses and metrics over a training, and bars of single classes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from common.run.log import VALIDATION, Log
from common.system.files import replacing
from common.system.names import printable

LINES = ("-", "--", ":", "-.")  # of more runs in one figure than there are colours

Series = tuple[Sequence[float], Sequence[float]]  # places on the horizontal axis, and the values there


def save_curves(path: Path, panels: Mapping[str, Mapping[str, Series]], names: Sequence[str], title: str,
                unit: str = "epoch") -> None:  # fmt: skip
    """Plot several runs in one figure, a panel for each quantity.

    Args:
        path: where to; its suffix chooses the format.
        panels: by quantity, the curve of each run that has it, by the run's name.
        names: of all runs, in the order of the legend; a run has one colour in every panel.
        title: what all runs share.
        unit: of the horizontal axis.
    """
    from matplotlib.lines import Line2D  # here: it takes a second

    columns = min(2, len(panels))
    figure, panes = _figure(unit, -(-len(panels) // columns), columns)
    panes = np.ravel(panes)
    styles = {name: {"color": f"C{i % 10}", "linestyle": LINES[i // 10 % len(LINES)]} for i, name in enumerate(names)}
    for axes, (quantity, curves) in zip(panes, panels.items(), strict=False):
        for name, (places, values) in curves.items():
            axes.plot(places, values, marker=_marker(places), linewidth=1.2, **styles[name])
        axes.set_title(_plain(quantity), fontsize=9)
        axes.set_xlabel(unit)
        axes.tick_params(labelbottom=True)
    for axes in panes[len(panels) :]:
        axes.set_axis_off()
    figure.suptitle(_plain(title), fontsize=9)
    handles = [Line2D([], [], **styles[name]) for name in names]
    figure.legend(handles, [_plain(name) for name in names], loc="outside lower center", frameon=False, fontsize=8)
    _save(path, figure)


def save_losses(path: Path, log: Log, title: str, unit: str = "epoch") -> None:
    """Plot both losses over one of the log's `UNITS`, and dashed those on held-out images where they are in the log."""
    figure, axes = _figure(unit)
    for name, label, colour in (("d_loss", "discriminator", "C0"), ("g_loss", "generator", "C1")):
        for prefix, of, style in (("", "", "-"), (VALIDATION, ", validation", "--")):
            places, values = log.series(prefix + name, unit)
            if places or not prefix:
                axes.plot(places, values, style, label=label + of, color=colour, linewidth=1.2, marker=_marker(places))
    axes.set(xlabel=unit, ylabel="mean loss of an epoch", title=_plain(title))
    axes.legend(frameon=False)
    _save(path, figure)


def save_metrics(path: Path, log: Log, title: str, described: Mapping[str, Mapping[str, Any]],
                 unit: str = "epoch", reported: Mapping[str, float] | None = None) -> None:  # fmt: skip
    """Plot every measured column over one of the log's `UNITS`, but single classes' and losses, a panel each.

    Args:
        described: the metrics among the columns (config.json's `metrics`), whose best value is marked; a line shows
            the `floor`, what real images have.
        reported: by column, a write-up's figure, which gets a line too.
    """
    measured = [name for name in log.figures() if log.series(name)[0]]
    figure, panels = _figure(unit, rows=max(1, len(measured)))
    panels = np.atleast_1d(panels)
    if not measured:
        panels[0].text(0.5, 0.5, "no metric was measured", ha="center", va="center")
        panels[0].set_axis_off()
    for axes, name in zip(panels, measured, strict=False):
        places, values = log.series(name, unit)
        axes.plot(places, values, marker=_marker(places), linewidth=1.2)
        about = described.get(name, {})
        if name in described and (best := log.best(name, bool(about.get("higher_is_better")), unit)):
            place, value = best
            axes.plot(place, value, "o", fillstyle="none", color="C3")
            axes.annotate(f"{value:.4g} at {place_text(place, unit)}", best, (0, 8),
                          textcoords="offset points", ha="right", fontsize=8)  # fmt: skip
        _add_levels(axes, {"reported": (reported or {}).get(name), "floor: real images": about.get("floor")})
        axes.set(ylabel=_plain(name))
    panels[0].set_title(_plain(title))
    panels[-1].set_xlabel(unit)
    _save(path, figure)


def _add_levels(axes, levels: Mapping[str, float | None]) -> None:
    """Draw a horizontal line at every level that is known, with its name and value."""
    for (label, level), style in zip(levels.items(), ("--", ":"), strict=True):
        if level is not None:
            axes.axhline(level, color="black", linestyle=style, linewidth=1, label=f"{label} {level:.4g}")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=8)


def save_classes(path: Path, log: Log, title: str, described: Mapping[str, Mapping[str, Any]]) -> None:
    """Plot the log's figures `by_class`, of which there has to be one, as bars, a panel a NAME; dashed: NAME.

    Args:
        described: as in `save_metrics`.
    """
    from matplotlib.figure import Figure

    tables = log.by_class()
    epoch = max(log.finite(f"{name}/{label}")[-1][0] for name, table in tables.items() for label in table)
    rows = max(map(len, tables.values()))
    figure = Figure(figsize=(1.5 + 3.5 * len(tables), 1.2 + 0.3 * rows), dpi=150, layout="constrained")
    for axes, (name, table) in zip(figure.subplots(1, len(tables), squeeze=False)[0], tables.items(), strict=True):
        bars = axes.barh(list(map(_plain, table)), list(table.values()), height=0.7)
        for text in axes.bar_label(bars, fmt="%.3g", padding=3, fontsize=8):
            text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.5})  # or the dashed line runs through it
        direction = "higher" if described.get(name, {}).get("higher_is_better") else "lower"
        axes.set(xlabel=_plain(name) + (f" ({direction} is better)" if name in log.metrics else ""))
        for mean in log.series(name)[1][-1:]:
            axes.axvline(mean, color="black", linestyle="--", linewidth=1)
            axes.set_title(f"all classes: {mean:.3g}", fontsize=9)
        axes.invert_yaxis()  # the first class on top, as in the grids
        axes.margins(x=0.15)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"{_plain(title)}, epoch {epoch:.0f}", fontsize="medium")
    _save(path, figure)


def place_text(place: float, unit: str) -> str:
    """A place on the horizontal axis, as text."""
    return f"{place:,.1f}" if unit == "minutes" else f"{place:,.0f}"


def _marker(places: Sequence[float]) -> str:
    """A dot at each measurement, where they are few enough to be told apart."""
    return "." if len(places) < 40 else ""


def _plain(text: str) -> str:
    """A name as matplotlib shows it letter by letter: it would take `$` for mathematics, and fail on what is none."""
    return printable(text).replace("$", r"\$")


def _figure(unit: str, rows: int = 1, columns: int = 1):
    from matplotlib.figure import Figure  # here: it takes a second; and no pyplot, so there is no global state

    figure = Figure(figsize=(6 * columns, 1.2 + 2.6 * rows), dpi=150, layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True)
    for axes in np.ravel(panels):
        axes.grid(alpha=0.3)
        axes.xaxis.get_major_locator().set_params(integer=unit != "minutes")
        axes.spines[["top", "right"]].set_visible(False)
    return figure, panels


def _save(path: Path, figure) -> None:
    with replacing(path) as temporary:
        figure.savefig(temporary)
