"""What a run measured, as a table: last and best value of each metric, what real images score, the protocol."""

from collections.abc import Mapping
from typing import Any

from common.pages.document import table
from common.pages.markup import Markup, element, joined
from common.pages.protocols import floor, protocol_words
from common.pages.run_data import mapping
from common.run.log import Log

HEADINGS = ("metric", "last", "best", "real images", "protocol")


def measured_table(config: Mapping[str, Any], log: Log, label: str = "measured") -> Markup:
    """A row a metric, under a label for those who do not see it; empty where config.json names none."""
    metrics = mapping(config.get("metrics"))
    rows = [_row(log, name, mapping(about)) for name, about in metrics.items()]
    return table(HEADINGS, rows, label, cards=True) if rows else Markup()


def _row(log: Log, name: str, about: Mapping[str, Any]) -> tuple[Any, ...]:
    best = log.best(name, bool(about.get("higher_is_better")))
    points = [log.finite(name)[-1], best] if best else []
    values = [_with(f"{value:.4g}", f"at epoch {epoch:.0f}") for epoch, value in points] or ["not yet", "not yet"]
    real = [_with(f"{value:.3g}", sets) for value, sets in floor(name, about)]
    return (name, *values, joined(*real or "-"), protocol_words(about))


def _with(value: str, words: str) -> Markup:
    return element("div", value, " ", element("small", words), class_="value")
