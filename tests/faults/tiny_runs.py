"""Recipes as small as they get with every part of theirs in them, and whether two runs of one ended alike."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common.run.run_folder import setting_values
from common.system.files import is_temporary, load_arrays
from tests.faults.process import Ended, run

EPOCHS, STEPS = 3, 3
SHARED = ["--data", "photos", "--epochs", str(EPOCHS), "--steps-per-epoch", str(STEPS), "--precision", "float32",
          "--metrics", "cifar:fid", "--metrics-every", "1", "--set", "metric_real=64", "--set", "metric_fake=64",
          "--set", "keep=last"]  # fmt: skip
NARROW = ["--batch-size", "8", "--set", "g_width=4", "--set", "d_width=4"]
RECIPES = {
    "dcgan/bendale": ["dcgan/train.py", "--recipe", "bendale", *SHARED, *NARROW],
    "csagan/hamed": ["csagan/train.py", "--recipe", "hamed", *SHARED, "--batch-size", "8", "--image-size", "32",
                     "--set", "width=8", "--set", "validation_steps=1"],
    "dcgan/desai": ["dcgan/train.py", "--recipe", "desai", *SHARED, "--set", "width=8", "--set", "hidden=16"],
    "dcgan/bendale on two devices": ["dcgan/train.py", "--recipe", "bendale", *SHARED, *NARROW, "--devices", "2"],
}  # fmt: skip
WHAT_PASSES = ("seconds", "images_per_second")  # columns of the log that tell the time


def train(recipe: str, out: Path, before: Callable[[], None] = lambda: None, *more: str) -> Ended:
    """Begin a run, or go on with it."""
    return run(command(recipe, out, *more), before)


def command(recipe: str, out: Path, *more: str) -> list[str]:
    """The script and its arguments."""
    return [*RECIPES[recipe], "--out", str(out), *more]


def finish(recipe: str, out: Path, undisturbed: Path, *more: str) -> str:
    """Go on to the end; "" where that is the undisturbed run's, else what is not."""
    end = train(recipe, out, lambda: None, *more)
    if end.code or not end.clean:
        return f"exit code {end.code}: {' '.join(end.output.split())[-300:]}"
    return ", ".join(differences(out, undisturbed))


def differences(ours: Path, theirs: Path) -> list[str]:
    """What of a finished run is not the bytes of another's; of what tells the time, whether it is there."""
    found = [name for name, read in EXACT.items() if read(ours) != read(theirs)]
    found += [f"{path.name} is left over" for path in ours.rglob(".*") if is_temporary(path)]
    names = [{p.relative_to(run).as_posix() for p in run.rglob("*") if p.suffix != ".npz"} for run in (ours, theirs)]
    return found + sorted(names[0] ^ names[1])


def _state(run: Path) -> dict[str, bytes]:
    arrays = load_arrays(max((run / "checkpoints").glob("step-*.npz")))
    return {name: array.tobytes() for name, array in arrays.items() if name != "meta"}


def _rows(run: Path) -> list[dict[str, str]]:
    with open(run / "log.csv", newline="") as file:
        return [{key: value for key, value in row.items() if key not in WHAT_PASSES} for row in csv.DictReader(file)]


def _generator(run: Path) -> list[bytes | dict[str, bytes]]:
    with zipfile.ZipFile(run / "generator.keras") as archive:
        config = re.sub(rb', "shared_object_id": \d+', b"", archive.read("config.json"))  # addresses in memory
        return [config, _weights(archive.read("model.weights.h5"))]


def _weights(data: bytes) -> dict[str, bytes]:
    import h5py

    found = {}
    with h5py.File(io.BytesIO(data)) as file:
        file.visititems(lambda name, x: found.update({name: x[()].tobytes()} if isinstance(x, h5py.Dataset) else {}))
    return found


def _pictures(run: Path) -> dict[str, bytes]:
    patterns = ("grids/*", "final_images/*", "samples.png")
    return {path.relative_to(run).as_posix(): path.read_bytes() for name in patterns for path in run.glob(name)}


def _settings(run: Path) -> dict[str, Any]:
    config = json.loads((run / "config.json").read_text())
    return setting_values(config) | {key: config[key] for key in ("family", "recipe", "data", "metrics")}


EXACT = {"weights": _state, "log": _rows, "generator": _generator, "pictures": _pictures, "config": _settings}
