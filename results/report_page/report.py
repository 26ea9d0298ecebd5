"""What the page is of: the systems of the write-ups, a run of each where there is one, the claims; and its charts."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from common.pages.document import chart
from common.pages.markup import Markup, element
from common.recipe import Recipe
from common.run.log import Log
from common.run.run_folder import RunFolder, setting_values
from results.verdicts.families import FAMILIES, recipes_of
from results.verdicts.library import Library

RESULTS = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class System:
    """A recipe of a family and its run, if there is one; a run of a recipe that is gone has its config alone."""

    name: str  # FAMILY/RECIPE
    recipe: Recipe | None
    run: RunFolder | None
    config: dict[str, Any] = field(default_factory=dict)
    log: Log = field(default_factory=lambda: Log(Path("log.csv")))

    @property
    def family(self) -> str:
        """The part before the slash."""
        return self.name.partition("/")[0]

    @property
    def slug(self) -> str:
        """What a link within the page calls it; of names of ours alone, since others' may hold anything."""
        return self.name.replace("/", "-") if self.recipe else ""

    @property
    def writeup(self) -> str:
        """Where the system is from."""
        return self.config.get("writeup") or (self.recipe.writeup if self.recipe else "")

    @property
    def reported(self) -> str:
        """The result that is reported, in words."""
        return self.config.get("reported") or (self.recipe.reported if self.recipe else "")

    @property
    def settings(self) -> dict[str, Any]:
        """The values of the run's settings."""
        return setting_values(self.config) if self.config else {}

    @property
    def data(self) -> str:
        """The name of the run's data set."""
        return (self.config.get("data") or {}).get("name", "?")

    @property
    def epochs(self) -> int:
        """How many the run has had."""
        return int(self.log.rows[-1]["epoch"]) if self.log.rows else 0

    @property
    def length(self) -> str:
        """How much it was trained, in words: an epoch is a pass over the data unless the run says how many steps."""
        steps = self.settings.get("steps_per_epoch")
        return f"{self.epochs:,} epochs{f' of {steps:,} steps' if isinstance(steps, int) and steps else ''}"

    @property
    def pictured(self) -> int:
        """The epoch of the generator that is kept, and of its pictures: the best by the first metric, or the last."""
        first = next(iter(self.metrics), "")
        best = self.best(first) if self.settings.get("keep") != "last" else None
        return int(best[0]) if best else self.epochs

    def best(self, metric: str) -> tuple[float, float] | None:
        """(epoch, value) of a metric's best measurement; None where none is finite."""
        return self.log.best(metric, bool(self.metrics.get(metric, {}).get("higher_is_better")))

    @property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """The run's metrics with their protocols."""
        return self.config.get("metrics") or {}


@dataclass
class Report:
    """What sections are made of. A section adds its charts by `chart`, and the page hands them to the script."""

    systems: list[System]
    library: Library | None  # None where runs are named: the page is of these alone
    base: Path  # the folder that the page lies in
    panels: list[dict[str, Any]] = field(default_factory=list)

    def chart(self, panel: dict[str, Any]) -> Markup:
        """The place of a chart; see `common.pages.document.chart`."""
        self.panels.append(panel)
        return chart(panel, len(self.panels) - 1)

    def address(self, path: Path) -> str:
        """A file as the page's links name it."""
        return quote(Path(os.path.relpath(path, self.base)).as_posix())

    def link(self, text: Any, path: Path) -> Markup:
        """A link to a file."""
        return element("a", text, href=self.address(path))


def all_systems() -> list[System]:
    """Every recipe of every family, and the run of each that is kept."""
    systems = []
    for family in FAMILIES:
        for name, recipe in recipes_of(family).items():
            folder = RESULTS / family / name
            known = (folder / "config.json").exists()
            systems.append(read_system(RunFolder(folder)) if known else System(f"{family}/{name}", recipe, None))
    return systems


def read_system(run: RunFolder) -> System:
    """The system of a run.

    Raises:
        UserError: it is no run folder.
    """
    config = run.read_config()
    name = f"{config['family']}/{config['recipe']}"
    return System(name, recipes_of(config["family"]).get(config["recipe"]), run, config, run.read_log())
