"""The write-ups' statements one by one, as `results/statements.md` has them, a fold a write-up."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from common.pages.document import section, table
from common.pages.markup import Markup, element, joined
from results.report_page.report import RESULTS, Report

PAGE = RESULTS / "statements.md"
STATES = ("shown", "in part", "not yet")
HEADINGS = ("statement", "state", "command", "where")
INLINE = re.compile(r"\[([^\]]+)\]\(([^)#]+)[^)]*\)|`([^`]+)`|\*([^*]+)\*")  # link without its #place, code, emphasis


class Statement(NamedTuple):
    """What a write-up says, which of `STATES` it is in, the command that shows it, and where; both as Markdown."""

    writeup: str
    quote: str
    state: str
    command: str
    where: str


def read_statements() -> Iterator[Statement]:
    """The rows of the tables in `PAGE`, each under its heading's write-up."""
    for part in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        writeup, *lines = part.splitlines()
        for line in lines:
            if line.startswith('| "'):
                quote, *cells = (cell.strip() for cell in line.strip("|").split("|"))
                yield Statement(writeup, quote.strip('"'), *cells)


def statements_section(report: Report) -> Markup:
    """A fold a write-up; empty where the page is of runs that are named."""
    if report.library is None:
        return Markup()
    rows = list(read_statements())
    writeups = dict.fromkeys(row.writeup for row in rows)
    folds = (_fold(report, name, [row for row in rows if row.writeup == name]) for name in writeups)
    words = ("What each write-up says of its systems, in its words; what the three states mean: ",
             report.link("statements.md", PAGE), ".")  # fmt: skip
    return section("statements", "Statement by statement", element("p", *words), *folds)


def _fold(report: Report, writeup: str, rows: list[Statement]) -> Markup:
    states = Counter(row.state for row in rows)
    count = ", ".join(f"{states[state]} {state}" for state in STATES)
    cells = ((f"“{row.quote}”", row.state, _inline(report, row.command), _inline(report, row.where)) for row in rows)
    inside = table(HEADINGS, cells, f"statements of {writeup}", cards=True)
    return element("details", element("summary", f"{writeup}: {count}"), inside)


def _inline(report: Report, text: str) -> Markup:
    """The little of Markdown that the tables have; links lead from this page."""
    pieces, end = [], 0
    for found in INLINE.finditer(text):
        words, target, code, emphasis = found.groups()
        pieces += [text[end : found.start()], report.link(words, PAGE.parent / target) if target
                   else element("code", code) if code else element("em", emphasis)]  # fmt: skip
        end = found.end()
    return joined(*pieces, text[end:])
