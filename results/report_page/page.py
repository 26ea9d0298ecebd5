"""The page: its sections in order, and its styles. A section that has nothing to say is empty."""

from collections.abc import Callable
from pathlib import Path

from common.pages.document import document
from common.pages.markup import Markup, element, joined
from results.report_page.best import best_section
from results.report_page.claims import claims_section
from results.report_page.floors import floors_section
from results.report_page.overview import overview_section
from results.report_page.playground import playground_section
from results.report_page.report import Report
from results.report_page.statements import statements_section
from results.report_page.systems import systems_section

HERE = Path(__file__).parent
TITLE = "CIFAR-10 GANs: our runs against the write-ups"
# What the page has, in order: a link's words in the head ("" for none), the section's name, what makes it.
SECTIONS: tuple[tuple[str, str, Callable[[Report], Markup]], ...] = (
    ("Claims", "claims", claims_section),
    ("Systems", "overview", overview_section),
    ("Statements", "statements", statements_section),
    ("By minutes", "best", best_section),
    ("Generators", "generators", playground_section),
    ("Noise floors", "floors", floors_section),
    ("", "", systems_section),
)
STYLES = (HERE / "report.css",)


def report_page(report: Report) -> str:
    """The page as text, the same for the same runs and outcomes."""
    made = [(words, name, make(report)) for words, name, make in SECTIONS]
    links = [element("a", words, href=f"#{name}") for words, name, section in made if words and section]
    body = joined(_head(links), *(section for _, _, section in made))
    return document(TITLE, body, {"panels": report.panels}, STYLES)


def _head(links: list[Markup]) -> Markup:
    return element(
        "header",
        element("h1", TITLE),
        element("p", "A figure compares only with figures of the same protocol. The write-ups' FIDs were taken after "
                "far longer training, CSA 250's on 1,000 images, Hamed's on 256: they stand here as reported, not as a "
                "rank."),
        element("nav", *links, aria_label="sections"),
    )  # fmt: skip
