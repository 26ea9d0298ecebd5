"""Instants of a training at which something can be made to happen: the n-th call within a phase of it.

A phase is a function of the loop; while it runs, every call in it, of Python or of C, is counted. So an instant that is
drawn lies anywhere in the phase, and the same number is the same instant again. A step is one call into TensorFlow:
what happens there happens after a time, in the second step of a process, for the first one is traced.
"""

import collections
import functools
import mmap
import random
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

START = "start"  # from the command's first line to the first step
STEPS = "steps"
PHASES = (START, STEPS, "metric", "checkpoint", "figures", "generator", "log")
Act = Callable[[], None]


class Board:
    """What a child writes and its parent reads, whatever the child's end: the phase it is in, and numbers by phase."""

    def __init__(self):
        self._memory = mmap.mmap(-1, 4096)

    def write(self, text: str) -> None:
        """Put a text of less than 4 KB there."""
        self._memory[:] = text.encode().ljust(4096)

    def read(self) -> str:
        """What was put there last."""
        return self._memory[:].decode().strip()


@dataclass(frozen=True)
class Instant:
    """The n-th call of a phase; of a step: so many seconds after it begins."""

    phase: str
    place: float


def drawn_instant(phase: str, counts: Mapping[str, float], drawn: random.Random) -> Instant:
    """One anywhere in a phase, from what `count_calls` has of an undisturbed run."""
    return Instant(phase, drawn.uniform(0, counts[phase] * (0.5 if phase == STEPS else 1.0)))  # a thread wakes late


def wrap_phases(around: Callable[[str, Callable], Callable]) -> None:
    """Put `around(name, function)` in the place of each phase's function, in this process."""
    from common.run.checkpoints import Checkpoints
    from common.run.log import Log
    from common.training import loop

    loop.SAVE_SECONDS, loop.CALL_SECONDS = -1, 0.0  # a checkpoint after every step, and each step a call
    compiled = loop.compiled_steps
    loop.compiled_steps = lambda *given: around(STEPS, compiled(*given))
    for name, owner, attribute in (
        ("metric", loop.Training, "_measure"),
        ("checkpoint", Checkpoints, "save"),
        ("figures", loop.Training, "_draw_figures"),
        ("generator", loop, "save_generator"),
        ("log", Log, "add"),
    ):
        setattr(owner, attribute, around(name, getattr(owner, attribute)))
    loop.Training.fit = around("fit", loop.Training.fit)


def save_always() -> None:
    """Have a checkpoint after every step, and nothing else that is other than ever."""
    wrap_phases(lambda name, function: function)


def count_calls(board: Board) -> Act:
    """For an undisturbed run: write the calls of each phase's first run, and of steps the seconds of the last one."""

    def before() -> None:
        counts = {}

        def around(name: str, function: Callable) -> Callable:
            @functools.wraps(function)
            def counted(*args, **kwargs):
                if name == "fit":
                    counts[START] = counter[0]
                began, counter[0] = time.monotonic(), 0
                sys.setprofile(count if name not in (STEPS, "fit") and name not in counts else None)
                try:
                    return function(*args, **kwargs)
                finally:
                    sys.setprofile(None)
                    if name == STEPS:
                        counts[name] = time.monotonic() - began
                    elif name != "fit":
                        counts.setdefault(name, counter[0])
                    board.write(repr(counts))

            return counted

        counter = [0]

        def count(*_) -> None:
            counter[0] += 1

        wrap_phases(around)
        sys.setprofile(count)

    return before


def act_at(instant: Instant, board: Board, act: Act) -> Act:
    """For a run that is disturbed: do `act` at that instant, once; the board has where the run was last."""

    def before() -> None:
        left, armed, seen = [instant.place], [True], collections.Counter()

        def count(*_) -> None:
            left[0] -= 1
            if left[0] <= 0 and armed[0]:
                sys.setprofile(None)
                armed[0] = False
                act()

        def around(name: str, function: Callable) -> Callable:
            @functools.wraps(function)
            def watched(*args, **kwargs):
                if name == "fit":
                    sys.setprofile(None)
                    return function(*args, **kwargs)
                board.write(name)
                seen[name] += 1
                mine = armed[0] and name == instant.phase and (name != STEPS or seen[name] == 2)
                if mine and name == STEPS:
                    armed[0] = False
                    threading.Timer(instant.place, act).start()
                elif mine:
                    sys.setprofile(count)
                try:
                    return function(*args, **kwargs)
                finally:
                    sys.setprofile(None)
                    if mine and armed[0]:  # fewer calls than it had undisturbed: then at its end
                        armed[0] = False
                        act()
                    board.write("between")

            return watched

        board.write(START)
        wrap_phases(around)
        if instant.phase == START:
            sys.setprofile(count)

    return before
