"""Pictures as small as the page needs them."""

from common.figures.grids import first_columns
from common.pages.document import embedded
from common.pages.markup import Markup, element, joined
from results.keeping.pictures import reduced
from results.report_page.report import System

COLUMNS = 5  # of a grid of samples
FINALS = 5  # of a run's ten final images, in a row


def thumbnail(system: System) -> bytes:
    """The first columns of a run's samples, as PNG of 256 colours; empty where there is no picture."""
    file = system.run.path / "samples.png"
    size = system.settings.get("image_size")
    names = (system.config.get("data") or {}).get("classes") or () if _conditional(system) else ()
    try:
        return reduced(file, lambda picture: first_columns(picture, names, size, COLUMNS))
    except (OSError, TypeError):  # no picture, or no size
        return b""


def finals(system: System) -> Markup:
    """The first of a run's final images, in a row."""
    files = sorted(system.run.final_images.glob("*.png"))[:FINALS]
    images = (element("img", src=embedded(file.read_bytes()), alt="", width=32, height=32) for file in files)
    return element("span", *images, class_="finals") if files else joined("-")


def _conditional(system: System) -> bool:
    """Whether the samples have a row a class: only such a run measures by class, or has a setting of it."""
    return system.settings.get("g_condition", "none") != "none" or "class_accuracy" in system.metrics
