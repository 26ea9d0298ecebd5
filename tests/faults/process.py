"""A command in a process of its own that costs no imports: forked from this one, which has them behind it.

Nothing here computes with TensorFlow before the fork: its threads would not be in the child.
"""

import atexit
import contextlib
import importlib
import os
import runpy
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from tests.helpers import ROOT

HEAVY = (
    "tensorflow", "keras", "matplotlib.pyplot", "scipy.linalg", "imageio.v3", "PIL.GifImagePlugin", "h5py",
    "common.commands.train", "common.commands.sample", "common.training.loop", "common.training.devices",
    "common.training.fast_step", "common.training.forecast", "common.training.init_from", "common.training.watcher",
    "common.training.tensorboard", "common.training.determinism", "fid.evaluation.training", "fid.networks.extractor",
    "dcgan.model", "sagan.model", "csagan.model",
)  # fmt: skip
LIMIT = 300  # seconds; a command that takes longer hangs


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, or minus the number of the signal that killed it; all that it printed."""

    code: int
    output: str

    @property
    def errors(self) -> list[str]:
        """Its lines of error."""
        return [line for line in self.output.splitlines() if line.startswith("error: ")]

    @property
    def clean(self) -> bool:
        """Whether it ended well, or with one line."""
        return "Traceback" not in self.output and len(self.errors) == (self.code in (1, 2))


def preload() -> None:
    """Import what commands need."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    for name in HEAVY:
        importlib.import_module(name)


def default_signals() -> None:
    """Have signals do what they do to a command in a terminal, whatever this process inherited (`nohup`, `&`)."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def run(command: list[str], before: Callable[[], None] = lambda: None) -> Ended:
    """Run `dcgan/train.py ...` in a child and wait for its end. `before` is called there first, to arrange a fault."""
    sys.stdout.flush()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _become(command, before, writing)
    os.close(writing)
    output, deadline, code = bytearray(), time.monotonic() + LIMIT, None
    while time.monotonic() < deadline:
        if select.select([reading], [], [], 1.0)[0]:
            block = os.read(reading, 65536)
            if not block:
                code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                break
            output += block
    if code is None:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise TimeoutError(f"{' '.join(command)} has not ended in {LIMIT} s: {output.decode(errors='replace')[-500:]}")
    os.close(reading)
    return Ended(code, output.decode(errors="replace"))


def signal_a_new_process(command: list[str], number: signal.Signals, seconds: float) -> Ended:
    """Run a command with its own imports, send it a signal after so long, and wait for its end."""
    process = subprocess.Popen(
        [sys.executable, str(ROOT / command[0]), *command[1:]], text=True, errors="replace", stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, preexec_fn=default_signals,
    )  # fmt: skip
    time.sleep(seconds)
    process.send_signal(number)
    output, _ = process.communicate()
    return Ended(process.returncode, output)


def _become(command: list[str], before: Callable[[], None], output: int) -> None:
    """Be the command, until the end of this process."""
    code = 1
    try:
        for descriptor in (1, 2):
            os.dup2(output, descriptor)
        os.close(output)
        sys.stdout, sys.stderr = (os.fdopen(fd, "w", encoding="utf-8", closefd=False) for fd in (1, 2))
        sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr  # its own, and so guarded
        default_signals()
        atexit._clear()  # what this process has registered is not the command's
        sys.argv = [str(ROOT / command[0]), *command[1:]]
        before()
        runpy.run_path(sys.argv[0], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.setprofile(None)
        with contextlib.suppress(BaseException):
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
