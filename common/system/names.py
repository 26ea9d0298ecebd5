"""Names from files and folders, which can hold anything: as text to be shown, and as a part of a file's name."""

import re

# Control characters (a terminal obeys them, a font has none), marks that turn the direction of what follows, and bytes
# of a file's name that are no UTF-8.
UNPRINTABLE = re.compile("[\0-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
NAME_BYTES = 100  # of a name within a file's name, at most


def printable(text: str) -> str:
    """The text in one line, with what cannot be shown as an escape: `\\x1b`, `\\udcff`."""
    return UNPRINTABLE.sub(escaped, text)


def escaped(found: re.Match[str]) -> str:
    """One character as Python would write it, in ASCII."""
    return ascii(found[0])[1:-1]


def file_name(text: str) -> str:
    """The text as a part of a file's name: letters, digits and `-+.,()` stay, all else is `_`; never a path."""
    kept = re.sub(r"[^\w\-+.,() ]", "_", UNPRINTABLE.sub("_", text))
    return kept.encode()[:NAME_BYTES].decode(errors="ignore").strip(". ") or "_"
