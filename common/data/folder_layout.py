"""Tell train from test and class from class by the folders that pictures lie in."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from common.data.image_files import SPLITS
from common.errors import UserError

HELD_OUT = 10  # of each class one picture in so many is a test image, where there is no folder of them

Entry = tuple[Path, int]  # file, label


class Layout(NamedTuple):
    """Which file is what, and what to tell the user. Flat pictures are of class 0; `class_names` is then empty."""

    class_names: tuple[str, ...]
    train: list[Entry]
    test: list[Entry]
    notes: list[str]


def find_layout(path: Path, pictures: Sequence[Path]) -> Layout:
    """Sort out `train/CLASS/*` and `test/CLASS/*`, the same without classes, `CLASS/*`, or `*`.

    With no `test`, `val` stands in; with neither, every tenth picture of each class, from its second on, is held out:
    the same ones whenever the files have the same names.

    Args:
        path: the folder.
        pictures: those in it, sorted by path.

    Raises:
        UserError: pictures beside `train`, at several depths or too deep, or test pictures of an unknown class.
    """
    tops = {file.relative_to(path).parts[0] for file in pictures}
    split_names = [name for name in SPLITS if name in tops]
    if not split_names:
        names, train = _labelled(path, pictures)
        return Layout(names, *_hold_out(train), [_held(train), *_empty(path, names)])
    others = sorted(tops - set(SPLITS))
    if split_names[0] != "train" or others:
        no_train = split_names[0] != "train"
        wrong = f"{split_names[0]} but no train" if no_train else f"{', '.join(others[:4])} beside train"
        raise UserError(f"{path} has pictures in {wrong}; it should have train/, perhaps test/, and nothing else")
    inside = {name: [file for file in pictures if file.is_relative_to(path / name)] for name in split_names}
    names, train = _labelled(path / "train", inside["train"])
    notes = [*_empty(path / "train", names), *(f"not read: the folder {name}" for name in split_names[2:])]
    if len(split_names) == 1:
        return Layout(names, *_hold_out(train), [_held(train), *notes])
    test_names, test = _labelled(path / split_names[1], inside[split_names[1]])
    if bool(test_names) != bool(names) or not set(test_names) <= set(names):
        unknown = ", ".join(sorted(set(test_names) - set(names))[:4]) or "no classes"
        raise UserError(f"{path / split_names[1]} has {unknown}; train has {', '.join(names[:4]) or 'no classes'}")
    relabel = [names.index(name) for name in test_names] or [0]
    return Layout(names, train, [(file, relabel[label]) for file, label in test], notes)


def _labelled(base: Path, files: Sequence[Path]) -> tuple[tuple[str, ...], list[Entry]]:
    folders = [file.relative_to(base).parts[:-1] for file in files]
    depths = {len(parts) for parts in folders}
    if depths not in ({0}, {1}):
        raise UserError(f"{base} has pictures at several depths, or too deep: let them lie flat, or one folder a class")
    names = tuple(sorted({parts[0] for parts in folders if parts}))
    index = {name: label for label, name in enumerate(names)}
    return names, [(file, index[parts[0]] if parts else 0) for file, parts in zip(files, folders, strict=True)]


def _hold_out(entries: list[Entry]) -> tuple[list[Entry], list[Entry]]:
    seen: dict[int, int] = {}
    train, test = [], []
    for entry in entries:
        place = seen[entry[1]] = seen.get(entry[1], -1) + 1
        (test if place % HELD_OUT == 1 else train).append(entry)
    return train, test


def _held(entries: list[Entry]) -> str:
    return f"no test folder: {len(_hold_out(entries)[1]):,} of {len(entries):,} pictures are held out as test images"


def _empty(base: Path, names: tuple[str, ...]) -> list[str]:
    folders = sorted(folder.name for folder in base.iterdir() if folder.is_dir()) if names else []
    empty = [name for name in folders if name not in names and not name.startswith(".")]
    return [f"no pictures in {', '.join(empty[:8])}, which is no class here"] if empty else []
