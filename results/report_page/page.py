"""The page: its sections in order, its styles and scripts. A section that has nothing to say is empty."""

from collections.abc import Callable
from pathlib import Path

from common.pages.document import document
from common.pages.markup import Markup, element, joined
from results.report_page.claims import claims_section
from results.report_page.overview import overview_section
from results.report_page.playground import playground_section
from results.report_page.report import Report
from results.report_page.systems import systems_section

HERE = Path(__file__).parent
TITLE = "CIFAR-10 GANs: our runs against the write-ups"
SECTIONS: tuple[Callable[[Report], Markup], ...] = (
    claims_section,
    overview_section,
    playground_section,
    systems_section,
)
STYLES = (HERE / "report.css",)
SCRIPTS: tuple[Path, ...] = ()  # after the charts'; they find their data in the page


def report_page(report: Report) -> str:
    """The page as text, the same for the same runs and outcomes."""
    body = joined(_head(), *(section(report) for section in SECTIONS))
    return document(TITLE, body, {"panels": report.panels}, STYLES, SCRIPTS)


def _head() -> Markup:
    return element(
        "header",
        element("h1", TITLE),
        element("p", "A figure compares only with figures of the same protocol. The write-ups' FIDs were taken after "
                "far longer training, CSA 250's on 1,000 images, Hamed's on 256: they stand here as reported, not as a "
                "rank."),
    )  # fmt: skip
