"""Homes, encodings, working directories, names, a clock that goes backwards, a folder that is taken away."""

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.faults.instants import Board, act_at, drawn_instant
from tests.faults.kills import measure
from tests.faults.tiny_runs import differences, finish, train

Act = Callable[[], None]


def _environment(**changes: str | None) -> Act:
    def before() -> None:
        for name, value in changes.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value

    return before


def _in_a_folder_that_is_gone() -> None:
    os.makedirs("gone")
    os.chdir("gone")
    os.rmdir("../gone")


def _backwards() -> None:
    """Every look at the clock finds it an hour earlier than the one before; what lies on the disk is of the future."""
    now, looks = time.time(), [0]

    def earlier() -> float:
        looks[0] += 1
        return now - 3600 * looks[0]

    time.time = earlier


SURROUNDINGS: dict[str, Act] = {
    "HOME not set": _environment(HOME=None),
    "a home that is not there": _environment(HOME="/nowhere/at/all", MPLCONFIGDIR=None),
    "ASCII for encoding": _environment(LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0"),
    "no locale of that name": _environment(LC_ALL="xx_XX.UTF-8"),
    "the root as working directory": lambda: os.chdir("/"),
    "a working directory that is gone": _in_a_folder_that_is_gone,
    "no TMPDIR of that name": _environment(TMPDIR="/nowhere/at/all"),
    "a narrow terminal": _environment(COLUMNS="1", LINES="1", TERM="dumb"),
    "a clock that goes backwards": _backwards,
}
REMOVED_IN = ("steps", "metric", "log", "generator", "checkpoint")
NAMES = {
    "spaces, quotes, a newline": "a b'\"\n c",
    "Unicode": "прогон-東京-é",
    "no UTF-8": os.fsdecode(b"run-\xff\xfe"),
    "200 letters": "x" * 200,
    "HTML and a terminal's escape": "<b>&amp;\x1b[31m",
}


def table(folder: Path, only: list[str], seed: int, recipe: str) -> Iterator[list[list[str]]]:
    """The rows so far, a surrounding more each time."""
    rows = [["surrounding", "how the run ends"]]
    undisturbed, counts = measure(recipe, folder / "undisturbed")
    os.chdir(folder)
    cases = {name: (f"run {name}", before) for name, before in SURROUNDINGS.items()}
    cases |= {f"run folder's name: {name}": (given, _nothing) for name, given in NAMES.items()}
    for name in [name for name in cases if not only or name in only]:
        given, before = cases[name]
        rows.append([name, _end(recipe, folder / given, undisturbed, before)])
        yield rows
    for phase in [phase for phase in REMOVED_IN if not only or phase in only]:
        out = folder / f"removed in {phase}"
        instant = drawn_instant(phase, counts, random.Random(seed))
        ended = train(recipe, out, act_at(instant, Board(), lambda out=out: shutil.rmtree(out)))
        said = ended.errors[0].replace(str(folder), "FOLDER")[:110] if ended.errors else "nothing is said"
        again = finish(recipe, out, undisturbed).replace(str(folder), "FOLDER") or "the same bytes"
        rows.append([f"run folder removed, in {phase}", f"exit code {ended.code}: {said}; the same command: {again}"])
        yield rows


def _nothing() -> None:
    """Nothing is odd but the name."""


def _end(recipe: str, out: Path, undisturbed: Path, before: Act) -> str:
    ended = train(recipe, out, before)
    if ended.code or not ended.clean:
        return f"exit code {ended.code}: {' '.join(ended.output.split())[-200:]}"
    return ", ".join(differences(out, undisturbed)) or "the same bytes"
