"""Files that are whole or absent: written under a temporary name, then renamed; and the cache folder."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np


@contextlib.contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it over `path` if the block ends well, delete it if not.

    The temporary name keeps the suffix, since many writers choose their format by it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    try:
        yield temporary
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path | str, text: str) -> None:
    """Write `text` (UTF-8) to `path` in one piece."""
    write_bytes(path, text.encode())


def write_bytes(path: Path | str, data: bytes) -> None:
    """Write `data` to `path` in one piece."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def save_arrays(path: Path | str, **arrays: np.ndarray) -> None:
    """Write an uncompressed `.npz` in one piece; its zip checksums tell a truncated file from a whole one."""
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays)


def check_writable(folder: Path) -> None:
    """Create `folder` and write a byte into it, so that an unwritable place fails now and not after an epoch.

    Raises:
        OSError: the folder cannot be made or written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as probe:
        probe.write(b"x")


@contextlib.contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Lock `folder` for this process; the system lifts the lock however the process ends.

    Where there are no such locks (Windows, some network drives), nothing is locked.

    Raises:
        BlockingIOError: another process has it.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            pass  # a drive without locks
        yield
    finally:
        os.close(descriptor)


def cache_dir() -> Path:
    """Where data prepared once is kept: `$CIFAR_GANS_CACHE`, or `cifar-gans` in the user's cache folder."""
    named = os.environ.get("CIFAR_GANS_CACHE")
    if named:
        return Path(named).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "cifar-gans"
