"""TERM, INT, HUP and QUIT at random instants, several in a row for each run, which then ends as one never stopped."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.faults.instants import START, STEPS, Board, Instant, act_at
from tests.faults.kills import FIRST_SECOND, measure
from tests.faults.process import ROOT, Ended, default_signals
from tests.faults.tiny_runs import command, finish, train

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
WHERE = (START, STEPS, "metric", "checkpoint", "log")


def table(folder: Path, only: list[str], seed: int, recipe: str) -> Iterator[list[list[str]]]:
    """The rows so far, a signal more each time; a cell: the shell's exit code, and what was said."""
    drawn, board = random.Random(seed), Board()
    rows = [["signal", FIRST_SECOND, *WHERE, "gone on with"]]
    undisturbed, counts = measure(recipe, folder / "undisturbed")
    for number in [signal.Signals[name] for name in only] or SIGNALS:
        out, cells, wrong = folder / number.name, [_of_a_new_process(recipe, folder / number.name, number, drawn)], []
        for phase in WHERE:
            place = drawn.uniform(0, counts[phase] * (0.5 if phase == STEPS else 1.0))
            send = act_at(Instant(phase, place), board, lambda number=number: os.kill(os.getpid(), number))
            ended = train(recipe, out, send)
            cells.append(_words(ended))
            wrong += ["Traceback"] * ("Traceback" in ended.output)
        rows.append([number.name, *cells, finish(recipe, out, undisturbed) or "the same bytes", *wrong])
        print("  ".join(rows[-1]), flush=True)
        yield rows


def _words(ended: Ended) -> str:
    code = ended.code if ended.code >= 0 else 128 - ended.code
    said = "saved" if "Stopped and saved" in ended.output else ended.errors[0] if ended.errors else ""
    return f"{code}{', ' * bool(said)}{said}"


def _of_a_new_process(recipe: str, out: Path, number: signal.Signals, drawn: random.Random) -> str:
    script, *arguments = command(recipe, out)
    process = subprocess.Popen([sys.executable, str(ROOT / script), *arguments], text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, preexec_fn=default_signals)  # fmt: skip
    time.sleep(drawn.random())
    process.send_signal(number)
    output = process.communicate()[0]
    return _words(Ended(process.returncode, output))
