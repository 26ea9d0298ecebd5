"""Ctrl-C while a command is still being imported: one line. Scripts import this first; `run_command` takes over.

An import that is broken off raises whatever it likes, with a traceback; until a command runs there is nothing to lose.
"""

import _signal as signal  # what Python starts with: signal.py and others take long enough for a Ctrl-C themselves
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))


def stop(number: int, frame: object) -> None:
    """End the process at once, with a line."""
    os.write(2, b"error: stopped\n")
    os._exit(128 + number)


def _is_command() -> bool:
    """Whether this process runs a script of this project: not a test, a notebook, another's program."""
    script = getattr(sys.modules["__main__"], "__file__", None)
    return bool(script) and os.path.dirname(os.path.dirname(os.path.realpath(script))) == ROOT


if _is_command() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, stop)
