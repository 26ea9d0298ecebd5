"""HTML that cannot be broken out of: whatever is not `Markup` is text, and is escaped."""

import base64
import hashlib
import html
import json
from typing import Any

VOID = ("img", "input")  # elements without an end


class Markup(str):
    """HTML already; only `element`, `joined` and `json_block` make it."""


def element(name: str, /, *content: Any, **attributes: Any) -> Markup:
    """One element. Content that is not `Markup` is text; an attribute of None or False is left out, True is bare.

    Names of attributes: `class_` for `class`, `_` for `-`.
    """
    start = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    return Markup(start if name in VOID else f"{start}{joined(*content)}</{name}>")


def joined(*content: Any) -> Markup:
    """Pieces one after the other; what is not `Markup` is text."""
    return Markup("".join(piece if isinstance(piece, Markup) else html.escape(_text(piece)) for piece in content))


def json_block(value: Any, name: str) -> Markup:
    """Data for the page's script: JSON in an element of that id, in which no text can end the element."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return Markup(f'<script type="application/json" id="{name}">{_without_angles(text)}</script>')


def digest(text: str) -> str:
    """What a Content-Security-Policy calls an inline script or style by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _attribute(key: str, value: Any) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{html.escape(_text(value))}"'


def _text(value: Any) -> str:
    """Names of files may hold bytes that are no UTF-8; a page shows them as `?`."""
    return str(value).encode(errors="replace").decode()


def _without_angles(text: str) -> str:
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
