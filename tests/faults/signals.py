"""TERM, INT, HUP and QUIT at random instants, several in a row for each run, which then ends as one never stopped."""

import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

from tests.faults.instants import START, STEPS, Board, act_at, drawn_instant
from tests.faults.kills import FIRST_SECOND, measure
from tests.faults.process import Ended, signal_a_new_process
from tests.faults.tiny_runs import command, finish, train

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
WHERE = (START, STEPS, "metric", "checkpoint", "log")


def table(folder: Path, only: list[str], seed: int, recipe: str) -> Iterator[list[list[str]]]:
    """The rows so far, a signal more each time; a cell: the shell's exit code, and what was said."""
    drawn, board = random.Random(seed), Board()
    rows = [["signal", FIRST_SECOND, *WHERE, "gone on with"]]
    undisturbed, counts = measure(recipe, folder / "undisturbed")
    for number in [signal.Signals[name] for name in only] or SIGNALS:
        out, wrong = folder / number.name, []
        cells = [_words(signal_a_new_process(command(recipe, out), number, drawn.random()))]
        for phase in WHERE:
            instant = drawn_instant(phase, counts, drawn)
            ended = train(recipe, out, act_at(instant, board, lambda number=number: os.kill(os.getpid(), number)))
            cells.append(_words(ended))
            wrong += ["Traceback"] * ("Traceback" in ended.output)
        rows.append([number.name, *cells, finish(recipe, out, undisturbed) or "the same bytes", *wrong])
        print("  ".join(rows[-1]), flush=True)
        yield rows


def _words(ended: Ended) -> str:
    code = ended.code if ended.code >= 0 else 128 - ended.code
    said = "saved" if "Stopped and saved" in ended.output else ended.errors[0] if ended.errors else ""
    return f"{code}{', ' * bool(said)}{said}"
