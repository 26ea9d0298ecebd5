"""What real images score against real ones, by metric and number of images: no metric begins at zero."""

from common.pages.document import section, table
from common.pages.floors import floor_rows
from common.pages.markup import Markup, element, joined
from results.report_page.report import Report


def floors_section(report: Report) -> Markup:
    """A row a number of images, a column a metric; empty where the page is of runs that are named."""
    floors = {(int(row["images"]), row["protocol"]): row for row in floor_rows()}
    if report.library is None or not floors:
        return Markup()
    real = dict.fromkeys(row["real"] for row in floors.values())
    counts, metrics = sorted({count for count, _ in floors}), list(dict.fromkeys(metric for _, metric in floors))
    rows = ((f"{count:,} each", *(_cell(floors.get((count, metric))) for metric in metrics)) for count in counts)
    return section(
        "floors",
        "Noise floors",
        element("p", f"What disjoint sets of real images of {' or '.join(real)} have against one another: the mean, "
                "and the range. A difference between two generators that is smaller than the range says nothing."),
        table(("images", *metrics), rows, "table of noise floors"),
    )  # fmt: skip


def _cell(row: dict[str, str] | None) -> Markup:
    if row is None:
        return joined("-")
    pairs, lowest, highest = int(row["pairs"]), float(row["lowest"]), float(row["highest"])
    spread = f"{lowest:.3g} to {highest:.3g}, {pairs} pairs" if pairs > 1 else "one pair"
    return joined(f"{float(row['mean']):.3g}", element("small", spread))
