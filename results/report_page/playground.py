"""The way to the page in which the committed generators are played with, where it is."""

from common.pages.document import section
from common.pages.markup import Markup, element
from results.report_page.report import RESULTS, Report

PAGE = RESULTS / "generator.html"  # by `python results/export_js.py`


def playground_section(report: Report) -> Markup:
    """A link: with the generators in it, this page would be larger than 8 MB."""
    if not (report.library and PAGE.exists()):
        return Markup()
    words = ("Classes, mixes of two, directions of the latent space, the way from one picture to another: ",
             report.link("the generators compute in your browser", PAGE), ", offline.")  # fmt: skip
    return section("generators", "Generators to play with", element("p", *words))
