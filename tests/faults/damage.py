"""Damage to the files of a run folder and of the cache: the run goes on to the same bytes, or one line says why not.

A run of two epochs, with two checkpoints, is damaged in one file, or in all that it does not depend on, and
taken to its third. What a folder of pictures leaves in the cache is damaged under a run of such a folder.
"""

import hashlib
import io
import json
import os
import random
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from common.pages.run_page import PAGE
from tests.faults.instants import save_always
from tests.faults.tiny_runs import EPOCHS, differences, train

BEFORE = ("--epochs", str(EPOCHS - 1))
CACHE, REWRITTEN = "cache/", "config.json"  # the latter at every start
WHERE = {
    "config.json": ["config.json"],
    "log.csv": ["log.csv"],
    "newest checkpoint": ["checkpoints/step-*.npz"],
    "generator.keras": ["generator.keras"],
    "grids": ["grids/*.png"],
    "all others": ["remarks.json", "samples.png", "losses.png", "metrics.png", "training.gif", PAGE,
                   "final_images/*.png", f"{CACHE}datasets/*.npz", f"{CACHE}fid/*.npz"],
}  # fmt: skip
MAPPED = {  # of a run whose data set is a folder of pictures
    "mapped pixels": [f"{CACHE}datasets/folder-*.pixels"],
    "their index": [f"{CACHE}datasets/folder-*.npz"],
    "both of them": [f"{CACHE}datasets/folder-*"],
}
PICTURES = 128  # in that folder, half of them for tests


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


@dataclass(frozen=True)
class _Runs:
    """A run as damage needs it, with arguments of its own: to its end, half of it, and another seed's half."""

    recipe: str
    folder: Path
    more: tuple[str, ...] = ()

    @property
    def undisturbed(self) -> Path:
        return self.folder / "undisturbed"

    def made(self) -> "_Runs":
        another = (*BEFORE, "--seed", "1")
        for name, more in (("undisturbed", ()), ("half", BEFORE), ("another", another)):
            assert not train(self.recipe, self.folder / name, save_always, *self.more, *more).code
        return self


def table(folder: Path, only: list[str], seed: int, recipe: str) -> Iterator[list[list[str]]]:
    """The rows so far, a file more each time."""
    drawn, rows = random.Random(seed), [["file", *KINDS, FOLDER, ANOTHER, GONE]]
    for name, where, more in (("photos", WHERE, ()), ("folder", MAPPED, ("--data", str(folder / "pictures")))):
        if wanted := [place for place in where if not only or place in only]:
            if more:
                _draw_pictures(folder / "pictures", np.random.default_rng(seed))
            runs = _Runs(recipe, folder / name, more).made()
            for place in wanted:
                rows.append([place, *(_cell(runs, where[place], kind, drawn) for kind in rows[0][1:])])
                print(" | ".join(rows[-1]), flush=True)
                yield rows


def _draw_pictures(folder: Path, random_numbers: np.random.Generator) -> None:
    pixels = random_numbers.integers(0, 256, (PICTURES, 32, 32, 3), np.uint8)
    for index, picture in enumerate(pixels):
        path = folder / ("train", "test")[index % 2] / f"{index:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)


def _cell(runs: _Runs, patterns: list[str], kind: str, drawn: random.Random) -> str:
    cache, out, own_cache = Path(os.environ["CIFAR_GANS_CACHE"]), runs.folder / "run", runs.folder / "run-cache"
    for path, whole in ((out, runs.folder / "half"), (own_cache, cache)):
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(whole, path)
    places = _places(patterns, out, own_cache)
    for place in places:
        other = runs.folder / "another" / place.relative_to(out) if out in place.parents else None
        _damage(place, kind, other, drawn)
    os.environ["CIFAR_GANS_CACHE"] = str(own_cache)
    try:
        return _outcome(runs, out, places if patterns == WHERE["grids"] else ())  # damage to these lasts
    finally:
        os.environ["CIFAR_GANS_CACHE"] = str(cache)


def _places(patterns: list[str], run: Path, cache: Path) -> list[Path]:
    found = []
    for pattern in patterns:
        root = cache if pattern.startswith(CACHE) else run
        found += sorted(root.glob(pattern.removeprefix(CACHE)))
    assert found, f"nothing to damage: {patterns}"
    return found[-1:] if patterns == WHERE["newest checkpoint"] else found


def _damage(path: Path, kind: str, another: Path | None, drawn: random.Random) -> None:
    data = path.read_bytes()
    path.unlink()
    if kind == FOLDER:
        path.mkdir()
    elif kind == ANOTHER:
        path.write_bytes(another.read_bytes() if another else flipped(data, drawn))
    elif kind != GONE:
        path.write_bytes(KINDS[kind](data, drawn))


def _outcome(runs: _Runs, out: Path, drawn_once: Iterable[Path] = ()) -> str:
    before = _digests(out)
    ended = train(runs.recipe, out, lambda: None, *runs.more)
    if not ended.clean:
        return f"FAILED: {' '.join(ended.output.split())[-200:]}"
    if ended.code:
        lost = [
            name for name, digest in _digests(out).items() if before.get(name, digest) != digest and name != REWRITTEN
        ]
        return f"refused ({ended.code}): {_short(ended.errors[0], out)}" + f"; LOST {', '.join(lost)}" * bool(lost)
    for place in drawn_once:
        shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
        shutil.copy(runs.undisturbed / place.relative_to(out), place)
    wrong = differences(out, runs.undisturbed)
    return f"OTHER: {', '.join(wrong)}" if wrong else "same bytes"


def _digests(run: Path) -> dict[str, str]:
    return {path.relative_to(run).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in run.rglob("*") if path.is_file()}  # fmt: skip


def _short(error: str, out: Path) -> str:
    return error.removeprefix("error: ").replace(str(out), "RUN")[:90]
