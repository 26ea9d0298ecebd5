"""A section a system: what is reported beside what came out here, curve by curve, with the samples."""

from typing import Any

from common.pages.document import embedded, section
from common.pages.markup import Markup, element, joined
from common.pages.protocols import levels, protocol_words
from common.pages.run_data import panels
from common.pages.run_page import PAGE
from common.run.remarks import read_remarks
from results.report_page.pictures import thumbnail
from results.report_page.report import Report, System
from results.report_page.reported import reported_curve, reported_protocol

FILES = ("training.gif", "samples.png", "losses.png", "metrics.png", "classes.png", "log.csv", "config.json")
SHOWN = ("losses", "fid768", "cifar", "cifar_intra", "class_accuracy", "writeup", "fid")  # the rest is on its own page


def systems_section(report: Report) -> Markup:
    """Every system that has a run."""
    return joined(*(_system(report, system) for system in report.systems if system.run))


def _system(report: Report, system: System) -> Markup:
    return section(
        system.slug,
        system.name,
        element("p", f"{system.writeup}. Reported: {system.reported}. {_protocol(system)}"),
        element("p", "Ours: ", report.link("the run's page", system.run.path / PAGE), ", ", *_files(report, system)),
        _remarks(system),
        element("div", *_charts(report, system), class_="panels"),
        _samples(system),
        _protocols(system),
    )


def _protocol(system: System) -> str:
    words = reported_protocol(system.writeup)
    return f"Its FID: {words}." if words and system.recipe and system.recipe.reported_fid else ""


def _files(report: Report, system: System) -> list[Markup]:
    there = [name for name in FILES if (system.run.path / name).exists()]
    return [joined(report.link(name, system.run.path / name), " ") for name in there]


def _remarks(system: System) -> Markup:
    lines = (element("li", f"{remark.when}: {remark.what}") for remark in read_remarks(system.run))
    found = list(lines)
    return element("ul", *found) if found else Markup()


def _charts(report: Report, system: System) -> list[Markup]:
    """The reported curve, where there is one, beside our own; each with its protocol."""
    unit = system.run.unit()
    charts = []
    if curve := reported_curve(system.name):
        title = f"reported FID: {reported_protocol(system.writeup)}"
        charts.append(report.chart({"title": title, "unit": "epoch", "curves": [curve]}))
    for panel in panels(system.log):
        if panel["title"] in SHOWN:
            about = system.metrics.get(panel["title"], {})
            title = f"ours, {panel['title']}" + (f": {_counts(about)}" if about else "")
            lines = levels(panel["title"], system.config, about)
            charts.append(report.chart(panel | {"title": title, "unit": unit, "levels": lines}))
    return charts


def _counts(about: dict[str, Any]) -> str:
    real, fake = about.get("real_count", "?"), about.get("fake_count", "?")
    return f"{real:,} real and {fake:,} generated images" if isinstance(real, int) and isinstance(fake, int) else ""


def _samples(system: System) -> Markup:
    picture = thumbnail(system)
    if not picture:
        return Markup()
    caption = element("figcaption", "Samples of the generator that is kept")
    return element("figure", caption, element("img", src=embedded(picture), alt="samples"), class_="samples")


def _protocols(system: System) -> Markup:
    lines = [element("p", element("b", name), f": {protocol_words(name, about)}")
             for name, about in system.metrics.items()]  # fmt: skip
    return element("details", element("summary", "Protocols"), *lines) if lines else Markup()
