"""A run folder: what lies where, and whether a command may go on with it."""

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from common.data.dataset import folder_name
from common.errors import TrainingFailed, UserError
from common.run.log import UNITS, Log
from common.system.files import check_writable, exclusive, is_temporary, write_text
from common.system.json_text import parse_json

# A finished run may get more epochs, see `can_grow`, one that has failed may be rolled back; nothing else may differ.
MAY_CHANGE = ("epochs", "on_nan")


class RunFolder:
    """Paths of a run, its config, and the check that a run is continued only as what it is."""

    def __init__(self, path: Path | str):
        self.path = Path(path)
        self.config = self.path / "config.json"
        self.log = self.path / "log.csv"
        self.grids = self.path / "grids"
        self.final_images = self.path / "final_images"
        self.generator = self.path / "generator.keras"
        self.checkpoints = self.path / "checkpoints"

    def create(self) -> None:
        """Make the folder, or find out now that it cannot be written to.

        Raises:
            UserError: it cannot, or it holds something that is not a run.
        """
        try:
            others = self.path.is_dir() and not all(map(is_temporary, self.path.iterdir()))  # of a kill at the start
            if others and not self.config.exists():
                if self.log.exists() or self.checkpoints.exists():
                    raise UserError(
                        f"{self.path} has lost its config.json, as a run that was removed while it trained; put it "
                        "back, remove the folder, or choose another --out"
                    )
                raise UserError(f"{self.path} holds other files and is not a run folder; choose another --out")
            check_writable(self.path)
        except OSError as error:
            raise UserError(f"cannot write to {self.path}: {error.strerror or error}") from error

    @contextlib.contextmanager
    def held(self) -> Iterator["RunFolder"]:
        """Keep other processes from training in this folder.

        Raises:
            UserError: one is.
        """
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(exclusive(self.path))
            except BlockingIOError as error:
                raise UserError(
                    f"another process trains in {self.path}; wait for it, stop it, or choose another --out"
                ) from error
            for left_over in filter(is_temporary, self.path.rglob(".*")):  # of a process that was killed
                left_over.unlink()
            yield self

    @contextlib.contextmanager
    def copied(self) -> Iterator["RunFolder"]:
        """Copy what the run goes on from into a temporary folder, for a worker that is not the one to write here."""
        with tempfile.TemporaryDirectory() as folder:
            copy = RunFolder(folder)
            for old, new in ((self.config, copy.config), (self.log, copy.log)):
                if old.exists():
                    shutil.copy(old, new)
            if self.checkpoints.exists():
                shutil.copytree(self.checkpoints, copy.checkpoints)
            yield copy

    def check_there(self) -> None:
        """Find out whether the folder is still the run's: what is written after it was removed is half a run.

        Raises:
            TrainingFailed: it was moved or removed.
        """
        if not self.config.exists():
            raise TrainingFailed(
                f"{self.path} is no longer there, or has lost its config.json: it was moved or removed while the run "
                "went on. Nothing more is written; where it is now, it goes on from its last checkpoint"
            )

    def read_config(self) -> dict[str, Any]:
        """Read config.json.

        Raises:
            UserError: it is missing or damaged.
        """
        try:
            config = parse_json(self.config.read_text(encoding="utf-8"))
            _identity(config)
            _check_types(config)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            reason = f"it has no {error}" if isinstance(error, KeyError) else error
            raise UserError(f"{self.path} is not a run folder: cannot read its config.json ({reason})") from error
        return config

    def id(self) -> str | None:
        """What its checkpoints are known by; None before there is a config.json, and of runs of old."""
        return self.read_config().get("id") if self.config.exists() else None

    def write_config(self, config: dict[str, Any]) -> None:
        """Write config.json."""
        write_text(self.config, json.dumps(config, indent=2) + "\n")

    def check_same(self, config: dict[str, Any], earlier: Mapping[str, Any] | None = None) -> None:
        """Refuse to go on with a run of another recipe, setting or data.

        Args:
            config: of the command, as config.json would have it.
            earlier: what all runs had from before there was a setting of that name.

        Raises:
            UserError: names the first differences.
        """
        there = self.read_config()
        old, new = dict(earlier or {}) | _identity(there), _identity(config)
        differences = [f"{key} is {old.get(key)} there and {new[key]} here" for key in new if old.get(key) != new[key]]
        before, now = (each["settings"].get("epochs", {}).get("value") for each in (there, config))
        if before != now and not can_grow(config):
            differences.append(f"epochs is {before} there and {now} here, and decay_from ties its learning rates to it")
        if differences:
            raise UserError(f"{self.path} is another run: {'; '.join(differences[:4])}. Choose another --out")

    def read_log(self) -> Log:
        """Read log.csv, or start one where there is none yet."""
        return Log.read(self.log) if self.log.exists() else Log(self.log)

    def grid_files(self) -> list[Path]:
        """The grids of the fixed latents, in order."""
        names = (path for path in self.grids.glob("*.png") if path.stem.isascii() and path.stem.isdecimal())
        return sorted(names, key=lambda path: int(path.stem))

    def unit(self) -> str:
        """The write-up's own unit of a curve's horizontal axis, one of `UNITS`; runs of old do not tell it.

        Raises:
            UserError: config.json has another.
        """
        unit = self.read_config().get("unit", UNITS[0])
        if unit not in UNITS:
            raise UserError(f"{self.config}: unit is {unit!r}; it is one of {', '.join(UNITS)}")
        return unit

    def cut_grids(self, epochs: int) -> None:
        """Delete grids of later epochs than `epochs`: of a stopped run, which did not live to checkpoint them."""
        for path in self.grid_files():
            if int(path.stem) > epochs:
                path.unlink()

    def title(self) -> str:
        """What figures and the page are headed with."""
        config = self.read_config()
        return f"{config['family']}/{config['recipe']} on {(config.get('data') or {}).get('name', '?')}"


def setting_values(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run by name, without where they come from."""
    return {key: item["value"] for key, item in config["settings"].items()}


def _check_types(config: dict[str, Any]) -> None:
    """Find out whether what commands read of a config is of its type; a shared run's may say anything.

    Raises:
        TypeError: names what is not.
    """
    data, metrics = config.get("data") or {}, config.get("metrics") or {}
    classes = data.get("classes") or ()
    found = {"family": isinstance(config["family"], str), "recipe": isinstance(config["recipe"], str),
             "data.name": isinstance(data.get("name", ""), str),
             "rollbacks": all(type(epoch) is int for epoch in config.get("rollbacks", ())),
             "resumed": isinstance(config.get("resumed", []), list),
             "data.notes": isinstance(data.get("notes") or (), list | tuple),
             "data.classes": isinstance(classes, list | tuple) and all(isinstance(name, str) for name in classes),
             "metrics": all(isinstance(about, dict) for about in metrics.values())}  # fmt: skip
    wrong = [name for name, right in found.items() if not right]
    if wrong:
        raise TypeError(f"{wrong[0]} is of another type than a run's")


def can_grow(config: dict[str, Any]) -> bool:
    """Whether a run may get more epochs later: not where its learning rates fall to 0 at its end."""
    return config["settings"].get("decay_from", {}).get("value", 1.0) == 1.0


def _identity(config: dict[str, Any]) -> dict[str, Any]:
    settings = {key: value for key, value in setting_values(config).items() if key not in MAY_CHANGE}
    if "data" in settings:
        settings["data"] = folder_name(settings["data"])  # a folder may move; the fingerprint tells its content
    identity = {"family": config["family"], "recipe": config["recipe"], "workers": config.get("workers", 1), **settings}
    if "init_from" in config:
        identity["init_from"] = folder_name(config["init_from"]["run"])
    if "fingerprint" in config.get("data", {}):
        identity["data fingerprint"] = config["data"]["fingerprint"][:12]
    return identity


def check_generator(path: Path) -> None:
    """Find out that a generator's file is there, before Keras is.

    Raises:
        UserError: it is not.
    """
    if not path.exists():
        raise UserError(f"{path} does not exist; a run has one after its first epoch, and a kept one may go without")
