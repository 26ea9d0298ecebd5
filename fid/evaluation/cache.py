"""Moments and features kept on disk, so that a real set goes through a network once.

A file's name is a hash of its key, and the key is everything that shapes the numbers. Files are whole or absent, and
two processes that compute the same write the same, so neither can harm the other.
"""

import hashlib
import json
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.system.files import cache_dir, save_arrays

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

    def load(self, key: Key) -> dict[str, np.ndarray] | None:
        """Return the arrays stored under `key`, or None where there are none or the file is damaged."""
        path = self._path(key)
        if not self.enabled or not path.exists():
            return None
        try:
            stored_key, arrays = _read(path)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
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
                with np.load(file, allow_pickle=False) as stored:
                    yield Entry(file, _size(file), json.loads(str(stored["key"])))
            except FileNotFoundError:  # another process has cleared it
                continue
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
                yield Entry(file, _size(file), {"damaged": file.name})

    def clear(self) -> tuple[int, int]:
        """Delete every file of the cache; return how many, and their bytes."""
        files = [file for pattern in ("*.npz", ".tmp-*") for file in self.folder.glob(pattern)]
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
    with np.load(path, allow_pickle=False) as stored:
        arrays = dict(stored)  # reads all of it, so that the checksums are verified
    return json.loads(str(arrays.pop("key"))), arrays
