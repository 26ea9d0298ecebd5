"""kill -9 at random instants, several in a row for each run, which then has to end as one that was never stopped."""

import ast
import collections
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

from tests.faults.instants import PHASES, Board, act_at, count_calls, drawn_instant
from tests.faults.process import signal_a_new_process
from tests.faults.tiny_runs import RECIPES, command, finish, train

FIRST_SECOND, BETWEEN = "first second", "between"
PLACES = (FIRST_SECOND, *PHASES, BETWEEN)  # where a kill has found a run


def table(folder: Path, only: list[str], seed: int, rounds: int) -> Iterator[list[list[str]]]:
    """The rows so far, a run more each time. Every run gets one kill in each phase, in any order."""
    drawn = random.Random(seed)
    rows = [["recipe", *PLACES, "kills", "ended with the same bytes"]]
    for recipe in only or RECIPES:
        landed, wrong = collections.Counter(), []
        undisturbed, counts = measure(recipe, folder / f"{len(rows)}-undisturbed")
        rows.append([])
        for number in range(1, rounds + 1):
            out = folder / f"{len(rows)}-{number}"
            wrong += kill_in_each_phase(recipe, out, counts, landed, drawn)
            wrong += filter(None, [finish(recipe, out, undisturbed)])
            ended = "; ".join(wrong) or f"{number} of {number} runs"
            rows[-1] = [recipe, *(str(landed[place]) for place in PLACES), str(landed.total()), ended]
            print("  ".join(rows[-1]), flush=True)
            yield rows


def measure(recipe: str, out: Path) -> tuple[Path, dict[str, float]]:
    """An undisturbed run, and how many calls each of its phases has."""
    board = Board()
    ended = train(recipe, out, count_calls(board))
    assert not ended.code and ended.clean, ended.output
    return out, ast.literal_eval(board.read())


def kill_in_each_phase(recipe: str, out: Path, counts: dict[str, float], landed: collections.Counter,
                       drawn: random.Random) -> list[str]:  # fmt: skip
    """Begin a run and kill it, go on and kill it again ...; return what went wrong on the way."""
    board, wrong = Board(), []
    for phase in drawn.sample((FIRST_SECOND, *PHASES), len(PHASES) + 1):
        if phase == FIRST_SECOND:
            signal_a_new_process(command(recipe, out), signal.SIGKILL, drawn.random())
            landed[FIRST_SECOND] += 1
            continue
        ended = train(recipe, out, act_at(drawn_instant(phase, counts, drawn), board, _kill))
        if ended.code == -signal.SIGKILL:
            landed[board.read()] += 1
        if "Traceback" in ended.output or "error: " in ended.output:
            wrong.append(f"before the kill in {phase}: {ended.output[-300:]}")
    return wrong


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
