"""What real images score against real ones: no metric begins at zero. The table is written by `fid/noise_floor.py`."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TABLE = Path(__file__).resolve().parents[2] / "results" / "noise_floor.csv"
# Images and network that a figure is of, beside what its name and counts say.
OF = ("real_fingerprint", "weights_sha256")


def floor_rows(table: Path = TABLE) -> list[dict[str, str]]:
    """The rows of the table, by the columns that `fid/noise_floor.py` writes; none where it is absent."""
    if not table.is_file():
        return []
    with open(table, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def noise_floor(metric: str, about: Mapping[str, Any], table: Path = TABLE) -> list[tuple[int, float]]:
    """(images in each set, mean distance of two real ones) of a metric, by its column; empty where it is not known.

    Args:
        metric: column of the log; a protocol's name for its distance.
        about: what config.json says of the metric.
        table: CSV with the columns protocol, real_fingerprint, weights_sha256, images, mean.
    """
    rows = (row for row in floor_rows(table) if row["protocol"] == metric)
    return [(int(row["images"]), float(row["mean"])) for row in rows if all(row.get(k) == about.get(k) for k in OF)]
