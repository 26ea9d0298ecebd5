"""Every kind of page in a headless Chromium: narrow and wide, light and dark, by pointer and by keyboard.

The rules of accessibility are those of axe-core, which is no part of the project: `npm install --prefix FOLDER
axe-core`, and AXE_CORE=FOLDER/node_modules/axe-core/axe.min.js names it.
"""

import json
import os
from pathlib import Path

import pytest

from common.pages.run_page import PAGE, draw_page
from tests.helpers import ROOT
from tests.helpers.run_pages import write_run
from tests.helpers.scripts import CHROMIUM, Browser

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM, reason="no Chromium")]
RESULTS = ROOT / "results"
AXE = Path(os.environ.get("AXE_CORE", ""))
RUNNING = "a running run"
PAGES = {RUNNING: None, "a kept run": RESULTS / "dcgan" / "quick" / PAGE, "results": RESULTS / "index.html",
         "generators": RESULTS / "generator.html"}  # fmt: skip
TAB, END, LEFT, HOME = ("Tab", 9), ("End", 35), ("ArrowLeft", 37), ("Home", 36)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of a page by its name; the running run has all that a page can show."""
    run = write_run(tmp_path_factory.mktemp("run"))
    run.write_config(run.read_config() | {"reported_fid": 5.0, "reported_protocol": "cifar"})
    remark = {"rule": "collapse", "what": "pictures are alike", "why": "D has won", "advice": "less D", "since": 2}
    (run.path / "remarks.json").write_text(json.dumps([remark]))
    draw_page(run)
    return {name: (path or run.path / PAGE).as_uri() for name, path in PAGES.items()}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1600])
def test_nothing_is_complained_of_asked_for_or_cut_off(browser, address, name, width, scheme):
    browser.view(width, scheme=scheme)
    browser.events.clear()
    browser.open(address[name])
    assert browser.complaints() == []
    assert browser.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    background = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")


@pytest.mark.skipif(not AXE.is_file(), reason="no axe-core: AXE_CORE does not name its script")
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser, address, name, scheme):
    for width in (400, 1600):
        browser.view(width, scheme=scheme)
        browser.open(address[name])
        browser.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
        browser.evaluate(AXE.read_text(encoding="utf-8") + "; 0")
        found = browser.evaluate("""axe.run(document, {resultTypes: ["violations"]}).then(({violations}) => violations
          .map(({id, impact, nodes}) => [impact, id, nodes[0].html.slice(0, 200), nodes[0].failureSummary]))""")
        assert [violation for violation in found if violation[0] in ("serious", "critical")] == [], width


@pytest.mark.parametrize("name", PAGES)
def test_the_keyboard_reaches_every_control(browser, address, name):
    browser.view(1600)
    browser.open(address[name])
    count = browser.evaluate("""
      window.reached = new Set();
      addEventListener("focusin", ({target}) => reached.add(target));
      window.controls = [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex]")]
        .filter((control) => control.checkVisibility() && !control.disabled);
      controls.length""")
    browser.press(*TAB, times=count + 2)
    missed = browser.evaluate("""controls.filter((control) => !reached.has(control) &&
      !(control.type === "radio" && [...reached].some((other) => other.name === control.name)))
      .map((control) => control.outerHTML.slice(0, 200))""")
    assert count > 5 and missed == []


@pytest.mark.parametrize("name", [RUNNING, "a kept run", "results"])
def test_a_chart_is_read_with_the_pointer_and_with_keys(browser, address, name):
    browser.view(1600)
    browser.open(address[name])
    left, top, width = browser.evaluate("""{
      window.chart = document.querySelector("[data-panel]");
      chart.scrollIntoView({block: "center"});
      const {x, y, width} = chart.querySelector("svg").getBoundingClientRect();
      [x, y, width]
    }""")
    words = "chart.querySelector('output').textContent"
    last = browser.evaluate(words)
    browser.point(left + 0.6 * width, top + 50)
    under = browser.evaluate(words)
    browser.evaluate("chart.querySelector('svg').focus()")
    browser.press(*HOME)
    first = browser.evaluate(words)
    browser.press(*END)
    assert len({last, under, first}) == 3 and browser.evaluate(words) == last
    assert browser.evaluate("chart.querySelector('svg').getAttribute('aria-valuetext')") == last


def test_a_runs_curves_have_their_lines_and_its_grids_a_slider(browser, address):
    browser.view(1600)
    browser.open(address[RUNNING])
    assert browser.evaluate("[...document.querySelectorAll('svg text')].map((text) => text.textContent)").count(
        "reported 5"
    ) == browser.evaluate("document.querySelectorAll('.level').length - 1") == 1  # fmt: skip
    browser.evaluate("document.querySelector('input[name=x][value=minutes]').click()")
    assert browser.evaluate("document.querySelector('[data-panel] output').textContent").startswith("minutes 1.5: ")
    before = browser.evaluate("byId('picture').src")
    browser.evaluate("byId('grid').focus()")
    browser.press(*LEFT)
    assert browser.evaluate("[byId('epoch').textContent, byId('grid').getAttribute('aria-valuetext')]") == [
        "2", "epoch 2"
    ]  # fmt: skip
    assert browser.evaluate("byId('picture').src") != before
    assert browser.evaluate("byId('picture').decode().then(() => byId('picture').naturalWidth)") == 9
