"""`--data PATH`: any folder of pictures as a data set, decoded once."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path

from common.data.dataset import Dataset, folder_name
from common.data.decoding import BrokenPicture, Picture, decode
from common.data.folder_layout import Entry, find_layout
from common.data.image_files import SUFFIXES, is_image, read_file, relative_name, walk
from common.data.pixel_file import Example, load_mapped
from common.errors import UserError
from common.system.names import printable

CHUNK = 1024  # files that the threads are given at a time: what is decoded and not yet written
LISTED = 20  # broken files that a message names
VERSION = 1  # of decoding and layout; part of the cache's key


def load_folder(path: Path, image_size: int, crop: str = "center", skip_broken: bool = False) -> Dataset:
    """Read a folder of pictures: from the cache if its files have the names, sizes and times that they had.

    Every picture becomes RGB, upright and square (see `common.data.decoding.decode`).

    Args:
        path: class folders, `train` and `test` with or without class folders, or a flat folder, which is one class.
        image_size: height and width in pixels.
        crop: see `common.data.decoding.fit`.
        skip_broken: leave files out that cannot be decoded, and count them.

    Raises:
        UserError: no pictures, folders of another layout, or files that cannot be decoded, all of them in one message.
    """
    files = list(walk(path))
    pictures = sorted((file for file in files if is_image(file)), key=lambda file: relative_name(file, path))
    if not pictures:
        raise UserError(f"{path} holds no pictures ({', '.join(SUFFIXES)})")
    layout = find_layout(path, pictures)
    decoder = _Decoder(path, image_size, crop, skip_broken)
    setting = f"{path.resolve()} {image_size} {crop} {skip_broken} {VERSION}"
    name = printable(folder_name(path))
    data = load_mapped(
        name,
        (f"folder-{_hash([setting])}", _hash(_listing(path, pictures))),
        image_size,
        tuple(map(printable, layout.class_names)) or (name,),
        (decoder.examples(layout.train), decoder.examples(layout.test)),
        decoder.finish,
    )
    return replace(data, notes=tuple(map(printable, (*layout.notes, *_others(files), *data.notes))))


class _Decoder:
    """Decode files in threads, in order, and remember what was odd about them."""

    def __init__(self, path: Path, size: int, crop: str, skip_broken: bool):
        self.path, self.size, self.crop, self.skip_broken = path, size, crop, skip_broken
        self.count, self.enlarged, self.converted, self.broken = 0, 0, Counter(), []

    def examples(self, entries: Sequence[Entry]) -> Iterator[Example]:
        remaining = iter(entries)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            while chunk := list(islice(remaining, CHUNK)):
                for (file, label), picture in zip(chunk, pool.map(self._decode, chunk), strict=True):
                    if isinstance(picture, str):
                        self.broken.append(f"{relative_name(file, self.path)} ({picture})")
                        continue
                    self.count += 1
                    self.enlarged += picture.enlarged
                    self.converted[picture.converted] += 1
                    yield picture.pixels, label

    def _decode(self, entry: Entry) -> Picture | str:
        """Return a picture, or what is wrong with its file."""
        try:
            return decode(read_file(entry[0]), self.size, self.crop)
        except BrokenPicture as error:
            return " ".join(str(error).split())[:80]
        except FileNotFoundError:
            return "a link to nothing"
        except OSError as error:
            return error.strerror or str(error)

    def finish(self) -> list[str]:
        """Return notes on all pictures.

        Raises:
            UserError: some cannot be decoded and are not to be skipped, or none is left.
        """
        names = ", ".join(self.broken[:LISTED]) + (", ..." if len(self.broken) > LISTED else "")
        if self.broken and not (self.skip_broken and self.count):
            raise UserError(
                f"{self.path}: {len(self.broken):,} of {self.count + len(self.broken):,} pictures are broken: {names}. "
                "Mend or remove them, or leave them out with --skip-broken"
            )
        notes = [f"broken pictures left out: {len(self.broken):,}, {names}"] if self.broken else []
        converted = {kind: count for kind, count in sorted(self.converted.items()) if kind}
        if converted:
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in converted.items())
            notes.append(f"pictures converted to RGB: {sum(converted.values()):,} ({kinds})")
        if self.enlarged:
            notes.append(f"pictures smaller than {self.size}x{self.size} and enlarged: {self.enlarged:,}")
        return notes


def _others(files: Sequence[Path]) -> list[str]:
    others = [file for file in files if not is_image(file)]
    kinds = sorted({file.suffix.lower() or file.name for file in others})
    return [f"files of other kinds, not read: {len(others):,} ({', '.join(kinds[:4])})"] if others else []


def _listing(path: Path, files: Iterable[Path]) -> Iterator[str]:
    for file in files:
        try:
            status = os.stat(file)
            yield f"{relative_name(file, path)} {status.st_size} {status.st_mtime_ns}"
        except OSError:
            yield f"{relative_name(file, path)} missing"


def _hash(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(os.fsencode(line) + b"\n")
    return digest.hexdigest()[:16]
