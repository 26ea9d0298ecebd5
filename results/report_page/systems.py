"""A section a system: what is reported beside what came out here, curve by curve, with the samples."""

from common.pages.document import embedded, section, sharp_width
from common.pages.markup import Markup, element, joined
from common.pages.measured import measured_table
from common.pages.protocols import counts, levels
from common.pages.run_data import panels
from common.pages.run_page import PAGE
from common.pages.settings import settings_by_source
from common.recipe import ASSUMED, AUTHORS_CODE, STATED
from common.run.remarks import read_remarks
from common.system.progress import duration
from results.report_page.differences import differences_table
from results.report_page.pictures import thumbnail
from results.report_page.report import Report, System
from results.report_page.reported import reported_curve, reported_protocol

FILES = ("training.gif", "samples.png", "losses.png", "metrics.png", "classes.png", "log.csv", "config.json")
FROM_ZERO = "epochs as its author counts them, from 0; ours count from 1"
# In this order, the first beside the reported curve; the rest is on the run's own page.
SHOWN = ("fid768", "writeup", "fid", "cifar", "cifar_intra", "class_accuracy", "losses")


def systems_section(report: Report) -> Markup:
    """Every system that has a run."""
    return joined(*(_system(report, system) for system in report.systems if system.run))


def _system(report: Report, system: System) -> Markup:
    return section(
        system.slug,
        system.name,
        element("p", f"{system.writeup}. ", element("b", "Reported: "), f"{system.reported}. {_protocol(system)}"),
        element("p", element("b", "Ours: "), _length(system)),
        differences_table(system),
        element("p", *_files(report, system), class_="files"),
        _remarks(system),
        element("div", _samples(system), element("div", *_charts(report, system), class_="panels"), class_="beside"),
        measured_table(system.config, system.log, f"measured of {system.name}"),
        _settings(system),
    )  # fmt: skip


def _protocol(system: System) -> str:
    words = reported_protocol(system)
    return f"Its FID: {words}." if words else ""


def _length(system: System) -> str:
    if not system.log.rows:
        return ""
    device, spent = system.config.get("device", "a device that is not known"), system.log.rows[-1]["seconds"]
    return f"{system.length} on {system.data}, {duration(spent)} of training on {device}."


def _settings(system: System) -> Markup:
    """What the recipe has today, by where it is from: the write-up's text, its author's code, or ourselves."""
    if not system.recipe:
        return Markup()
    folds = settings_by_source(system.recipe.record(), (STATED, AUTHORS_CODE, ASSUMED), f"in {system.name}")
    return element("details", element("summary", "The recipe's settings today, by source"), *folds, class_="sources")


def _files(report: Report, system: System) -> list[Markup]:
    there = {"The run's page": PAGE} | {name: name for name in FILES if (system.run.path / name).exists()}
    return [joined(report.link(words, system.run.path / name), " ") for words, name in there.items()]


def _remarks(system: System) -> Markup:
    lines = [element("li", f"{remark.when}: {remark.what}") for remark in read_remarks(system.run)]
    return element("ul", *lines, class_="notice") if lines else Markup()


def _charts(report: Report, system: System) -> list[Markup]:
    """The reported curve, where there is one, beside our own; a single value is in the table alone."""
    unit = system.run.unit()
    charts = []
    if curve := reported_curve(system.name):
        note = f"{reported_protocol(system)}; {FROM_ZERO}"
        charts.append({"title": "reported FID", "note": note, "unit": "epoch", "curves": [curve]})
    ours = {panel["title"]: panel for panel in panels(system.log)}
    for name in SHOWN:
        if name in ours and len(ours[name]["curves"][0]["value"]) > 1:
            about = system.metrics.get(name, {})
            lines = levels(name, system.config, about)
            charts.append(ours[name] | {"title": f"ours, {name}", "note": counts(about), "unit": unit, "levels": lines})
    return [report.chart(chart) for chart in charts]


def _samples(system: System) -> Markup:
    picture = thumbnail(system)
    if not picture:
        return Markup()
    caption = element("figcaption", f"Samples of epoch {system.pictured:,}")
    image = element("img", src=embedded(picture), alt=f"samples of {system.name}", width=sharp_width(picture))
    return element("figure", caption, image, class_="samples")
