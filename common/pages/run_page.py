"""`RUN/index.html`: a run on one page, from its folder alone, and the same bytes for the same folder.

The page is one file with its style and script. It shows what lies beside it by relative names, and has the small
pictures within it, so that it can be sent, or shown in a notebook. Its policy forbids every request to a network.
"""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from common.pages.document import chart, document, embedded, section, sharp_width, table
from common.pages.markup import Markup, element, joined
from common.pages.measured import measured_table
from common.pages.protocols import counts, levels
from common.pages.run_data import Progress, mapping, panels, progress
from common.pages.settings import settings_by_source
from common.recipe import ASSUMED, AUTHORS_CODE, COMMAND_LINE, DEFAULT, STATED
from common.run.log import UNITS, Log
from common.run.remarks import read_remarks
from common.run.run_folder import RunFolder
from common.system.files import write_text
from common.system.progress import duration

PAGE = "index.html"
HERE = Path(__file__).parent
EMBEDDED = 300_000  # bytes of a picture that is put into the page; a larger one is linked
FILES = (
    "config.json",
    "log.csv",
    "remarks.json",
    "samples.png",
    "training.gif",
    "losses.png",
    "metrics.png",
    "classes.png",
)
ORDER = (COMMAND_LINE, STATED, AUTHORS_CODE, ASSUMED, DEFAULT)
BAR = 100  # width of the longest bar


def draw_page(run: RunFolder, ended: bool = False) -> None:
    """Write index.html of a run: finished, running, killed, or before its first epoch.

    Args:
        run: the folder.
        ended: it will not go on, though it has not all of its epochs: the page does not wait for more.

    Raises:
        UserError: config.json or log.csv is missing where it has to be, or damaged.
    """
    write_text(run.path / PAGE, page(run, ended))


def page(run: RunFolder, ended: bool = False) -> str:
    """The page as text; see `draw_page`."""
    config, log, title = run.read_config(), run.read_log(), run.title()
    state = progress(log, _epochs(config))
    drawn = _panels(config, log)
    alive = not ended and state.done < state.epochs
    data = {"panels": drawn, "grids": [file.name for file in run.grid_files()], "alive": alive,
            "epoch_seconds": round(state.epoch_seconds, 2)}  # fmt: skip
    sections = (_header(title, config, state, ended), _remarks(run), _samples(run), _curves(run, drawn),
                _figures(config, log), _classes(log), _settings(config), _about(run, config))  # fmt: skip
    return document(title, joined(*sections), data, [HERE / "run_page.css"], [HERE / "run_page.js"])


def _panels(config: dict[str, Any], log: Log) -> list[dict[str, Any]]:
    metrics = mapping(config.get("metrics"))
    return [
        panel | {"levels": levels(panel["title"], config, about), "note": counts(about)}
        for panel in panels(log)
        for about in [mapping(metrics.get(panel["title"]))]
    ]


def _epochs(config: dict[str, Any]) -> int:
    value = mapping(config["settings"].get("epochs")).get("value")
    return value if isinstance(value, int) else 0


def _header(title: str, config: dict[str, Any], state: Progress, ended: bool) -> Markup:
    facts = [f"epoch {state.done:,} of {state.epochs:,}"]
    if state.done:
        facts += [f"{state.images:,} images", f"{duration(state.seconds)} of training", f"{state.rate:,.0f} images/s"]
    if ended or state.done >= state.epochs:
        facts += ["finished" if state.done >= state.epochs else "stopped"]
    else:
        facts += [f"about {duration(state.left)} of training left"] if state.done else ["before the first epoch"]
    refresh = element("label", element("input", type="checkbox", id="refresh", checked=True), " refresh by itself")
    return element(
        "header",
        element("h1", title),
        element("p", config.get("writeup", ""), ". Reported: ", config.get("reported", "nothing"), "."),
        element("progress", value=min(state.done, state.epochs), max=max(1, state.epochs), aria_label="epochs done"),
        element("p", " · ".join(facts), class_="state"),
        element("p", element("span", id="written"), " ", refresh, id="live", hidden=True),
    )


def _remarks(run: RunFolder) -> Markup:
    """What was noticed, and whether it is so still."""
    found = read_remarks(run)
    lines = (
        element("li", element("b", f"{remark.when}: {remark.what}."), f" {remark.why}. Try: {remark.advice}.")
        for remark in found
    )
    return section("remarks", "Remarks", element("ul", *lines, class_="notice")) if found else Markup()


def _figures(config: dict[str, Any], log: Log) -> Markup:
    return section(
        "figures", "Figures", measured_table(config, log) or element("p", "No metric is measured in this run.")
    )


def _curves(run: RunFolder, drawn: list[dict[str, Any]]) -> Markup:
    if not drawn:
        return section("curves", "Curves", element("p", "There are curves after the first epoch."))
    own = run.unit()
    choice = element(
        "fieldset",
        element("legend", "over"),
        *(element("label", element("input", type="radio", name="x", value=unit, checked=unit == own), f" {unit}")
          for unit in UNITS),
    )  # fmt: skip
    figures = (chart(panel, index) for index, panel in enumerate(drawn))
    still = element("noscript", *_pictures(run, ("losses.png", "metrics.png")))
    return section("curves", "Curves", choice, element("div", *figures, class_="panels"), still)


def _samples(run: RunFolder) -> Markup:
    grids, finals = run.grid_files(), sorted(run.final_images.glob("*.png"))
    parts = []
    if grids:
        parts.append(
            element("figure",
                    element("figcaption", "The same latents after epoch ",
                            element("output", int(grids[-1].stem), id="epoch")),
                    element("input", type="range", id="grid", min=0, max=len(grids) - 1, value=len(grids) - 1,
                            aria_label="epoch of the grid"),
                    _image(run, grids[-1], "images of the same latents", id="picture"), class_="grid")
        )  # fmt: skip
    if finals:
        images = (_image(run, file, f"sample {index + 1}") for index, file in enumerate(finals))
        parts.append(element("figure", element("figcaption", "Of the generator that is kept"), *images, class_="final"))
    return section("samples", "Samples", element("div", *parts, class_="side")) if parts else Markup()


def _classes(log: Log) -> Markup:
    tables = log.by_class()
    if not tables:
        return Markup()
    labels = dict.fromkeys(label for table in tables.values() for label in table)
    rows = ((label, *(_bar(table.get(label), max(table.values())) for table in tables.values())) for label in labels)
    return section("classes", "Classes", table(("class", *tables), rows, "figures by class"))


def _bar(value: float | None, largest: float) -> Markup:
    if value is None:
        return joined("-")
    width = BAR * max(0.0, value) / largest if largest > 0 else 0
    bar = element("rect", width=f"{width:.1f}", height=10)
    return joined(element("svg", bar, class_="bar", viewBox=f"0 0 {BAR} 10", aria_hidden="true"), f" {value:.3g}")


def _settings(config: dict[str, Any]) -> Markup:
    """Every setting, by where its value comes from; those of an unknown source come last."""
    record = config["settings"]
    sources = dict.fromkeys([*ORDER, *(str(mapping(item).get("source")) for item in record.values())])
    return section("settings", "Settings", *settings_by_source(record, sources))


def _about(run: RunFolder, config: dict[str, Any]) -> Markup:
    data = mapping(config.get("data"))
    facts = {
        "data": f"{data.get('name', '?')}: {data.get('train', '?')} training and {data.get('test', '?')} test images",
        "classes": ", ".join(map(str, data.get("classes") or ())),
        "notes": "; ".join(map(str, data.get("notes") or ())),
        "fingerprint": str(data.get("fingerprint", ""))[:12],
        "device": config.get("device", ""),
        "versions": ", ".join(f"{name} {version}" for name, version in mapping(config.get("versions")).items()),
        "commit": config.get("git_commit") or "",
        "started": config.get("started", ""),
    }
    links = joined(*(joined(element("a", name, href=quote(name)), " ") for name in FILES if (run.path / name).exists()))
    rows = [*((key, value) for key, value in facts.items() if value), ("files", links)]
    return section("about", "About this run", table(("fact", "value"), rows, "about"))


def _pictures(run: RunFolder, names: Iterable[str]) -> Iterator[Markup]:
    return (element("img", src=quote(name), alt=name) for name in names if (run.path / name).exists())


def _image(run: RunFolder, file: Path, alt: str, **attributes: Any) -> Markup:
    """A picture within the page where it is small, else by its name."""
    source, width = quote(file.relative_to(run.path).as_posix()), None
    with contextlib.suppress(OSError):  # what cannot be read is named
        if file.stat().st_size <= EMBEDDED:
            picture = file.read_bytes()
            source, width = embedded(picture), sharp_width(picture)
    return element("img", src=source, alt=alt, width=width, **attributes)
