"""The committed generators and their page, in node and in a browser: Keras' pictures, in time; controls that work."""

import json

import numpy as np
import pytest

from common.data.pixel_range import to_uint8
from common.run.generator_file import load_generator
from common.run.run_folder import RunFolder
from results.export_js import LARGEST, SHOWN, shown
from results.playground.export import export, fingerprint
from results.playground.page import page
from tests.helpers import ROOT
from tests.helpers.playground_networks import ENGINE, IMAGES, NAMES, by_keras, command, for_script, inputs_of, run_of
from tests.helpers.run_pages import Parsed
from tests.helpers.scripts import CHROMIUM, NODE, Browser, run_node

ON_PAGE = shown()
RESULTS = ROOT / "results"
COMMITTED = sorted(path.parent.relative_to(RESULTS).as_posix() for path in RESULTS.glob("*/*/generator.keras"))
needs_node = pytest.mark.skipif(not NODE, reason="no node to run the page's script in")
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="no Chromium")


def committed_page():
    """The text of the committed page, and its generators by name."""
    text = (RESULTS / "generator.html").read_text(encoding="utf-8")
    raw = Parsed(text).raw
    return text, {found["name"]: found for i in range(len(ON_PAGE)) for found in [json.loads(raw[f"generator-{i}"])]}


def test_the_committed_page_is_of_today():
    text, generators = committed_page()
    assert len(text) < LARGEST and list(generators) == ON_PAGE
    again = "python results/export_js.py makes it anew"
    assert page(list(generators.values()), "index.html") == text, again
    assert {name: found["file"] for name, found in generators.items()} == {
        name: fingerprint(RunFolder(RESULTS / name)) for name in ON_PAGE
    }, again


def levels(generator, text, made, z, labels):
    """How far pixels are from Keras', in levels of 255: the largest distance."""
    want = to_uint8(by_keras(generator, z, labels, len(text["classes"])))
    assert want.std() > 20
    return int(np.abs(np.reshape(made, want.shape).astype(int) - want).max())


def test_of_a_family_the_first_that_is_kept_is_on_the_page(tmp_path):
    for name in ("csagan/hamed", "sagan/csa250", "csagan/best", "dcgan/quick", "dcgan/best"):
        assert name in sum(SHOWN, ())
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "generator.keras").touch()
    assert shown(tmp_path) == ["csagan/best", "dcgan/best", "sagan/csa250"]


@needs_node
def test_a_committed_generator_makes_keras_pictures_in_the_script():
    name = ON_PAGE[0]
    generator, text = load_generator(RESULTS / name / "generator.keras"), committed_page()[1][name]
    z, labels = inputs_of(generator, 5)
    (made,) = run_node(ENGINE + IMAGES, [(text, for_script(text, z, labels))])
    assert levels(generator, text, to_uint8(np.array(made)), z, labels) <= 1


@pytest.mark.slow
@needs_node
@pytest.mark.parametrize("name", COMMITTED)
def test_every_committed_generator_makes_keras_pictures_of_100_latents(name):
    generator = load_generator(RESULTS / name / "generator.keras")
    config = RunFolder(RESULTS / name).read_config()
    z, labels = inputs_of(generator, 100)
    text = export(generator, config["data"]["classes"])
    (made,) = run_node(ENGINE + IMAGES, [(text, for_script(text, z, labels))])
    assert levels(generator, text, to_uint8(np.array(made)), z, labels) <= 1


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


PICTURE = """(async () => {
  while (asked || dirty.includes(true)) await new Promise((next) => setTimeout(next, 20));
  return Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data);
})()"""
CHANGE = """{
  const changes = {seed: 5, truncation: 0.8, t: 0.5, d2: -1.5, share: 0.5};
  for (const [name, value] of Object.entries(changes)) {
    form.elements[name].value = value;
    form.elements[name].dispatchEvent(new Event("input", {bubbles: true}));
  }
  document.querySelector("[name=class][value='2']").click();
}"""


@pytest.mark.slow
@needs_chromium
@pytest.mark.parametrize("index", range(len(ON_PAGE)), ids=ON_PAGE)
def test_in_a_browser_the_pictures_are_keras_and_take_less_than_200_ms(browser, index):
    browser.open((RESULTS / "generator.html").as_uri())
    generator, text = load_generator(RESULTS / ON_PAGE[index] / "generator.keras"), committed_page()[1][ON_PAGE[index]]
    z, labels = inputs_of(generator, 100)
    made, times = browser.evaluate(f"""(async (inputs) => {{
      const generator = await Generator.read(JSON.parse(byId("generator-{index}").textContent)), times = [];
      const made = inputs.map(([z, code]) => {{
        const start = performance.now(), pixels = generator.pixels(z, code);
        times.push(performance.now() - start);
        return Array.from(pixels).filter((_, i) => i % 4 !== 3);
      }});
      return [made, times];
    }})({json.dumps(for_script(text, z, labels))})""")
    print(f"{ON_PAGE[index]}: median {np.median(times):.0f} ms, least {min(times):.0f} ms")
    assert levels(generator, text, made, z, labels) <= 1
    assert np.median(times) < 200


@pytest.mark.slow
@needs_chromium
def test_in_a_browser_the_controls_work_and_the_address_keeps_them(browser, tmp_path):
    run = run_of(tmp_path / "run")
    command("--page", run.path)
    address = (run.path / "generator.html").as_uri()
    browser.events.clear()
    browser.open(address)
    first = browser.evaluate(PICTURE)
    assert browser.evaluate("[canvas.width, canvas.height]") == [19, 19] and len(set(first)) > 20
    browser.evaluate(CHANGE)
    second = browser.evaluate(PICTURE)
    browser.evaluate("new Promise((done) => setTimeout(done, 400))")
    kept = browser.evaluate("location.hash")
    assert second != first and "seed=5" in kept and "class=2" in kept and "d2=-1.5" in kept and "count" not in kept
    browser.open("about:blank")
    browser.open(address + kept)
    assert browser.evaluate(PICTURE) == second
    browser.open(address + "#seed=-3.7&class=99&count=7&t=x&truncation=1e9&generator=none&d1=%3Cb%3E")
    assert browser.evaluate(PICTURE) != second and browser.evaluate(
        "[value('seed'), checked('class'), checked('count')]"
    ) == [0, len(NAMES), 16]
    browser.evaluate("byId('play').click()")
    browser.evaluate("new Promise((done) => { setInterval(() => { if (value('t') > 0) done(); }, 50); })")
    browser.evaluate("byId('play').click()")
    assert browser.evaluate("value('t') > 0 && !playing")
    assert browser.complaints() == []
