"""Ctrl-C before a command runs, in the middle of any import: one line, exit code 130, no traceback."""

import os
import signal
import subprocess
import sys

import pytest

from common.system import early_stop
from tests.helpers import ROOT

STOPPED_AT = """
import os, runpy, signal, sys

class Stop:
    def find_spec(self, name, *rest):
        if name == sys.argv[1]:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Stop())
script = sys.argv.pop(1)
if script == "fid":
    runpy.run_module(script, run_name="__main__", alter_sys=True)
else:
    sys.path.insert(0, "")
    sys.argv[0] = script
    runpy.run_path(script, run_name="__main__")
"""
CASES = [("dcgan/train.py", "common.recipe"), ("csagan/train.py", "fid.protocols"), ("fid", "fid.metrics.prdc"),
         ("sagan/sample.py", "common.commands.sample"), ("fid", "argparse"), ("results/plot.py", "common.run.log"),
         ("results/report.py", "results.verdicts")]  # fmt: skip


def stop_at(script, module):
    code = [sys.executable, "-c", STOPPED_AT, script, module]
    return subprocess.run(code, capture_output=True, text=True, cwd=ROOT, timeout=60)


@pytest.mark.parametrize(("script", "module"), CASES)
def test_ctrl_c_within_an_import_is_one_line(script, module):
    done = stop_at(script, module)
    assert (done.returncode, done.stderr) == (130, "error: stopped\n"), done


def test_every_command_imports_it_before_all_that_takes_time():
    scripts = [*ROOT.glob("*/train.py"), *ROOT.glob("*/sample.py"), *ROOT.glob("*/*benchmark.py"),
               *ROOT.glob("results/*.py"), *ROOT.glob("fid/[n_]*.py")]  # fmt: skip
    checked = 0
    for path in scripts:
        text = path.read_text(encoding="utf-8")
        if "__main__" in text and path.parent.name != "tests":
            imports = [line for line in text.splitlines() if line.startswith(("import ", "from "))]
            assert [line.split()[1] for line in imports[:3]] == ["os", "sys", "common.system.early_stop"], path
            checked += 1
    assert checked >= 14


def test_nothing_changes_where_no_command_is_started():
    """A test or a notebook that imports a script keeps its Ctrl-C."""
    assert signal.getsignal(signal.SIGINT) is not early_stop.stop
    code = "import signal; import common.system.early_stop as e; print(signal.getsignal(signal.SIGINT) is e.stop)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.stdout == "False\n"


COMMAND = """
import os, signal, sys
from common.system.command_line import run_command
def command():
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt as error:  # as NumPy does while its C parts are imported
        raise ImportError("the C-extensions failed") from error
run_command(command)
"""


def test_an_interrupt_that_a_library_turns_into_another_error_is_still_a_stop():
    done = subprocess.run([sys.executable, "-c", COMMAND], capture_output=True, text=True, cwd=ROOT, timeout=60,
                          env=os.environ | {"PYTHONPATH": str(ROOT)})  # fmt: skip
    assert (done.returncode, done.stderr) == (130, "error: stopped\n")
