"""A page of one file: its parts put together, and those that pages share. Its policy forbids requests to a network."""

import base64
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template
from typing import Any

from common.pages.markup import Markup, digest, element, joined, json_block

HERE = Path(__file__).parent
STYLE, SCRIPT = HERE / "page.css", HERE / "chart.js"  # of every page; a page's own come after
COLOURS = 8  # of curves in one chart


def document(title: str, body: Markup, data: dict[str, Any], styles: Sequence[Path] = (),
             scripts: Sequence[Path] = ()) -> str:  # fmt: skip
    """The whole page as text.

    Args:
        title: of the window.
        body: what `main` holds.
        data: for the scripts; `panels` are what `chart` draws.
        styles: files of the page's own, after the shared one.
        scripts: likewise.
    """
    style, script = (_text([shared, *own]) for shared, own in ((STYLE, styles), (SCRIPT, scripts)))
    return Template((HERE / "page.html").read_text(encoding="utf-8")).substitute(
        title=joined(title), style=style, script=script, style_digest=digest(style), script_digest=digest(script),
        data=json_block(data, "data"), body=body,
    )  # fmt: skip


def section(name: str, title: str, *content: Any) -> Markup:
    """A section under a heading, which links can lead to by its name."""
    return element("section", element("h2", title, id=name), *content, class_=name, aria_labelledby=name)


def table(head: Iterable[Any], rows: Iterable[Iterable[Any]], label: str) -> Markup:
    """A table whose first column names its rows; where it is too wide, it is scrolled within its own box."""
    top = element("tr", *(element("th", cell, scope="col") for cell in head))
    body = (
        element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in rest))
        for first, *rest in rows
    )
    whole = element("table", element("thead", top), element("tbody", *body))
    return element("div", whole, class_="wide", tabindex="0", role="region", aria_label=label)


def chart(panel: dict[str, Any], index: int) -> Markup:
    """The place of a chart that the page's script draws.

    Args:
        panel: `title`; `curves`, as `common.pages.run_data.panels` has them; perhaps `unit`, which its curves are over
            whatever is chosen, and `levels`, horizontal lines, each with a `label` and a `value`.
        index: of the panel in the data's `panels`.
    """
    return element(
        "figure",
        element("figcaption", _caption(panel)),
        element("svg", role="slider", tabindex=0, aria_label=panel["title"], aria_valuenow=0),
        element("output"),
        data_panel=index,
    )


def embedded(picture: bytes, kind: str = "png") -> str:
    """A picture as an address that holds it."""
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"


def _caption(panel: dict[str, Any]) -> Markup:
    if len(panel["curves"]) == 1:
        return joined(panel["title"])
    keys = (
        element("span", curve["label"],
                class_=f"key c{curve.get('colour', index % COLOURS)}{' dashed' * curve['dashed']}")
        for index, curve in enumerate(panel["curves"])
    )  # fmt: skip
    return joined(panel["title"], ": ", *keys)


def _text(files: Iterable[Path]) -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in files)
