"""The figures of a run, from its log, config and grids alone."""

from common.figures.animation import save_gif
from common.figures.curves import save_classes, save_losses, save_metrics
from common.run.reported import reported_levels
from common.run.run_folder import RunFolder


def draw_figures(run: RunFolder, unit: str | None = None) -> None:
    """Draw losses.png, metrics.png, classes.png and training.gif of a run from its log, config and grids alone.

    Args:
        run: the folder.
        unit: of the horizontal axes, one of the log's `UNITS`; None: the write-up's own.
    """
    log, title, unit = run.read_log(), run.title(), unit or run.unit()
    save_losses(run.path / "losses.png", log, title, unit)
    config = run.read_config()
    described = config.get("metrics") or {}
    save_metrics(run.path / "metrics.png", log, title, described, unit, reported_levels(config))
    save_gif(run.path / "training.gif", run.grid_files())
    draw_classes(run)


def draw_classes(run: RunFolder) -> None:
    """Draw classes.png from the log, where figures by class were measured."""
    log = run.read_log()
    if log.by_class():
        save_classes(run.path / "classes.png", log, run.title(), run.read_config().get("metrics") or {})
