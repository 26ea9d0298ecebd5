"""Damage to the files of a run folder and of the cache: the run goes on to the same bytes, or one line says why not.

A run of two epochs, with two checkpoints, is damaged in one file, or in all that it does not depend on, and
taken to its third.
"""

import hashlib
import io
import json
import os
import random
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from common.pages.run_page import PAGE
from tests.faults.instants import save_always
from tests.faults.tiny_runs import EPOCHS, differences, train

BEFORE = ("--epochs", str(EPOCHS - 1))
CACHE, REWRITTEN = "cache/", "config.json"  # the latter at every start
DRAWN_ONCE = ("grids",)  # damage to these lasts, and is to touch nothing else
WHERE = {
    "config.json": ["config.json"],
    "log.csv": ["log.csv"],
    "newest checkpoint": ["checkpoints/step-*.npz"],
    "generator.keras": ["generator.keras"],
    "grids": ["grids/*.png"],
    "all others": ["remarks.json", "samples.png", "losses.png", "metrics.png", "training.gif", PAGE,
                   "final_images/*.png", f"{CACHE}datasets/*.npz", f"{CACHE}fid/*.npz"],
}  # fmt: skip


def flipped(data: bytes, drawn: random.Random) -> bytes:
    """One bit of it."""
    place = drawn.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << drawn.randrange(8)]) + data[place + 1 :]


def cut(data: bytes, drawn: random.Random) -> bytes:
    """Its beginning."""
    return data[: drawn.randrange(1, len(data))]


def zeros(data: bytes, drawn: random.Random) -> bytes:
    """A stretch of zeros in it."""
    place = drawn.randrange(len(data))
    return data[:place] + bytes(len(data[place : place + 512])) + data[place + 512 :]


def other_type(data: bytes, drawn: random.Random) -> bytes:
    """Something else that is whole: a list for an object, text for arrays."""
    return b"[1, 2]\n"


def newer(data: bytes, drawn: random.Random) -> bytes:
    """What a newer version might write: one thing more in it."""
    if data.startswith(b"PK"):
        text = io.BytesIO(data)
        with zipfile.ZipFile(text, "a") as archive, archive.open("added.npy", "w") as file:
            np.lib.format.write_array(file, np.zeros(3, np.float32))
        return text.getvalue()
    if data.startswith(b"epoch,"):
        head, *lines = data.decode().splitlines()
        return "\n".join([f"{head},added", *(f"{line},1" for line in lines), ""]).encode()
    if data[:1] in b"{[":
        value = json.loads(data)
        for item in [value] if isinstance(value, dict) else value:
            item["added"] = {"value": 1}
        return json.dumps(value).encode()
    return data + b"\nadded"


KINDS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "a flipped bit": flipped, "cut": cut, "512 zeros": zeros, "empty": lambda data, drawn: b"",
    "of another type": other_type, "a newer version's": newer,
}  # fmt: skip
FOLDER, ANOTHER, GONE = "a folder", "another run's", "gone"


def table(folder: Path, only: list[str], seed: int, recipe: str) -> Iterator[list[list[str]]]:
    """The rows so far, a file more each time."""
    drawn, columns = random.Random(seed), [*KINDS, FOLDER, ANOTHER, GONE]
    rows = [["file", *columns]]
    cache = Path(os.environ["CIFAR_GANS_CACHE"])
    undisturbed, half, another = (folder / name for name in ("undisturbed", "half", "another"))
    for out, more in ((undisturbed, ()), (half, BEFORE), (another, (*BEFORE, "--seed", "1"))):
        assert not train(recipe, out, save_always, *more).code
    for name in only or WHERE:
        cells = []
        for column in columns:
            out, own_cache = folder / "run", folder / "run-cache"
            for path, whole in ((out, half), (own_cache, cache)):
                shutil.rmtree(path, ignore_errors=True)
                shutil.copytree(whole, path)
            os.environ["CIFAR_GANS_CACHE"] = str(own_cache)
            places = _places(name, out, own_cache)
            for place in places:
                other = another / place.relative_to(out) if out in place.parents else None
                _damage(place, column, other, drawn)
            cells.append(_outcome(recipe, out, undisturbed, places if name in DRAWN_ONCE else ()))
            print(f"{name}, {column}: {cells[-1]}", flush=True)
        rows.append([name, *cells])
        yield rows


def _places(name: str, run: Path, cache: Path) -> list[Path]:
    found = []
    for pattern in WHERE[name]:
        root = cache if pattern.startswith(CACHE) else run
        found += sorted(root.glob(pattern.removeprefix(CACHE)))
    return found[-1:] if name.startswith("newest") else found


def _damage(path: Path, kind: str, another: Path | None, drawn: random.Random) -> None:
    data = path.read_bytes()
    path.unlink()
    if kind == FOLDER:
        path.mkdir()
    elif kind == ANOTHER:
        path.write_bytes(another.read_bytes() if another else flipped(data, drawn))
    elif kind != GONE:
        path.write_bytes(KINDS[kind](data, drawn))


def _outcome(recipe: str, out: Path, undisturbed: Path, drawn_once: Iterable[Path] = ()) -> str:
    before = _digests(out)
    ended = train(recipe, out)
    if not ended.clean:
        return f"FAILED: {' '.join(ended.output.split())[-200:]}"
    if ended.code:
        lost = [
            name for name, digest in _digests(out).items() if before.get(name, digest) != digest and name != REWRITTEN
        ]
        return f"refused ({ended.code}): {_short(ended.errors[0], out)}" + f"; LOST {', '.join(lost)}" * bool(lost)
    for place in drawn_once:
        shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
        shutil.copy(undisturbed / place.relative_to(out), place)
    wrong = differences(out, undisturbed)
    return f"OTHER: {', '.join(wrong)}" if wrong else "same bytes"


def _digests(run: Path) -> dict[str, str]:
    return {path.relative_to(run).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in run.rglob("*") if path.is_file()}  # fmt: skip


def _short(error: str, out: Path) -> str:
    return error.removeprefix("error: ").replace(str(out), "RUN")[:90]
