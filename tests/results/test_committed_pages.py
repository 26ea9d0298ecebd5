"""The committed pages: what they link to is there, they are small, and the results' is the same when built twice."""

from urllib.parse import unquote

import pytest

from results.export_js import LARGEST
from results.report_page.page import report_page
from results.report_page.report import Report, all_systems
from results.verdicts.library import Library
from tests.helpers import ROOT
from tests.helpers.run_pages import Parsed

RESULTS = ROOT / "results"
PAGES = [path.relative_to(ROOT).as_posix() for path in sorted(RESULTS.glob("**/*.html"))]


@pytest.mark.parametrize("page", PAGES)
def test_a_committed_page_has_no_dead_link_and_asks_no_network(page):
    path = ROOT / page
    text = path.read_text(encoding="utf-8")
    parsed = Parsed(text)
    places = [place for name in ("src", "href") for place in parsed.attributes(name) if not place.startswith("data:")]
    files, names = [place for place in places if place[0] != "#"], [place[1:] for place in places if place[0] == "#"]
    assert [place for place in files if not (path.parent / unquote(place)).exists()] == []
    assert set(names) <= set(parsed.attributes("id")) and len(text) < LARGEST


def test_the_curves_of_a_committed_run_are_over_its_write_ups_unit():
    assert [system.name for system in all_systems() if system.run and system.run.unit() != system.recipe.unit] == []


@pytest.mark.slow
def test_the_page_of_the_results_is_the_same_when_built_twice():
    first, second = (report_page(Report(all_systems(), Library(), RESULTS)) for _ in range(2))
    assert first == second
