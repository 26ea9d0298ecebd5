"""The verdicts as a table: the write-up's words, the verdict, and each difference as an interval beside its line."""

from collections.abc import Iterable, Sequence

from common.pages.document import table
from common.pages.markup import Markup, element, joined
from results.verdicts.rule import Comparison
from results.verdicts.table import compared, conclusion, effect_words, length, named
from results.verdicts.verdict import Verdict

HEADINGS = ("claim", "verdict", "difference [95 % interval]", "tested at")
WIDTH, HEIGHT, EDGE = 140, 16, 4  # of an interval's picture, pixels
LONGEST = 110  # letters of a quote in the table


def verdict_table(verdicts: Iterable[Verdict], label: str = "verdicts") -> Markup:
    """A row a claim that is tested, by the figure that decides it; the others are under its name."""
    return table(HEADINGS, map(_row, verdicts), label, cards=True)


def _row(verdict: Verdict) -> tuple[Markup, ...]:
    claim, judged = verdict.claim, verdict.judged[0]
    comparisons, margin = judged.comparisons, claim.measure.margin
    reach = _reach(list(comparisons.values()), margin)
    lines = (
        element(
            "div",
            _interval(comparison, reach, margin),
            element("span", f"against {name} {effect_words(comparison)}"),
            class_="effect",
        )
        for name, comparison in comparisons.items()
    )
    beside = conclusion(verdict).removeprefix(verdict.verdict).strip("; ")
    cost = f"{verdict.done} of {verdict.runs} runs, {verdict.minutes:.0f} min"
    return (
        joined(claim.name, element("small", _shortened(claim.quote)), element("small", compared(claim))),
        joined(element("b", verdict.verdict, class_=verdict.verdict), element("small", beside)),
        joined(*lines, element("small", f"{named(judged.figure, claim)}, {judged.protocol}")),
        joined(length(claim), element("small", cost)),
    )


def _shortened(quote: str) -> str:
    return quote if len(quote) <= LONGEST else f"{quote[:LONGEST].rsplit(' ', 1)[0]}..."


def _reach(comparisons: Sequence[Comparison], margin: float) -> float:
    """How far the pictures of a row go on both sides of 0, so that they compare."""
    ends = (abs(end) for c in comparisons for end in (c.low, c.high) if end is not None)
    return max(margin, *ends, 1e-12) if comparisons else 1.0


def _interval(comparison: Comparison, reach: float, margin: float) -> Markup:
    """The interval and its middle, beside the line that it is judged by; the line alone where runs diverged."""

    def place(value: float) -> str:
        return f"{WIDTH / 2 + value / reach * (WIDTH / 2 - EDGE):.1f}"

    parts = [element("line", x1=place(-margin), x2=place(-margin), y1=0, y2=HEIGHT, class_="rule")]
    if comparison.low is not None:
        middle, low, high = map(place, (comparison.effect, comparison.low, comparison.high))
        parts += [element("line", x1=low, x2=high, y1=HEIGHT / 2, y2=HEIGHT / 2),
                  element("circle", cx=middle, cy=HEIGHT / 2, r=3.5)]  # fmt: skip
    return element("svg", *parts, class_=f"interval {comparison.verdict}", viewBox=f"0 0 {WIDTH} {HEIGHT}",
                   aria_hidden="true")  # fmt: skip
