"""Compare runs: their curves in one figure, and a table on standard output of what was changed and what came of it."""

import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # runs from any folder, without an install

import common.system.early_stop  # noqa: F401 - first: from here on Ctrl-C is one line

# isort: split
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.errors import UserError
from common.figures.curves import Series, place_text, save_curves
from common.pages.floors import OF
from common.pages.protocols import counts
from common.recipe import COMMAND_LINE
from common.run.log import UNITS, Log
from common.run.run_folder import RunFolder, setting_values
from common.system.command_line import Parser, run_command

FORMATS = (".png", ".pdf", ".svg")
LOSSES = ("d_loss", "g_loss")


@dataclass(frozen=True)
class Run:
    """A run as it is compared: all settings, those of the command line among them, its metrics' protocols, its log."""

    path: Path
    recipe: str
    settings: dict[str, Any]
    changed: dict[str, Any]
    metrics: dict[str, dict[str, Any]]
    log: Log
    unit: str

    def quantity(self, column: str) -> str:
        """The name of a column of the log; a metric's says its protocol, so that only equals share a panel.

        One data set is another at another size, and a network with other weights: so the first digits of their hashes.
        """
        about = self.metrics.get(column)
        if not about:
            return column
        images, weights = (f" ({text[:6]})" if (text := str(about.get(key) or "")) else "" for key in OF)
        return f"{column}{weights}, {about.get('real', '?')}{images}: {counts(about)}"


def main() -> None:
    """Read the arguments, draw the figure, print the table."""
    parser = Parser(prog="python results/compare.py", description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="run folder: finished, running or killed")
    parser.add_argument(
        "--out", type=Path, default=Path("compare.png"), help="the figure: .png, .pdf or .svg (default: compare.png)"
    )
    parser.add_argument(
        "--x",
        choices=UNITS,
        help="curves over these (default: the write-ups' own unit where they share one, else epoch)",
    )
    args = parser.parse_args()
    if args.out.suffix not in FORMATS:
        raise UserError(f"--out {args.out} ends in none of {', '.join(FORMATS)}")
    runs = [read_run(path) for path in dict.fromkeys(args.runs)]
    names, shared = name_runs(runs)
    recipes = " and ".join(dict.fromkeys(run.recipe for run in runs))
    unit = args.x or shared_unit(runs)
    save_curves(args.out, panels(runs, names, unit), names, f"{recipes}\n{shared}" if shared else recipes, unit)
    print(table(runs, unit))
    print(f"\n{args.out}")


def read_run(path: Path) -> Run:
    """Read a run folder.

    Raises:
        UserError: it is none, or has no epoch yet.
    """
    folder = RunFolder(path)
    config, log = folder.read_config(), folder.read_log()
    if not log.rows:
        raise UserError(f"{folder.log} has no epoch yet; a run has one after its first epoch")
    settings = setting_values(config)
    changed = {key: settings[key] for key, item in config["settings"].items() if item.get("source") == COMMAND_LINE}
    recipe = f"{config['family']}/{config['recipe']}"
    return Run(path, recipe, settings, changed, config.get("metrics") or {}, log, folder.unit())


def name_runs(runs: list[Run]) -> tuple[list[str], str]:
    """Name each run by its recipe and by what tells it from the others.

    A setting that the command line changed in one run is named in all where the values differ: a run of a recipe's own
    `loss=bce` is named so beside one of `--set loss=hinge`.

    Returns:
        The names, all different, and the changed settings that are the same in all runs.
    """
    changed = dict.fromkeys(key for run in runs for key in run.changed)
    differing = [key for key in changed if len({str(run.settings.get(key)) for run in runs}) > 1]
    names = [f"{run.recipe} {_words(run.settings, differing)}".strip() for run in runs]
    names = [f"{name} ({run.path})" if names.count(name) > 1 else name for name, run in zip(names, runs, strict=True)]
    shared = _words(runs[0].settings, [key for key in changed if key not in differing])
    return names, f"all with {shared}" if shared else ""


def shared_unit(runs: list[Run]) -> str:
    """The unit that the write-ups of all runs count in; `epoch` where they differ."""
    units = {run.unit for run in runs}
    return units.pop() if len(units) == 1 else UNITS[0]


def panels(runs: list[Run], names: list[str], unit: str = UNITS[0]) -> dict[str, dict[str, Series]]:
    """The curves over `unit` of the losses and of every other measured column but those of single classes.

    Returns:
        By quantity and run.
    """
    curves: dict[str, dict[str, Series]] = {}
    for run, name in zip(runs, names, strict=True):
        for column in (*LOSSES, *(column for column in run.log.metrics if "/" not in column)):
            series = run.log.series(column, unit)
            if series[0]:
                curves.setdefault(run.quantity(column), {})[name] = series
    return curves


def table(runs: list[Run], unit: str = UNITS[0]) -> str:
    """A Markdown table: run, recipe, changed settings, epochs, each metric's final and best value, at what `unit`."""
    quantities = list(dict.fromkeys(run.quantity(column) for run in runs for column in run.metrics))
    values = [f"{quantity}: {which} at {unit}" for quantity in quantities for which in ("final", "best")]
    rows = [["run", "recipe", "changed settings", "epochs", *values], ["---"] * (4 + len(values))]
    for run in runs:
        cells = {run.quantity(column): _final_and_best(run, column, unit) for column in run.metrics}
        measured = [cell for quantity in quantities for cell in cells.get(quantity, ("-", "-"))]
        changed, epochs = _words(run.changed, run.changed) or "-", f"{run.log.rows[-1]['epoch']:.0f}"
        rows.append([str(run.path), run.recipe, changed, epochs, *measured])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _final_and_best(run: Run, column: str, unit: str) -> tuple[str, str]:
    best = run.log.best(column, bool(run.metrics[column].get("higher_is_better")), unit)
    if not best:
        return "-", "-"
    both = run.log.finite(column, unit)[-1], best
    return tuple(f"{value:.4g} at {place_text(place, unit)}" for place, value in both)


def _words(settings: dict[str, Any], keys: Iterable[str]) -> str:
    return ", ".join(f"{key}={settings[key]}" for key in keys if key in settings)


if __name__ == "__main__":
    run_command(main)
