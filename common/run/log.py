"""`log.csv`: one row an epoch. Written whole each time, so a metric that appears late gets its column."""

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path

from common.errors import UserError
from common.system.files import write_text

VALIDATION = "val_"  # before the name of a loss on held-out images
UNITS = ("epoch", "step", "images", "minutes")  # in which a place on a curve can be told; minutes of training
COLUMNS = ("epoch", "step", "images", "seconds", "d_loss", "g_loss", "images_per_second")
PLACES = COLUMNS[:4]  # finite, and whole but for seconds


class Log:
    """The rows of a run: floats by column name, None where a metric was not measured."""

    def __init__(self, path: Path, metrics: tuple[str, ...] = ()):
        self.path = path
        self.metrics = list(metrics)
        self.rows: list[dict[str, float | None]] = []

    @classmethod
    def read(cls, path: Path) -> "Log":
        """Read a log.

        Raises:
            UserError: the file is missing, is not a log, or was cut: a value that is not whole is not taken for one.
        """
        try:
            return cls.parse(path.read_text(encoding="utf-8"), path)
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"cannot read {path}: {error}") from error

    @classmethod
    def parse(cls, text: str, path: Path) -> "Log":
        """Make the log that lies at `path` from its text.

        Raises:
            UserError: it is not a log, or it was cut.
        """
        reader = csv.reader(io.StringIO(text))
        header = next(reader, [])
        if tuple(header[: len(COLUMNS)]) != COLUMNS:
            raise UserError(f"{path} is not a training log: its columns are not {', '.join(COLUMNS)} ...")
        log = cls(path, tuple(header[len(COLUMNS) :]))
        try:
            for line in filter(None, reader):
                row = {key: float(value) if value else None for key, value in zip(header, line, strict=True)}
                _check_row(row)
                log.rows.append(row)
            if not text.endswith("\n"):
                raise ValueError("it has no end")
        except (ValueError, csv.Error) as error:
            raise UserError(
                f"{path} is damaged in line {reader.line_num}: {error}. Mend the line, or delete it and what follows"
            ) from error
        return log

    def add(self, row: Mapping[str, float], metrics: Mapping[str, float]) -> None:
        """Append an epoch and write the file."""
        self.metrics += [name for name in metrics if name not in self.metrics]
        self.rows.append({**row, **metrics})
        self.write()

    def cut(self, epochs: int) -> None:
        """Forget what came after `epochs`: rows that a stopped run wrote but did not live to checkpoint."""
        self.rows = self.rows[:epochs]

    def text(self) -> str:
        """The whole file."""
        text = io.StringIO()
        writer = csv.DictWriter(text, [*COLUMNS, *self.metrics], restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _text(value) for key, value in row.items()} for row in self.rows)
        return text.getvalue()

    def write(self) -> None:
        """Write the whole file in one piece."""
        write_text(self.path, self.text())

    def series(self, name: str, unit: str = "epoch") -> tuple[list[float], list[float]]:
        """Places at which a column was measured, in one of `UNITS`, and its values there."""
        points = [(_place(row, unit), row[name]) for row in self.rows if row.get(name) is not None]
        return [place for place, _ in points], [value for _, value in points]

    def finite(self, name: str, unit: str = "epoch") -> list[tuple[float, float]]:
        """(place, value) of each measurement of a column that is finite."""
        return [point for point in zip(*self.series(name, unit), strict=True) if math.isfinite(point[1])]

    def best(self, name: str, higher_is_better: bool, unit: str = "epoch") -> tuple[float, float] | None:
        """(place, value) of the first of a column's best measurements; None where none is finite."""
        choose = max if higher_is_better else min
        return choose(self.finite(name, unit), key=lambda point: point[1], default=None)

    def figures(self) -> list[str]:
        """Names of the columns with a curve of their own: without single classes (NAME/CLASS), and losses."""
        return [name for name in self.metrics if "/" not in name and not name.startswith(VALIDATION)]

    def by_class(self) -> dict[str, dict[str, float]]:
        """The last finite figures of single classes (columns NAME/CLASS): by NAME, then by CLASS."""
        tables: dict[str, dict[str, float]] = {}
        for column in self.metrics:
            name, slash, label = column.partition("/")
            if slash and (points := self.finite(column)):
                tables.setdefault(name, {})[label] = points[-1][1]
        return tables


def _check_row(row: Mapping[str, float | None]) -> None:
    """Find out whether a row says where it is and has its losses; only a metric may be missing.

    Raises:
        ValueError: names what it has not.
    """
    for key in COLUMNS:
        value = row[key]
        if value is None:
            raise ValueError(f"it has no {key}")
        if key in PLACES and not (0 <= value < math.inf and (key == "seconds" or value.is_integer())):
            raise ValueError(f"{key} is {_text(value)}")


def _place(row: Mapping[str, float], unit: str) -> float:
    return row["seconds"] / 60 if unit == "minutes" else row[unit]


def _text(value: float | None) -> str:
    if value is None:
        return ""
    short = f"{value:.6g}"
    if not math.isfinite(value):
        return short
    read = value if value == int(value) else float(short)  # which may be whole too, and is written as such again
    return str(int(read)) if read == int(read) else short
