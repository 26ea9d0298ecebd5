"""A run's page: nothing in a run's files becomes markup or leaves the page, and what they say stands on it."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest

from common.pages.floors import noise_floor
from common.pages.markup import Markup, digest, element, joined
from common.pages.protocols import levels
from common.pages.run_data import POINTS, panels, progress
from common.pages.run_page import PAGE, draw_page, page
from common.run.log import COLUMNS, UNITS, Log
from tests.helpers.conditional import tiny_generator
from tests.helpers.run_pages import Parsed, write_run
from tests.helpers.scripts import CHROMIUM
from tests.helpers.stub_training import StubGAN, train

EVIL = """</script><script>alert(1)</script><img src=x onerror="alert(1)">"'&amp;$title ${body}\ud800"""


def test_nothing_of_a_run_becomes_markup(tmp_path):
    run = write_run(tmp_path / "run", EVIL.replace("\ud800", "").replace("/", "\\"), EVIL.replace("\ud800", ""))
    remark = {key: EVIL for key in ("rule", "what", "why", "advice")} | {"since": 2}
    (run.path / "remarks.json").write_text(json.dumps([remark]))
    shutil.copy(run.grids / "0003.png", run.grids / "4<b>'\"&.png")
    parsed, plain = Parsed(page(run)), Parsed(page(write_run(tmp_path / "plain")))
    count = lambda parsed, tag: sum(name == tag for name, _ in parsed.tags)  # noqa: E731
    assert {tag for tag, _ in parsed.tags} - {tag for tag, _ in plain.tags} == {"ul", "li", "b"}  # the remarks'
    assert count(parsed, "script") == count(plain, "script") == 2 and count(parsed, "img") == count(plain, "img")
    assert not [key for _, attrs in parsed.tags for key in attrs if key.startswith("on") or key == "style"]
    assert parsed.text.count(EVIL.replace("\ud800", "")) >= 3 and parsed.text.count("alert(1)") >= 15
    data = json.loads(parsed.raw["data"])
    assert data["grids"][-1] == "0003.png"  # the other is no grid
    assert data["panels"][1]["title"] == EVIL.replace("\ud800", "").replace("/", "\\")


def test_the_page_asks_for_nothing_beyond_its_folder(tmp_path):
    run = write_run(tmp_path)
    (run.grids / "0009.png").write_bytes(b"x" * 400_000)  # too large to be put into the page
    text = page(run)
    parsed = Parsed(text)
    assert "://" not in text and "url(" not in text and "@import" not in text
    places = [p for name in ("src", "href") for p in parsed.attributes(name) if not p.startswith("data:")]
    assert "grids/0009.png" in places and {"config.json", "log.csv"} <= set(places)
    assert all((run.path / unquote(place)).is_file() for place in places)
    (policy,) = [attrs["content"] for tag, attrs in parsed.tags if tag == "meta" and "http-equiv" in attrs]
    assert policy.startswith("default-src 'none'; img-src 'self' file: data:;") and "unsafe" not in policy
    assert digest(parsed.raw["script"]) in policy and digest(parsed.raw["style"]) in policy


def test_the_page_holds_the_runs_values(tmp_path):
    run = write_run(tmp_path)
    parsed = Parsed(page(run))
    for words in ("dcgan/cifar on cifar", "epoch 3 of 4", "120 images", "1:30 of training",
                  "about 0:30 of training left",
                  "7 at epoch 3", "5,000 of cifar10:train against 2,000 generated", "0.573", "0.75",
                  "command line (1)"):  # fmt: skip
        assert words in parsed.text, words
    data = json.loads(parsed.raw["data"])
    assert data["alive"] and data["grids"] == ["0001.png", "0002.png", "0003.png"]
    losses, metric = data["panels"]
    assert [curve["label"] for curve in losses["curves"]] == ["discriminator", "generator"]
    assert losses["curves"][0]["value"] == [1, 0.5, 0.333333]
    assert metric["curves"][0] == {"label": "cifar", "dashed": False, "value": [8, 7], "epoch": [2, 3],
                                   "step": [20, 30], "images": [80, 120], "minutes": [1, 1.5]}  # fmt: skip
    (checked,) = [attrs["value"] for tag, attrs in parsed.tags if attrs.get("type") == "radio" and "checked" in attrs]
    assert checked == "step"  # the write-up's own
    for text in (page(write_run(tmp_path / "done", of=3)), page(run, ended=True)):
        assert not json.loads(Parsed(text).raw["data"])["alive"]
    assert "stopped" in text and "left" not in Parsed(text).text


def test_the_same_folder_has_the_same_page_to_the_byte(tmp_path):
    run = write_run(tmp_path)
    draw_page(run)
    first = (tmp_path / PAGE).read_bytes()
    draw_page(run)
    assert (tmp_path / PAGE).read_bytes() == first


def test_a_run_before_its_first_epoch_has_a_page_and_a_damaged_remarks_file_costs_no_page(tmp_path):
    run = write_run(tmp_path, epochs=0)
    (tmp_path / "remarks.json").write_text("[{")
    assert "before the first epoch" in page(run) and "curves after the first epoch" in page(run)


def test_training_writes_the_page(tmp_path):
    run = train(tmp_path / "run", StubGAN(tiny_generator()), ("a", "b"), epochs=2)
    assert [panel["title"] for panel in json.loads(Parsed((run.path / PAGE).read_text()).raw["data"])["panels"]] == [
        "losses"
    ]


def test_a_long_curve_is_thinned_and_what_is_not_finite_left_out():
    log = Log(Path("log.csv"), ("m",))
    for epoch in range(1, 5001):
        value = float("nan") if epoch == 3 else float("inf") if epoch == 4 else epoch / 7
        log.rows.append(dict.fromkeys(COLUMNS, 1.0) | {"epoch": epoch, "seconds": 2.0 * epoch, "m": value})
    losses, metric = panels(log)
    (curve,) = metric["curves"]
    assert len(curve["value"]) == POINTS and {len(curve[unit]) for unit in UNITS} == {POINTS}
    assert (curve["epoch"][0], curve["epoch"][-1], curve["value"][-1]) == (1, 5000, 714.286)
    assert np.isfinite(curve["value"]).all() and len(losses["curves"]) == 2
    assert progress(log, 6000).left == 2000  # seconds: two an epoch


def test_a_noise_floor_is_of_its_metric_and_its_data_alone(tmp_path):
    table = tmp_path / "floor.csv"
    table.write_text(
        "protocol,real_fingerprint,weights_sha256,images,pairs,mean\nfid,a,b,1000,3,0.5\ncifar,a,b,2000,1,0.25\n"
    )
    about = {"real": "cifar10:train", "real_fingerprint": "a", "weights_sha256": "b"}
    assert noise_floor("cifar", about, table) == [(2000, 0.25)] and noise_floor("fid", about, table) == [(1000, 0.5)]
    assert noise_floor("cifar_kid", about, table) == []
    for other in ({"real_fingerprint": "at 64x64"}, {"weights_sha256": "trained anew"}):
        assert noise_floor("fid", about | other, table) == []
    assert noise_floor("fid", about, tmp_path / "none.csv") == []


def test_the_line_of_real_images_says_of_how_many_it_is(monkeypatch):
    monkeypatch.setattr("common.pages.protocols.noise_floor", lambda metric, about: [(1000, 0.5), (2000, 0.25)])
    about = {"real_count": 5000, "fake_count": 2000}
    assert levels("cifar", {}, about) == [{"label": "real images (2,000 each)", "value": 0.25}]
    assert levels("cifar", {}, about | {"floor": 0.75}) == [{"label": "real images", "value": 0.75}]
    assert levels("cifar", {}, about | {"fake_count": 7}) == []


def test_only_markup_is_not_escaped():
    assert element("p", "<b>", element("b", "&"), title='"<', hidden=False, open=True, aria_label=None) == (
        '<p title="&quot;&lt;" open>&lt;b&gt;<b>&amp;</b></p>'
    )
    assert element("img", src="a") == '<img src="a">' and joined(1, Markup("<i>")) == "1<i>"


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="no Chromium")
def test_in_a_browser_the_curves_are_drawn_and_nothing_is_complained_of(tmp_path):
    run = write_run(tmp_path / "run")
    draw_page(run)
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
               "--disable-background-networking", "--disable-component-update", "--disable-sync",
               f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=2000", "--enable-logging=stderr",
               "--dump-dom", (run.path / PAGE).as_uri()]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert "CONSOLE" not in done.stderr
    assert done.stdout.count("<polyline") == 3 and re.search(
        r"step 30: discriminator 0\.3333, generator 0\.375", done.stdout
    )
