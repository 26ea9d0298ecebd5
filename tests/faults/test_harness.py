"""A small share of `python -m tests.faults`: a run killed in every phase, stopped, on a full disk, damaged; fuzz."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.page import PAGE, between, cells, fill
from tests.helpers import ROOT

SHARES = {
    "kills": ["--rounds", "1", "--only", "dcgan/bendale"],
    "signals": ["--only", "SIGTERM"],
    "disk": ["--only", "log.csv", "grids/*.png", "generator.keras", "checkpoints/*.npz"],
    "damage": ["--only", "newest checkpoint", "mapped pixels"],
    "surroundings": ["--only", "a home that is not there", "run folder's name: no UTF-8", "metric"],
    "fuzz": ["--cases", "5000"],
}


def rows(part, page):
    """The cells of a table, but for its head."""
    return cells(part, page.read_text(encoding="utf-8"))[1:]


@pytest.mark.slow
@pytest.mark.parametrize("part", SHARES)
def test_a_share_of_the_faults_is_survived(tmp_path, part):
    page = Path(shutil.copy(PAGE, tmp_path))
    done = subprocess.run([sys.executable, "-m", "tests.faults", "--page", page, part, "--seed", "7", *SHARES[part]],
                          cwd=ROOT, capture_output=True, text=True, timeout=1500)  # fmt: skip
    assert not done.returncode, done.stderr[-2000:]
    found = rows(part, page)
    assert found and survived(part, found), found


def survived(part, found):
    """Whether every row says so."""
    if part == "fuzz":
        return all(row[-1] == "0" for row in found)
    if part == "damage":
        return all("FAILED" not in cell and "OTHER" not in cell and "LOST" not in cell for row in found for cell in row)
    ends = found[-1:] if part == "disk" else found
    return all("the same bytes" in row[-1] or re.fullmatch(r"(\d+) of \1 runs", row[-1]) for row in ends)


@pytest.mark.parametrize("part", SHARES)
def test_the_committed_table_has_no_fault_that_is_not_survived(part):
    text = between(part, PAGE.read_text(encoding="utf-8"))
    assert "Traceback" not in text and "a traceback" not in text
    assert part == "surroundings" or survived(part, rows(part, PAGE))


def test_rows_made_alone_replace_their_own_and_no_others(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- x: of x -->\n<!-- end of x -->\n")
    head = ["file", "end"]
    fill("x", [head, ["a", "lost"], ["b", "1/2 | 3"]], page)
    fill("x", [head, ["a", "same"], ["c", "new"]], page, in_part=True)
    assert cells("x", page.read_text()) == [head, ["a", "same"], ["b", "1/2 / 3"], ["c", "new"]]
    fill("x", [["file", "end", "more"], ["d", "", "1"]], page, in_part=True)  # no rows of another head beside these
    fill("x", [head, ["e", "only"]], page)
    assert cells("x", page.read_text()) == [head, ["e", "only"]]
