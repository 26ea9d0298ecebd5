"""The report page: whatever stands in a run's config and in the names of folders is text there, never markup."""

import json
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote

from common.run.log import COLUMNS, Log
from common.run.run_folder import RunFolder
from tests.helpers import ROOT

EVIL = """<script>"'&amp;"""


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.sources, self.text, self.raw, self._inside = [], [], "", "", False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._inside = tag in ("script", "style")
        assert not [name for name, _ in attrs if name.startswith("on") or name == "style"]
        self.sources += [unquote(value) for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag):
        self._inside = False

    def handle_data(self, data):
        if self._inside:
            self.raw += data
        else:
            self.text += data


def report(*arguments):
    command = [sys.executable, ROOT / "results" / "report.py", *arguments]
    return subprocess.run(command, check=True, capture_output=True, timeout=100, text=True).stdout


def test_nothing_of_a_run_becomes_markup(tmp_path):
    run = RunFolder(tmp_path / """a "b' onerror=x #1%20""")
    item = {"value": EVIL, "source": EVIL, "why": EVIL}
    settings = {name: item for name in ("batch_size", "seed", "precision", EVIL)}
    run.write_config(
        {"family": EVIL, "recipe": EVIL, "writeup": EVIL, "reported": EVIL, "data": {"name": EVIL},
         "metrics": {EVIL: {"metric": EVIL, "real": EVIL, "fake_count": 2, "real_count": 3, "split": EVIL}},
         "device": EVIL, "settings": settings}
    )  # fmt: skip
    Log(run.log).add(dict.fromkeys(COLUMNS, 1), {EVIL: 2.0})
    (run.path / "remarks.json").write_text(
        json.dumps([{"rule": EVIL, "what": EVIL, "why": EVIL, "advice": EVIL, "since": 1}])
    )
    (run.path / "losses.png").write_bytes(b"")
    out = tmp_path / "index.html"
    report(run.path, "--out", out)
    page = Page(out.read_text())
    assert page.tags.count("script") == 2 and page.tags.count("style") == 1 and "img" not in page.tags
    assert page.text.count(EVIL) >= 10 and "<script>" not in page.raw
    places = [source for source in page.sources if not source.startswith(("data:", "#"))]
    assert str(run.path.name + "/losses.png") in places
    assert all((tmp_path / place).exists() for place in places if not place.endswith("index.html"))
    assert json.loads(run.config.read_text())["family"] == EVIL
