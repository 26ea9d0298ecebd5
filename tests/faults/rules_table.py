"""Which rule speaks on which run: the committed ones, and those of test_rules.py, which are made to have a fault."""

import json
from pathlib import Path

from common.run.log import Log
from common.run.remarks import read_remarks
from common.run.run_folder import RunFolder
from common.training.rules import RULES, judge
from common.training.seen import Seen
from tests.helpers import ROOT

RUNS = sorted(path.parent for path in ROOT.glob("results/*/*/log.csv"))


def said_of(run: Path) -> dict[str, int]:
    """The first epoch in which a committed run's log gives a rule away, or in which its remarks.json has it."""
    config, log = json.loads((run / "config.json").read_text(encoding="utf-8")), Log.read(run / "log.csv")
    settings = {key: item["value"] for key, item in config["settings"].items()}
    found, rows = {}, log.rows
    for epochs in range(1, len(rows) + 1):
        log.rows = rows[:epochs]
        for name, remark in judge(Seen(log, settings, config["metrics"])).items():
            found.setdefault(name, remark.since)
    for remark in read_remarks(RunFolder(run)):
        found.setdefault(remark.rule, remark.since)
    return found


def table(made: dict[str, list[Seen]]) -> list[list[str]]:
    """The table's rows. `made`: by rule, what its made-for-it runs show; each has its fault in epoch 10."""
    said = {run: said_of(run) for run in RUNS}
    rows = [["rule", "made for it", *(f"{run.parent.name}/{run.name}" for run in RUNS)]]
    for name in RULES:
        cases = [judge(case).get(name) for case in made[name]]
        seen = f"{sum(case is not None and case.since <= 12 for case in cases)} of {len(cases)}"
        rows.append([name, seen, *(f"epoch {said[run][name]}" if name in said[run] else "-" for run in RUNS)])
    return rows
