"""A disk that is full at one write of each kind that a run makes: the system refuses bytes beyond a random place of it.

The limit of a process on the size of its files stands in for the disk (RLIMIT_FSIZE): the system refuses whoever
writes, Python or a library in C, and nobody needs rights for it. It stays for the rest of the process; in the cache,
which may lie on another disk, it is lifted after that write.
"""

import ast
import contextlib
import os
import random
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from common.system import files
from tests.faults.instants import Board, save_always
from tests.faults.tiny_runs import finish, train

Replacing = Callable[[Path], contextlib.AbstractContextManager[Path]]


def table(folder: Path, only: list[str], seed: int, recipe: str) -> Iterator[list[list[str]]]:
    """The rows so far, a kind of file more each time: each stops the same run, which is then gone on with."""
    drawn, board, out = random.Random(seed), Board(), folder / "run"
    rows = [["file", "bytes", "room for", "exit code", "what is said"]]
    undisturbed = folder / "undisturbed"
    assert not train(recipe, undisturbed, _each_write(board, undisturbed, _sizes(board))).code
    sizes = ast.literal_eval(board.read())
    for kind in only or sizes:
        size = sizes[kind]
        room = drawn.randrange(size)
        in_cache = kind.startswith("cache")
        if in_cache:
            os.environ["CIFAR_GANS_CACHE"] = str(folder / f"cache of {len(rows)}")
        ended = train(recipe, folder / f"{len(rows)}" if in_cache else out,
                      _each_write(board, folder, _full(kind, room, lasting=not in_cache)))  # fmt: skip
        said = [line for line in ended.output.splitlines() if "cached" in line or line.startswith("error")]
        said = ["a traceback"] if "Traceback" in ended.output else said or ["nothing"]
        rows.append([kind, f"{size:,}", f"{room:,}", str(ended.code), said[0].replace(str(folder), "FOLDER")])
        print("  ".join(rows[-1]), flush=True)
        yield rows
    end = finish(recipe, out, undisturbed) or "the same bytes"
    yield [*rows, ["after all of them", "-", "-", "0", f"the same command ends with: {end}"]]


def _each_write(board: Board, folder: Path, around: Callable[[str, Replacing], Replacing]) -> Callable[[], None]:
    """Put `around(kind of the file, replacing)` wherever files are written."""

    def before() -> None:
        original = files.replacing

        def replacing(path: Path) -> contextlib.AbstractContextManager[Path]:
            return around(_kind(Path(path)), original)(path)

        for module in list(sys.modules.values()):
            if getattr(module, "replacing", None) is original:
                module.replacing = replacing
        save_always()

    return before


def _kind(path: Path) -> str:
    """The file's name; one for all of a series."""
    if path.is_relative_to(os.environ["CIFAR_GANS_CACHE"]):
        return f"cache/{path.parent.name}/*{path.suffix}"
    return f"{path.parent.name}/*{path.suffix}" if path.stem[-1:].isdigit() else path.name


def _sizes(board: Board) -> Callable[[str, Replacing], Replacing]:
    sizes: dict[str, int] = {}

    def around(kind: str, original: Replacing) -> Replacing:
        @contextlib.contextmanager
        def noting(path: Path) -> Iterator[Path]:
            with original(path) as temporary:
                yield temporary
            sizes.setdefault(kind, Path(path).stat().st_size)
            board.write(repr(sizes))

        return noting

    return around


def _full(kind: str, room: int, lasting: bool) -> Callable[[str, Replacing], Replacing]:
    def around(this: str, original: Replacing) -> Replacing:
        @contextlib.contextmanager
        def limited(path: Path) -> Iterator[Path]:
            if this != kind:
                with original(path) as temporary:
                    yield temporary
                return
            before = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
            try:
                with original(path) as temporary:
                    yield temporary
            finally:
                if not lasting:
                    resource.setrlimit(resource.RLIMIT_FSIZE, before)

        return limited

    return around
