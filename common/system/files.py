"""Files that are whole or absent: written under a temporary name, then renamed; and the cache folder."""

import contextlib
import math
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from common.errors import UserError

TEMPORARY = ".tmp-cifar-gans-"  # begins the names of files that are being written; no one else's begin so


class Damaged(Exception):
    """A file of arrays that is not what was written, or no such file at all."""


@contextlib.contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it over `path` if the block ends well, delete it if not.

    The temporary name keeps the suffix, since many writers choose their format by it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    try:
        yield temporary
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        error.filename = error.filename or str(path)  # a full disk's has none
        raise
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Have the folder's new names on the disk, where the system can: a loss of power would bring the old ones back."""
    with contextlib.suppress(OSError):  # Windows opens no folders, some drives sync none
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def is_temporary(path: Path) -> bool:
    """Whether `replacing` made the file's name, in this process or in one that was killed."""
    return re.match(re.escape(TEMPORARY) + r"\d+-.", path.name) is not None


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


def load_arrays(path: Path | str) -> dict[str, np.ndarray]:
    """Read an `.npz` whole: every array by name, its checksum verified. Nothing is unpickled.

    Raises:
        FileNotFoundError: there is none.
        Damaged: it is anything but whole. Memory is taken for arrays only as large as the file says that they are.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return {item.filename.removesuffix(".npy"): _load_array(archive, item) for item in archive.infolist()}
    except FileNotFoundError:
        raise
    except Exception as error:  # zipfile and NumPy raise whatever the damage leads them to: tokenize.TokenError too
        raise Damaged(" ".join(f"{type(error).__name__}: {error}".split())[:200]) from error


def _load_array(archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(item) as file:  # first the header: NumPy would take the memory that it promises
        read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        shape, _, dtype = read_header[np.lib.format.read_magic(file)](file)
        if dtype.hasobject:
            raise ValueError("it holds pickled objects")
        if math.prod(shape) * dtype.itemsize != item.file_size - file.tell():
            raise ValueError(f"{item.filename} is not as large as it says")
    with archive.open(item) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def check_writable(folder: Path) -> None:
    """Create `folder` and write a byte into it, so that an unwritable place fails now and not after an epoch.

    Raises:
        OSError: the folder cannot be made or written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as probe:
        probe.write(b"x")


@contextlib.contextmanager
def exclusive(folder: Path) -> Iterator[bool]:
    """Lock `folder` for this process; the system lifts the lock however the process ends.

    Yields whether it is locked: where there are no such locks (Windows, some network drives), nothing is.

    Raises:
        BlockingIOError: another process has it.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield False
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        locked = True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            locked = False  # a drive without locks
        yield locked
    finally:
        os.close(descriptor)


def cache_dir() -> Path:
    """Where data prepared once is kept: `$CIFAR_GANS_CACHE`, or `cifar-gans` in the user's cache folder.

    Raises:
        UserError: there is no home folder to have one in.
    """
    named = os.environ.get("CIFAR_GANS_CACHE")
    if named:
        return expanded(named)
    return expanded(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "CIFAR_GANS_CACHE can name a cache") / "cifar-gans"


def expanded(path: Path | str, advice: str = "name the folder in full") -> Path:
    """The path with `~` and `~user` as what they stand for.

    Raises:
        UserError: there is no such user, or no home folder; the message ends with the advice.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise UserError(f"{path}: there is no such home folder; {advice}") from error
