"""How the write-ups measured what they report, and the curve that one of them left."""

import csv
from pathlib import Path
from typing import Any

from results.report_page.report import System

CURVES = Path(__file__).resolve().parents[1] / "reported"
# By the beginning of a write-up's name. Of the others no FID is reported.
PROTOCOLS = {
    "S. Bendale": "protocol not stated",
    "CSA 250": "1,000 test and 1,000 generated images, Keras' InceptionV3",
    "A. Hamed": "256 test and 256 generated images, torchvision's InceptionV3",
}


def reported_protocol(system: System) -> str:
    """What the write-up of a system says of its FID's protocol; empty where none is reported, or the recipe is gone."""
    if not (system.recipe and system.recipe.reported_fid):
        return ""
    return next((words for name, words in PROTOCOLS.items() if system.writeup.startswith(name)), "")


def reported_curve(system: str) -> dict[str, Any] | None:
    """The curve of a system's FID by its author, as a chart has curves; None where none is known.

    It is `results/reported/FAMILY-RECIPE.csv`, with the columns epoch and fid after lines of `#`.
    """
    file = CURVES / f"{system.replace('/', '-')}.csv"
    if not file.exists():
        return None
    with open(file, encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    return {"label": "reported", "dashed": False, "epoch": [int(row["epoch"]) for row in rows],
            "value": [round(float(row["fid"]), 2) for row in rows]}  # fmt: skip
