"""A table of a TOML file, read key by key, so that every mistake in it is one line that names file and key."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common.errors import UserError

REQUIRED = object()
WORDS = {str: "a text", int: "a whole number", float: "a number", list: "a list", dict: "a table"}


class Table:
    """Keys are taken one by one; what is left at the end is nobody's, and so a mistake."""

    def __init__(self, path: Path, values: dict[str, Any], within: str = ""):
        self.path, self.within, self._left, self._taken = path, within, dict(values), []

    @classmethod
    def read(cls, path: Path) -> "Table":
        """Read a file.

        Raises:
            UserError: it cannot be read or is no TOML.
        """
        try:
            return cls(path, tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise UserError(f"{path}: {error}") from None

    def take(self, key: str, kind: type, default: Any = REQUIRED, choices: Sequence[Any] = ()) -> Any:
        """Return the value of a key, of the type given and, where there are `choices`, one of them.

        Raises:
            UserError: the key is missing and has no default, or its value is none of those.
        """
        self._taken.append(key)
        if key not in self._left:
            if default is REQUIRED:
                raise self.mistake(key, "is missing")
            return default
        value = self._left.pop(key)
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise self.mistake(key, f"= {value!r} is not {WORDS[kind]}")
        if choices and value not in choices:
            raise self.mistake(key, f"= {value!r} is not one of {', '.join(map(str, choices))}")
        return value

    def take_list(self, key: str, of: type, default: Any = REQUIRED) -> tuple:
        """Return a list whose items are of one type, none twice.

        Raises:
            UserError: the key is missing and has no default, or is no such list.
        """
        values = self.take(key, list, default)
        if any(type(value) is not of for value in values) or len(set(values)) < len(values):
            raise self.mistake(key, f"= {values} is not a list of {WORDS[of].removeprefix('a ')}s, none twice")
        return tuple(values)

    def table(self, key: str, default: Any = REQUIRED) -> "Table":
        """Return a table within this one."""
        return Table(self.path, self.take(key, dict, default), f"{self.within}{key}.")

    def peek(self, key: str) -> Any:
        """The value of a key that stays to be taken; None where there is none."""
        return self._left.get(key)

    def left(self) -> list[str]:
        """Keys that nobody has taken yet."""
        return list(self._left)

    def finish(self) -> None:
        """Say that all keys have been taken.

        Raises:
            UserError: one has not.
        """
        for key in self._left:
            raise self.mistake(key, f"is unknown; the keys here are {', '.join(self._taken)}")

    def mistake(self, key: str, words: str) -> UserError:
        """The error of one key, to be raised."""
        return UserError(f"{self.path}: {self.within}{key} {words}")
