"""Moments and features kept on disk, so that a real set goes through a network once.

A file's name is a hash of its key, and the key is everything that shapes the numbers. Files are whole or absent, and
two processes that compute the same write the same, so neither can harm the other.
"""

import hashlib
import json
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.system.files import Damaged, cache_dir, is_temporary, load_arrays, save_arrays
from common.system.json_text import parse_json

Key = Mapping[str, str | int | None]


@dataclass(frozen=True)
class Entry:
    """A file of the cache."""

    path: Path
    size: int  # bytes
    key: Key


class Cache:
    """Arrays by key, in one folder; with `enabled=False` it holds nothing."""

    def __init__(self, folder: Path | None = None, enabled: bool = True):
        self.folder = cache_dir() / "fid" if folder is None else folder
        self.enabled = enabled

    def load(self, key: Key, names: Collection[str] = ()) -> dict[str, np.ndarray] | None:
        """Return the arrays stored under `key`, or None where there are none, not all of `names`, or damaged ones."""
        path = self._path(key)
        if not self.enabled or not path.exists():
            return None
        try:
            stored_key, arrays = _read(path)
            if not arrays.keys() >= set(names):
                raise Damaged("it lacks arrays")
        except (OSError, Damaged):
            print(f"note: {path} is damaged; computing it again", file=sys.stderr)
            return None
        return arrays if stored_key == dict(key) else None

    def save(self, key: Key, **arrays: np.ndarray) -> None:
        """Store arrays under `key`; a full or read-only disk costs a note, not the result."""
        if not self.enabled:
            return
        try:
            save_arrays(self._path(key), key=np.array(json.dumps(dict(key))), **arrays)
        except OSError as error:
            print(f"note: nothing was cached in {self.folder}: {error.strerror or error}", file=sys.stderr)

    def entries(self) -> Iterator[Entry]:
        """Yield every whole file of the cache, largest first."""
        for file in sorted(self.folder.glob("*.npz"), key=_size, reverse=True):
            try:
                yield Entry(file, _size(file), _read(file)[0])
            except FileNotFoundError:  # another process has cleared it
                continue
            except (OSError, Damaged):
                yield Entry(file, _size(file), {"damaged": file.name})

    def clear(self) -> tuple[int, int]:
        """Delete every file of the cache; return how many, and their bytes."""
        files = [*self.folder.glob("*.npz"), *filter(is_temporary, self.folder.glob(".*"))]
        size = sum(map(_size, files))
        for file in files:
            file.unlink(missing_ok=True)
        return len(files), size

    def _path(self, key: Key) -> Path:
        digest = hashlib.sha256(json.dumps(dict(key), sort_keys=True).encode()).hexdigest()
        return self.folder / f"{digest[:32]}.npz"


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _read(path: Path) -> tuple[Key, dict[str, np.ndarray]]:
    arrays = load_arrays(path)
    try:
        return dict(parse_json(str(arrays.pop("key")))), arrays
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"it does not say what it is of: {error}") from error
