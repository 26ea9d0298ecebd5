"""Every reader on damaged and odd input: it reads it, or ends in what a command says in one line, in time and memory.

A case is a whole file with one to three changes: of bits, bytes and stretches; of values, keys and structure where it
is JSON; of words where it is text. The cases follow from the seed, so that one is found again by its number.
"""

import contextlib
import io
import json
import os
import random
import resource
import signal
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common.errors import TrainingFailed, UserError
from tests.faults.fuzz_readers import READERS, Reader
from tests.faults.instants import Board

SECONDS, BYTES = 10, 2 * 2**30  # of a case, at most
ONE_LINE = (UserError, TrainingFailed, OSError, MemoryError)  # what `run_command` ends in a line
NUMBERS = ("0", "-1", "1e400", "nan", "-inf", "1" * 400, "0.1", "9223372036854775808", "1_0", "\u0663", "0x10",
           "1e-400", "1e15")  # fmt: skip
WORDS = (*NUMBERS, "", "true", "null", "\0", "\x1b[2J", "../../x", "~nobody/x", "\u202e", "\U0001f600", '"', "=", ",",
         "\n", "[[", "{", "a" * 5000, "\ud800", "%s", "<script>", "none", "cifar", "+")  # fmt: skip
ODD = (None, True, 0, -1, 10**400, 1.5, float("nan"), float("inf"), 2**63, [], {}, [[]], [None], {"": 1},
       {"value": None}, *WORDS)  # fmt: skip


class TooLong(BaseException):
    """A case took more than its seconds; no reader's own handler takes it for damage."""


def table(folder: Path, only: list[str], seed: int, cases: int) -> Iterator[list[list[str]]]:
    """The rows so far, a reader more each time; `cases` are shared out by what a case of each costs."""
    rows = [["reader", "cases", "read", "refused in one line", "longest, s", "neither"]]
    chosen, done = {name: READERS[name] for name in only or READERS}, []
    shares = sum(reader.share for reader in chosen.values())
    for name, reader in chosen.items():
        counts = _in_a_child(
            folder / name.replace("/", "-"), reader, max(1, round(cases * reader.share / shares)), seed
        )
        done.append(counts)
        rows.append([name, *_cells(counts)])
        print("  ".join(rows[-1][:-1]), *counts["wrong"], sep="  ", flush=True)
        yield rows
    total = {key: sum(counts[key] for counts in done) for key in ("cases", "read", "refused")}
    longest, wrong = max(counts["longest"] for counts in done), [line for counts in done for line in counts["wrong"]]
    yield [*rows, ["all", *_cells({**total, "longest": longest, "wrong": wrong})]]


def _cells(counts: dict[str, Any]) -> list[str]:
    wrong = counts["wrong"]
    numbers = [f"{counts[key]:,}" for key in ("cases", "read", "refused")]
    return [*numbers, f"{counts['longest']:.1f}", f"{len(wrong)}: {wrong[0]}" if wrong else "0"]


def _in_a_child(folder: Path, reader: Reader, cases: int, seed: int) -> dict[str, Any]:
    """Count in a process of its own, which a reader in C may take down with it; then on with the case after."""
    folder.mkdir()
    counts, first, board = {"cases": cases, "read": 0, "refused": 0, "longest": 0.0, "wrong": []}, 0, Board()
    while first < cases:
        board.write(json.dumps(counts | {"at": first}))
        child = os.fork()
        if not child:
            try:
                _count(folder, reader, range(first, cases), seed, counts, board)
            except BaseException:
                traceback.print_exc()
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        counts = json.loads(board.read())
        first = counts.pop("at")
        if first < cases:
            counts["wrong"].append(f"case {first} ended its process ({code})")
            first += 1
    return counts


def _count(folder: Path, reader: Reader, numbers: range, seed: int, counts: dict[str, Any], board: Board) -> None:
    read, whole = reader.prepare(folder)
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (taken + BYTES, -1))
    signal.signal(signal.SIGALRM, _too_long)
    for number in numbers:
        drawn = random.Random(f"{seed} {number}")
        case = changed(whole, drawn)
        began = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                read(case)
            counts["read"] += 1
        except ONE_LINE:
            counts["refused"] += 1
        except (Exception, TooLong) as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            line = f"case {number}: {type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
            counts["wrong"] = [*counts["wrong"], line[:150]][:8]
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        counts["longest"] = max(counts["longest"], time.monotonic() - began)
        board.write(json.dumps(counts | {"at": number + 1}))


def _too_long(number: int, frame: object) -> None:
    raise TooLong(f"more than {SECONDS} s")


def changed(whole: bytes, drawn: random.Random) -> bytes:
    """The file with one to three changes."""
    kinds = [_bytes_changed, _words_changed]
    if whole[:1] in (b"{", b"["):
        kinds += [_json_changed, _json_changed]
    for _ in range(drawn.choice((1, 1, 2, 3))):
        whole = drawn.choice(kinds)(whole, drawn) or whole
    return whole


def _bytes_changed(data: bytes, drawn: random.Random) -> bytes:
    place, length = drawn.randrange(len(data)), drawn.choice((1, 1, 2, 8, 100))
    kind = drawn.randrange(6)
    if kind == 0:
        return data[:place] + bytes([data[place] ^ 1 << drawn.randrange(8)]) + data[place + 1 :]
    if kind == 1:
        return data[:place]
    if kind == 2:
        return data[:place] + drawn.randbytes(length) + data[place + length :]
    if kind == 3:
        return data[:place] + data[place + length :]
    if kind == 4:
        return data[:place] + data[place : place + length] * drawn.choice((2, 50)) + data[place + length :]
    other = drawn.randrange(len(data))
    return data[:place] + data[other : other + length] + data[place + length :]


def _words_changed(data: bytes, drawn: random.Random) -> bytes:
    """A word, between two places that a text has its bounds at, is another."""
    bounds = [i for i, letter in enumerate(data[:20_000]) if letter in b" ,:=\"'\n[]{}+"] or [0]
    place = drawn.choice(bounds) + 1
    end = min((bound for bound in bounds if bound >= place), default=place)
    return data[:place] + drawn.choice(WORDS).encode("utf-8", "surrogatepass") + data[end:]


def _json_changed(data: bytes, drawn: random.Random) -> bytes:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return data
    if drawn.random() < 0.01:
        return b"[" * 100_000
    holder = [value]
    inner: Any = holder
    key: Any = 0
    while isinstance(inner[key], dict | list) and inner[key] and drawn.random() < 0.85:
        inner = inner[key]
        key = drawn.choice(list(inner)) if isinstance(inner, dict) else drawn.randrange(len(inner))
    kind = drawn.randrange(4)
    if kind == 0 and inner is not holder:
        del inner[key]
    elif kind == 1 and isinstance(inner, dict):
        inner[drawn.choice(WORDS)] = inner.pop(key)
    else:
        inner[key] = drawn.choice(ODD)
    return json.dumps(holder[0] if holder else None).encode()
