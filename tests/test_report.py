"""The report page: whatever stands in a run's config and in the names of folders is text there, never markup."""

import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from common.run.log import COLUMNS, Log
from common.run.run_folder import RunFolder

ROOT = Path(__file__).resolve().parent.parent
EVIL = """<script>"'&amp;"""


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.sources, self.text = set(), [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert {name for name, _ in attrs} <= {"lang", "charset", "class", "data-source", "loading", "alt", "src"}
        self.sources += [unquote(value) for name, value in attrs if name == "src"]

    def handle_data(self, data):
        self.text += data


def test_nothing_of_a_run_becomes_markup(tmp_path):
    run = RunFolder(tmp_path / """a "b' onerror=x #1%20""")
    item = {"value": EVIL, "source": EVIL, "why": EVIL}
    settings = {name: item for name in ("batch_size", "seed", "precision", EVIL)}
    run.write_config(
        {"family": EVIL, "recipe": EVIL, "writeup": EVIL, "reported": EVIL, "data": {"name": EVIL}, "metrics": {},
         "device": EVIL, "settings": settings}
    )  # fmt: skip
    Log(run.log).add(dict.fromkeys(COLUMNS, 1), {})
    (run.path / "remarks.json").write_text(
        json.dumps([{"rule": EVIL, "what": EVIL, "why": EVIL, "advice": EVIL, "since": 1}])
    )
    run.final_images.mkdir()
    for picture in (run.path / "losses.png", run.final_images / "00.png"):
        picture.write_bytes(b"")
    out = tmp_path / "index.html"
    command = [sys.executable, ROOT / "results" / "report.py", run.path, "--out", out]
    subprocess.run(command, check=True, capture_output=True, timeout=100)
    page = Page()
    page.feed(out.read_text())
    assert "script" not in page.tags and page.text.count(EVIL) >= 16
    assert [(tmp_path / source).exists() for source in page.sources] == [True, True]
    assert json.loads(run.config.read_text())["family"] == EVIL
