"""What `results/report.py` writes into pages: between markers, and in `results/statements.md` beside a claim's link."""

import re
from pathlib import Path

from common.errors import UserError
from common.system.files import write_text
from results.verdicts.figure import draw
from results.verdicts.library import Library
from results.verdicts.table import markdown, standing, summary

CLAIM = re.compile(r"(\[[\w-]+\]\(claims/([\w-]+)\.toml\))(?:: \*[^*]*\*)?")


def update_readme(library: Library, readme: Path) -> None:
    """Write the table into the README and, beside each outcome, the figure that it links to.

    Raises:
        UserError: the README has no place for it.
    """
    verdicts, figures = library.verdicts(), {}
    for verdict in verdicts:
        if verdict.done:
            path = library.outcome(verdict.claim).with_suffix(".svg")
            write_text(path, draw(verdict, library.records(verdict.claim)))
            figures[verdict.claim.name] = path.relative_to(readme.parent).as_posix()
    write_between_markers(readme, markdown(verdicts, figures))


def update_front(library: Library, readme: Path) -> None:
    """Write the verdicts in a few lines into the README of the project.

    Raises:
        UserError: the README has no place for them.
    """
    write_between_markers(readme, summary(library.verdicts()))


def update_statements(library: Library, page: Path) -> None:
    """Write after every link to a claim's file how far that claim has come, emphasised, in place of what is there."""
    standings = {verdict.claim.name: standing(verdict) for verdict in library.verdicts()}

    def brought_up_to_date(found: re.Match[str]) -> str:
        link, name = found.groups()
        return f"{link}: *{standings[name]}*" if name in standings else found[0]

    text = page.read_text(encoding="utf-8")
    if text != (written := CLAIM.sub(brought_up_to_date, text)):
        write_text(page, written)


def write_between_markers(path: Path, text: str, name: str = "verdicts") -> None:
    """Put `text` between the markers of that name in a Markdown file, in place of what is there.

    Raises:
        UserError: the markers are not both there, once and in this order.
    """
    begin, stop = f"<!-- {name}: written by results/report.py -->", f"<!-- end of the {name} -->"
    page = path.read_text(encoding="utf-8")
    head, found, rest = page.partition(begin)
    _, end, tail = rest.partition(stop)
    if not found or not end or begin in rest or stop in tail:
        raise UserError(f"{path} does not have {begin} and {stop} once each")
    if page != (written := f"{head}{begin}\n{text}\n{stop}{tail}"):
        write_text(path, written)
