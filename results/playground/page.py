"""The page in which generators are played with: one file, which asks no network and opens from disk."""

from pathlib import Path
from string import Template
from typing import Any

from common.pages.document import STYLE
from common.pages.markup import Markup, digest, element, joined, json_block

HERE = Path(__file__).parent
SHOWN = ("name", "writeup", "trained", "latent_dim", "classes", "image", "directions")  # what the page itself reads


def page(generators: list[dict[str, Any]], home: str | None = None) -> str:
    """The page of some generators (`results.playground.export.export_run`), and a link to where it belongs."""
    style = _read(STYLE) + _read(HERE / "page.css")
    engine, script = _read(HERE / "generator.js"), _read(HERE / "latents.js") + _read(HERE / "page.js")
    about = [{key: generator[key] for key in SHOWN} for generator in generators]
    blocks = (json_block(generator, f"generator-{index}") for index, generator in enumerate(generators))
    return Template(_read(HERE / "page.html")).substitute(
        title="A generator to play with" if len(generators) == 1 else "Generators to play with",
        options=joined(*(element("option", generator["name"]) for generator in generators)),
        home=element("a", "All results", href=home) if home else Markup(),
        data=joined(json_block(about, "about-generators"), *blocks),
        style=style, engine=engine, script=script,
        style_digest=digest(style), engine_digest=digest(engine), script_digest=digest(script),
    )  # fmt: skip


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
