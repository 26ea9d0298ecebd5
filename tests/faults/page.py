"""tests/faults/README.md: its tables are filled from what was counted, between markers, and by nothing else."""

import re
from pathlib import Path

PAGE = Path(__file__).with_name("README.md")


def markdown(rows: list[list[str]]) -> str:
    """Rows as a table, the first one its head."""
    head, *body = (f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)
    return "\n".join([head, "|" + " --- |" * len(rows[0]), *body])


def between(name: str, text: str) -> str:
    """What stands between the markers of a table."""
    return _place(name).search(text).group(2)


def cells(name: str, text: str) -> list[list[str]]:
    """The rows of a table, its head among them."""
    head, _, *body = between(name, text).splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in (head, *body)]


def fill(name: str, rows: list[list[str]], page: Path = PAGE, in_part: bool = False) -> None:
    """Put a table between its markers; `in_part`: its rows of other names stay."""
    text = page.read_text(encoding="utf-8")
    if in_part and (earlier := cells(name, text))[0] == rows[0]:
        rows = list(({row[0]: row for row in earlier} | {row[0]: row for row in rows}).values())
    page.write_text(_place(name).sub(lambda found: f"{found[1]}{markdown(rows)}\n{found[3]}", text), encoding="utf-8")


def _place(name: str) -> re.Pattern:
    return re.compile(rf"(<!-- {name}: [^\n]*-->\n)(.*?)(<!-- end of {name} -->)", re.DOTALL)
