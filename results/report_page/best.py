"""`best` of each family beside its write-ups, by minutes and images: what the same time or work gives."""

import math
from typing import Any

from common.pages.document import section, table
from common.pages.markup import Markup, element, joined
from common.pages.protocols import counts
from common.pages.run_data import panels
from common.system.progress import duration
from results.report_page.differences import reading, reading_mark
from results.report_page.report import Report, System

METRIC = "fid768"  # which most runs have
UNITS = ("minutes", "images")  # the second for those whose machine is another
HEADINGS = ("run", f"{METRIC} at best", "after", "after images", "best had as little after",
            "best had as little after images", "device")  # fmt: skip


def best_section(report: Report) -> Markup:
    """Charts and a table a family whose `best` has a run that measured the metric; empty where none has."""
    families = [_family(report, system) for system in report.systems if _is_best(system)]
    if not families:
        return Markup()
    words = (f"{METRIC} against minutes of training, by each run's own log, and against images. Minutes compare on one "
             "device, images on any; one seed each.")  # fmt: skip
    return section("best", "Ours against the write-ups, by minutes and images", element("p", words), *families)


def _is_best(system: System) -> bool:
    return bool(system.run) and system.name.endswith("/best") and bool(_points(system))


def _family(report: Report, best: System) -> Markup:
    """The runs of a family that are measured as its best run is, that one first."""
    protocol = _protocol(best)
    others = [system for system in report.systems if system.run and system.family == best.family and system != best]
    beside = [system for system in others if _protocol(system) == protocol and _points(system)]
    curves = [_curve(system) for system in (best, *beside)]
    panels = ({"title": f"{best.family}, by {unit}", "note": counts(protocol), "unit": unit, "curves": curves}
              for unit in UNITS)  # fmt: skip
    rows = [_row(best, system) for system in (best, *beside)]
    times = table(HEADINGS, rows, f"{best.family} by minutes and images", cards=True)
    return element("div", *map(report.chart, panels), times, class_="panels by-minutes")


def _protocol(system: System) -> dict[str, Any]:
    """All that the figures depend on; not what is said of them."""
    return {key: value for key, value in system.metrics.get(METRIC, {}).items() if key not in ("about", "floor")}


def _curve(system: System) -> dict[str, Any]:
    (panel,) = (panel for panel in panels(system.log) if panel["title"] == METRIC)
    mark = reading(system)
    return panel["curves"][0] | {"label": f"{system.name} ({mark})" if mark else system.name}


def _points(system: System) -> list[tuple[float, float, float]]:
    """(value, minutes, images) of each measurement that is finite, in order."""
    (_, values), *places = (system.log.series(METRIC), *(system.log.series(METRIC, unit) for unit in UNITS))
    points = zip(values, *(place for place, _ in places), strict=True)
    return [point for point in points if math.isfinite(point[0])]


def _row(best: System, system: System) -> tuple[Any, ...]:
    value, *place = min(_points(system), key=lambda point: point[0])
    there = next((at for ours, *at in _points(best) if ours <= value), None)
    reached = ("-", "-") if system == best else ("not yet", "not yet") if there is None else _words(*there)
    name = joined(element("a", system.name, href=f"#{system.slug}"), reading_mark(system))
    return (name, f"{value:.3g}", *_words(*place), *reached, system.config.get("device", "not known"))


def _words(minutes: float, images: float) -> tuple[str, str]:
    return duration(60 * minutes), f"{images:,.0f}"
