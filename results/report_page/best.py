"""`best` of each family beside its write-ups, by minutes of training: what the same time gives."""

import math
from typing import Any

from common.pages.document import section, table
from common.pages.markup import Markup, element
from common.pages.protocols import counts
from common.pages.run_data import panels
from common.system.progress import duration
from results.report_page.report import Report, System

METRIC = "fid768"  # which most runs have
HEADINGS = ("run", f"{METRIC} at best", "after", "best is there after", "device")


def best_section(report: Report) -> Markup:
    """A chart and a table a family whose `best` has a run that measured the metric; empty where none has."""
    families = [_family(report, system) for system in report.systems if _is_best(system)]
    if not families:
        return Markup()
    words = (f"{METRIC} against minutes of training, by each run's own log. Minutes compare on one device; "
             "one seed each.")  # fmt: skip
    return section("best", "Ours against the write-ups, by minutes", element("p", words), *families)


def _is_best(system: System) -> bool:
    return bool(system.run) and system.name.endswith("/best") and bool(_points(system))


def _family(report: Report, best: System) -> Markup:
    """The runs of a family that are measured as its best run is, that one first."""
    protocol = _protocol(best)
    others = [system for system in report.systems if system.run and system.family == best.family and system != best]
    beside = [system for system in others if _protocol(system) == protocol and _points(system)]
    curves = [_curve(system) for system in (best, *beside)]
    panel = {"title": best.family, "note": counts(protocol), "unit": "minutes", "curves": curves}
    rows = [_row(best, system) for system in (best, *beside)]
    times = table(HEADINGS, rows, f"{best.family} by minutes", cards=True)
    return element("div", report.chart(panel), times, class_="panels by-minutes")


def _protocol(system: System) -> dict[str, Any]:
    """All that the figures depend on; not what is said of them."""
    return {key: value for key, value in system.metrics.get(METRIC, {}).items() if key not in ("about", "floor")}


def _curve(system: System) -> dict[str, Any]:
    (panel,) = (panel for panel in panels(system.log) if panel["title"] == METRIC)
    return panel["curves"][0] | {"label": system.name}


def _points(system: System) -> list[tuple[float, float]]:
    """(seconds, value) of each measurement that is finite."""
    points = zip(*system.log.series(METRIC, "minutes"), strict=True)
    return [(60 * minutes, value) for minutes, value in points if math.isfinite(value)]


def _row(best: System, system: System) -> tuple[Any, ...]:
    seconds, value = min(_points(system), key=lambda point: point[1])
    there = next((duration(at) for at, ours in _points(best) if ours <= value), "not yet")
    return (element("a", system.name, href=f"#{system.slug}"), f"{value:.3g}", duration(seconds),
            "-" if system == best else there, system.config.get("device", "not known"))  # fmt: skip
