"""All systems in one table: what is reported, what came out here, how long it was trained, what it cost."""

import statistics
from collections.abc import Sequence

from common.pages.document import section, table
from common.pages.markup import Markup, element, joined
from common.system.progress import duration
from results.report_page.differences import reading_mark
from results.report_page.pictures import finals
from results.report_page.report import Report, System
from results.report_page.reported import reported_protocol

HEADINGS = ("system", "samples", "reported", "ours, at best", "over the run", "trained", "cost")
FIRST = ("fid768", "cifar")  # of the metrics of a run, the ones that are shown
WIDTH, HEIGHT, EDGE = 90, 24, 3  # of a sparkline, pixels


def overview_section(report: Report) -> Markup:
    """A row a system; those that have no run are named below."""
    rows = [_row(report, system) for system in report.systems if system.run]
    without = ", ".join(system.name for system in report.systems if not system.run)
    return section(
        "overview",
        "All systems",
        element("p", "Ours: the best value of the run, one seed; lower is better. Each system's protocol is below."),
        table(HEADINGS, rows, "table of all systems", cards=True),
        element("p", f"No run yet: {without}.") if without else Markup(),
    )


def _row(report: Report, system: System) -> tuple[Markup, ...]:
    name = element("a", system.name, href=f"#{system.slug}") if system.slug else joined(system.name)
    protocol = reported_protocol(system)
    metric = shown_metric(system)
    return (
        joined(name, reading_mark(system)),
        joined(finals(system), element("small", f"of epoch {system.pictured:,}")),
        joined(system.reported, element("small", protocol) if protocol else ""),
        _best(system, metric),
        sparkline([value for _, value in system.log.finite(metric)]) if metric else joined("-"),
        joined(system.length, element("small", _whole(system)) if system.recipe else ""),
        _cost(system),
    )


def shown_metric(system: System) -> str:
    """The metric of a run that is comparable with most others; empty where none was measured."""
    measured = [name for name in system.metrics if system.log.series(name)[1]]
    return next((name for name in (*FIRST, *measured) if name in measured), "")


def _best(system: System, metric: str) -> Markup:
    best = system.best(metric)
    if not best:
        return joined("-")
    epoch, value = best
    return joined(f"{metric} {value:.3g}", element("small", f"at epoch {epoch:.0f}"))


def _whole(system: System) -> str:
    """Of how many epochs: what the recipe has where the command line says nothing."""
    recipe = system.recipe.settings
    whole = "" if recipe.steps_per_epoch == system.settings.get("steps_per_epoch") else " whole epochs"
    return f"of {recipe.epochs:,}{whole}"


def _cost(system: System) -> Markup:
    rows = system.log.rows
    if not rows:
        return joined("-")
    rate = statistics.median(row["images_per_second"] for row in rows)
    return joined(duration(rows[-1]["seconds"]), element("small", f"{rate:,.0f} images/s"))


def sparkline(values: Sequence[float]) -> Markup:
    """A curve of the size of a word; its last value a dot."""
    if len(values) < 2:
        return joined("-")
    low, span = min(values), (max(values) - min(values)) or 1
    step = (WIDTH - 2 * EDGE) / (len(values) - 1)
    points = [(EDGE + index * step, HEIGHT - EDGE - (value - low) / span * (HEIGHT - 2 * EDGE))
              for index, value in enumerate(values)]  # fmt: skip
    line = element("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points))
    dot = element("circle", cx=f"{points[-1][0]:.1f}", cy=f"{points[-1][1]:.1f}", r=2.5)
    label = f"from {values[0]:.3g} to {values[-1]:.3g}"
    return element("svg", line, dot, class_="spark", viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=label)
