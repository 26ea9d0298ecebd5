"""Pictures as small as the page needs them."""

from common.figures.grids import first_columns
from results.keeping.pictures import reduced
from results.report_page.report import System

COLUMNS = 6  # of a grid of samples


def thumbnail(system: System) -> bytes:
    """The first columns of a run's samples, as PNG of 256 colours; empty where there is no picture."""
    file = system.run.path / "samples.png"
    size = system.settings.get("image_size")
    names = (system.config.get("data") or {}).get("classes") or () if _conditional(system) else ()
    try:
        return reduced(file, lambda picture: first_columns(picture, names, size, COLUMNS))
    except (OSError, TypeError):  # no picture, or no size
        return b""


def _conditional(system: System) -> bool:
    """Whether the samples have a row a class: only such a run measures by class, or has a setting of it."""
    return system.settings.get("g_condition", "none") != "none" or "class_accuracy" in system.metrics
