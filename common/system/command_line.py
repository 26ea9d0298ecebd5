"""What the families' commands share: arguments, and the one clear line with which a mistake ends."""

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from common.errors import TrainingFailed, UserError
from common.system.early_stop import stop
from common.system.output import guard_output, lost_output
from common.system.temporary_folder import temporary_folder


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Raise the mistake, to be printed by `run_command`."""
        raise UserError(message)


def run_command(command: Callable[[], int | None]) -> NoReturn:
    """Run a command and exit: 0; 2 with one line for a user's mistake; 1 where it cannot go on; 130 after Ctrl-C."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    # A GPU's memory is taken as it is needed, so that sample.py and fid work beside a training.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    guard_output()
    with _noting() as stopped:
        try:
            _check_working_directory()
            with temporary_folder():
                code = command() or 0
        except KeyboardInterrupt:
            code = _fail("stopped", 130)
        except Exception as error:
            code = _fail("stopped", 130) if stopped else _explain(error)
        if not code and (lost := lost_output()):
            code = _fail(f"lines on standard output are lost: {lost.strerror or lost}", 1)
    sys.exit(code)


def _check_working_directory() -> None:
    """Find out now whether relative paths mean something.

    Raises:
        UserError: the folder that the process is in was removed.
    """
    try:
        os.getcwd()
    except FileNotFoundError:
        raise UserError("the working directory is no longer there; cd into one that is") from None


@contextlib.contextmanager
def _noting() -> Iterator[list[int]]:
    """While entered, a Ctrl-C raises KeyboardInterrupt as ever, and is in the list: some libraries raise another."""
    stopped: list[int] = []

    def note(number: int, frame: object) -> None:
        stopped.append(number)
        raise KeyboardInterrupt

    try:
        before = signal.getsignal(signal.SIGINT)
        if before in (stop, signal.default_int_handler):
            signal.signal(signal.SIGINT, note)
    except ValueError:  # signals are the main thread's
        before = None
    try:
        yield stopped
    finally:
        with contextlib.suppress(ValueError):
            if before is not None:
                signal.signal(signal.SIGINT, before)


def _explain(error: Exception) -> int:
    """End the error that is being handled in one line; raise it again where it is none that a user should meet."""
    if isinstance(error, UserError):
        return _fail(error, 2)
    if isinstance(error, TrainingFailed | OSError):
        return _fail(error, 1)
    if not _is_memory(error):
        raise error
    return _fail("there is not enough memory for this; make the batch, the images or the networks smaller", 1)


def _is_memory(error: Exception) -> bool:
    """Whether Python, NumPy or TensorFlow (which is not imported for this) has run out of memory."""
    return isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"


def _fail(error: Any, code: int) -> int:
    sys.stdout.flush()
    print(f"error: {' '.join(str(error).split())}", file=sys.stderr, flush=True)
    return code
