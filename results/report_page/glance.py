"""The kept runs in one Markdown table of results/README.md, where no page is drawn: pictures, figures, how long."""

import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from common.system.progress import duration
from results.report_page.report import System

SAMPLES = 4  # of the ten final images
METRICS = ("fid768", "cifar", "class_accuracy")  # which several runs have
HEADINGS = ("run", "samples", *(f"`{name}`" for name in METRICS), "images", "time", "reported")


def glance(systems: Iterable[System], readme: Path) -> str:
    """A row a run, with the figures of the generator that its pictures are of.

    Args:
        systems: kept runs.
        readme: the page that the table is for; a run's name is a link to its section there.
    """
    headings = re.findall(r"^#+ (.+)$", readme.read_text(encoding="utf-8"), re.MULTILINE)
    rows = [HEADINGS, ["---"] * len(HEADINGS), *(_row(system, headings, readme.parent) for system in systems)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(system: System, headings: Sequence[str], base: Path) -> list[str]:
    images = sorted(system.run.final_images.glob("*.png"))[:SAMPLES]
    shown = next(row for row in system.log.rows if row["epoch"] == system.pictured)
    figures = (shown.get(name) for name in METRICS)
    return [
        _section(system, headings),
        " ".join(f"![]({image.relative_to(base).as_posix()})" for image in images),
        *("-" if value is None or not math.isfinite(value) else f"{value:#.3g}".rstrip(".") for value in figures),
        f"{shown['images']:,.0f}",
        duration(shown["seconds"]),
        system.reported or "-",
    ]


def _section(system: System, headings: Sequence[str]) -> str:
    """A link to the run's section, as GitHub names it: its letters, digits and hyphens in small."""
    heading = next((heading for heading in headings if heading.startswith(f"`{system.name}`")), "")
    anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
    return f"[`{system.name}`](#{anchor})" if heading else f"`{system.name}`"
