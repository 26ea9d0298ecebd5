"""Find the image files in a folder."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from common.errors import UserError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".ppm", ".tif", ".tiff")
SPLITS = ("train", "test", "val", "valid", "validation")  # folders of these names hold no class
DEPTH = 3  # folders below the one named; links may lead in circles


def is_image(file: Path) -> bool:
    """Whether a file is an image by its name."""
    return file.suffix.lower() in SUFFIXES


def walk(folder: Path) -> Iterator[Path]:
    """Yield every file in a folder and in the folders in it, links followed; hidden ones are left out.

    Raises:
        UserError: a folder cannot be read.
    """

    def refuse(error: OSError) -> None:
        raise UserError(f"{error.filename} cannot be read: {error.strerror}") from error

    for place, folders, names in os.walk(folder, onerror=refuse, followlinks=True):
        here = Path(place)
        deeper = len(here.relative_to(folder).parts) < DEPTH
        folders[:] = sorted(name for name in folders if deeper and not name.startswith("."))
        yield from (here / name for name in sorted(names) if not name.startswith("."))


def relative_name(file: Path, folder: Path) -> str:
    """Return a file's path below `folder` with forward slashes: what files are sorted by."""
    return file.relative_to(folder).as_posix()


def read_file(file: Path) -> bytes:
    """Read a file whole.

    Raises:
        OSError: it is gone, a link to nothing, not readable, or no regular file (a pipe would never end).
    """
    if not stat.S_ISREG(os.stat(file).st_mode):
        raise OSError(None, "not a regular file")
    return file.read_bytes()
