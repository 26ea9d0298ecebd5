"""What the write-ups claim, tested: the verdicts first, and a word on what is untested. Quotes unfold."""

from collections.abc import Iterable

from common.pages.document import embedded, section
from common.pages.markup import Markup, element, joined
from results.report_page.report import Report
from results.report_page.verdicts import verdict_table
from results.verdicts.figure import draw
from results.verdicts.table import VERDICTS, by_origin, count, describe
from results.verdicts.verdict import UNTESTED, Verdict


def claims_section(report: Report) -> Markup:
    """The verdicts on all claims; empty where the page is of runs that are named."""
    if report.library is None:
        return Markup()
    verdicts = report.library.verdicts()
    tested = [verdict for verdict in verdicts if verdict.verdict != UNTESTED]
    untested = [verdict for verdict in verdicts if verdict.verdict == UNTESTED]
    return section(
        "claims",
        "What the write-ups claim, tested",
        element(
            "p",
            f"{count(verdicts)} A verdict holds at its length and protocol alone. Right of the line: the claimed side.",
        ),
        _tested(report, tested) if tested else Markup(),
        _untested(report, untested) if untested else Markup(),
    )


def _tested(report: Report, verdicts: list[Verdict]) -> Markup:
    """A row a claim, confirmed ones first, ours apart; below, each with its quote and its figure."""
    ordered = sorted(verdicts, key=lambda verdict: (verdict.claim.ours, VERDICTS.index(verdict.verdict)))
    tables = ((f"Claims {whose}", group) for whose, group in by_origin(ordered))
    rows = (joined(element("h3", title), verdict_table(group, title)) for title, group in tables)
    return joined(*rows, element("h3", "Each with its words and curves"), *_stories(report, ordered))


def _untested(report: Report, verdicts: list[Verdict]) -> Markup:
    """The names of the claims, by write-up; each unfolds to its words."""
    writeups = dict.fromkeys(verdict.claim.writeup for verdict in verdicts)
    groups = (
        element("div", element("h3", name), *_stories(report, [v for v in verdicts if v.claim.writeup == name]))
        for name in writeups
    )
    return element(
        "details",
        element("summary", f"Not tested yet, or not with every run: {len(verdicts)}"),
        element("p", element("code", "python results/claims.py run NAME"), " does the runs that are missing."),
        element("div", *groups, class_="groups"),
    )


def _stories(report: Report, verdicts: Iterable[Verdict]) -> Iterable[Markup]:
    return (_story(report, verdict) for verdict in verdicts)


def _story(report: Report, verdict: Verdict) -> Markup:
    claim = verdict.claim
    done = f" ({verdict.done} of {verdict.runs} runs)" if verdict.verdict == UNTESTED and verdict.done else ""
    mark = "" if verdict.verdict == UNTESTED else f": {verdict.verdict}"
    return element(
        "details",
        element("summary", claim.name, element("b", mark), done),
        element("blockquote", claim.quote),
        element("p", claim.tested),
        _figure(report, verdict) if verdict.done else Markup(),
        element("pre", describe(verdict), tabindex=0),
        class_="claim",
    )


def _figure(report: Report, verdict: Verdict) -> Markup:
    """Within an image, since the figure's own styles are not the page's: its policy allows none but its own."""
    drawn = draw(verdict, report.library.records(verdict.claim))
    image = element("img", src=embedded(drawn.encode(), "svg+xml"), alt=f"curves and intervals of {verdict.claim.name}")
    return element("div", image, class_="wide drawn", tabindex="0", role="region", aria_label=verdict.claim.name)
