"""Names that hold anything, and standard output that is lost: nothing is written elsewhere, nothing stops."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from common.figures.curves import save_losses
from common.figures.grids import labelled_grid
from common.run.log import COLUMNS, Log
from common.system.names import NAME_BYTES, file_name, printable
from tests.helpers import ROOT

ODD = ["/../../../../x", "..", ".", "", "a\0b", "a\nb", "\x1b]0;title\x07", "x\udcff", "a\u202egnp.exe", "..\\..\\x",
       "C:x", "$\\frac{$", "$ $ $", "<script>", "\u00e9" * 300, " . "]  # fmt: skip


@pytest.mark.parametrize("name", ODD, ids=range(len(ODD)))
def test_no_name_leaves_its_folder(tmp_path, name):
    path = tmp_path / "in" / f"00-{file_name(name)}.png"
    path.parent.mkdir()
    path.write_bytes(b"x")
    assert list(path.parent.iterdir()) == [path] and [p.name for p in tmp_path.iterdir()] == ["in"]
    assert path.name.isprintable() and len(os.fsencode(file_name(name))) <= NAME_BYTES


def test_ordinary_names_stay_as_they_are():
    for name in ("cat", "living room", "n02-a.b", "chat d'été".replace("'", ""), "東京"):
        assert file_name(name) == printable(name) == name
    assert printable("a\x1b[31mb\udcff\n") == "a\\x1b[31mb\\udcff\\n"


@pytest.mark.parametrize("name", ODD, ids=range(len(ODD)))
def test_figures_draw_any_name(tmp_path, name):
    log = Log(tmp_path / "log.csv")
    log.add(dict.fromkeys(COLUMNS, 0.5), {})
    save_losses(tmp_path / "losses.png", log, name)
    assert labelled_grid(np.zeros((2, 8, 8, 3), np.uint8), [name, "cat"]).shape[2] == 3


COMMAND = """
import sys, time
from common.system.command_line import run_command
from common.system.files import write_text
def command():
    print("first", flush=True)
    time.sleep(0.3 if sys.argv[1] == "head" else 0)
    for line in range(3000):
        print("name \\x1b]0;\\u00e9\\udcff" if line == 2 else "\\r\\x1b[Kline", flush=True)
    print("to standard error", file=sys.stderr)
    write_text(sys.argv[2], "done")
run_command(command)
"""


def run(tmp_path, how, shell):
    """Run COMMAND by a line of the shell in which $R is the command; return its exit code, output and error."""
    command = f'"{sys.executable}" -c "$CODE" {how} "{tmp_path / "done"}"'
    line = shell.replace("$R", command)
    end = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, timeout=60,
                         env=os.environ | {"CODE": COMMAND, "PYTHONIOENCODING": "ascii"})  # fmt: skip
    return end.returncode, end.stdout.decode("ascii"), end.stderr.decode("ascii")


@pytest.mark.parametrize(
    ("shell", "out"),
    [("$R | head -1; exit ${PIPESTATUS[0]}", "first\n"), ("$R >&-", ""), ("$R >&- 2>&-", ""), ("$R <&- >&- 2>&-", "")],
)
def test_a_command_goes_on_where_nobody_reads(tmp_path, shell, out):
    assert run(tmp_path, "head", shell)[:2] == (0, out)
    assert (tmp_path / "done").read_text() == "done"


def test_names_reach_the_terminal_as_text(tmp_path):
    code, out, error = run(tmp_path, "all", "$R")
    assert (code, error) == (0, "to standard error\n")
    assert out.startswith("first\n\r\x1b[Kline\n") and "name \\x1b]0;\\xe9\\udcff\n" in out


def test_a_working_directory_that_is_gone_is_one_line(tmp_path):
    code, _, error = run(
        tmp_path, "all", f'mkdir "{tmp_path}/x"; cd "{tmp_path}/x"; rmdir ../x; PYTHONPATH="{ROOT}" $R'
    )
    assert (code, error) == (2, "error: the working directory is no longer there; cd into one that is\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_lines_that_a_full_disk_swallows_are_an_error_at_the_end(tmp_path):
    code, _, error = run(tmp_path, "all", "$R > /dev/full")
    assert code == 1 and "error: lines on standard output are lost: No space left on device" in error
    assert (tmp_path / "done").read_text() == "done"
