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
PNG = b"\x89PNG\r\n\x1a\n"  # how its files begin
SMALL = 320  # pixels of a picture that is shown at twice its size


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


def table(head: Sequence[Any], rows: Iterable[Iterable[Any]], label: str, cards: bool = False) -> Markup:
    """A table whose first column names its rows; where it is too wide, it is scrolled within its own box.

    Args:
        head: names of the columns.
        rows: their cells.
        label: what it is of, for those who do not see it.
        cards: on a narrow screen its rows are cards instead, each cell under the name of its column.
    """
    top = element("tr", *(element("th", cell, scope="col") for cell in head))
    body = (
        element("tr", element("th", first, scope="row"),
                *(element("td", cell, data_label=name) for name, cell in zip(head[1:], rest, strict=True)))
        for first, *rest in rows
    )  # fmt: skip
    whole = element("table", element("thead", top), element("tbody", *body), class_="cards" if cards else None)
    return element("div", whole, class_="wide", tabindex="0", role="region", aria_label=label)


def chart(panel: dict[str, Any], index: int) -> Markup:
    """The place of a chart that the page's script draws.

    Args:
        panel: `title`; `curves`, as `common.pages.run_data.panels` has them; perhaps `unit`, which its curves are over
            whatever is chosen, `levels`, horizontal lines, each with a `label` and a `value`, and a `note` on it all.
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


def sharp_width(picture: bytes) -> int | None:
    """Pixels to show a PNG at: twice its own where it is small, so that each of its pixels is a square of four."""
    if not picture.startswith(PNG):
        return None
    width = int.from_bytes(picture[16:20], "big")
    return 2 * width if width <= SMALL else width


def _caption(panel: dict[str, Any]) -> Markup:
    note = element("small", panel["note"]) if panel.get("note") else Markup()
    if len(panel["curves"]) == 1:
        return joined(panel["title"], note)
    keys = (
        element("span", curve["label"],
                class_=f"key c{curve.get('colour', index % COLOURS)}{' dashed' * curve['dashed']}")
        for index, curve in enumerate(panel["curves"])
    )  # fmt: skip
    return joined(panel["title"], note, element("div", *keys, class_="keys"))


def _text(files: Iterable[Path]) -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in files)
