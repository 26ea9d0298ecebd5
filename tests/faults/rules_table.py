"""Which rule speaks on which run: the committed ones, and those of test_rules.py, which are made to have a fault."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from common.run.remarks import AFTERWARDS, NAME, read_remarks
from common.run.run_folder import RunFolder, setting_values
from common.training.rules import RULES, judge
from common.training.seen import Seen
from results.keeping.look_back import remarks_of
from tests.helpers import ROOT

RUNS = sorted(path.parent for path in ROOT.glob("results/*/*/log.csv"))
UNSEEN, D_UNSEEN = "not looked at", "D not looked at"


@dataclass(frozen=True)
class Asking(Seen):
    """A log alone, which notes the numbers of networks that a rule asks for."""

    asked: set[str] = field(default_factory=set)

    def number(self, name: str) -> float:
        """As for any other; noted."""
        self.asked.add(name)
        return super().number(name)


def said_of(run: Path) -> dict[str, str]:
    """By rule, the first epoch in which a committed run's log gives it away, or its remarks.json has it; a dash where
    it is silent; and what says that nobody looked at what the rule is about.
    """
    folder = RunFolder(run)
    config, log = folder.read_config(), folder.read_log()
    found = {remark.rule: remark.since for remark in read_remarks(folder)}
    found |= {remark.rule: remark.since for remark in remarks_of(config, log, {})}
    made = json.loads((run / NAME).read_text(encoding="utf-8")) if (run / NAME).exists() else None
    settings, cells = setting_values(config), {}
    for name, rule in RULES.items():
        seen = Asking(log, settings, config["metrics"])
        rule.look(seen)
        if name == "attention-hard":  # takes whatever there is of its numbers
            seen.asked.update("peak/" + column[0] for column in log.rows[-1] if column in ("g_gamma", "d_gamma"))
        cells[name] = f"epoch {found[name]}" if name in found else _silent(seen.asked, made)
    return cells


def _silent(asked: set[str], made: list | dict | None) -> str:
    if made is None:
        return UNSEEN if asked else "-"
    return D_UNSEEN if AFTERWARDS in made and asked & {"auc", "peak/d"} else "-"


def table(made: dict[str, list[Seen]]) -> list[list[str]]:
    """The table's rows. `made`: by rule, what its made-for-it runs show; each has its fault in epoch 10."""
    said = {run: said_of(run) for run in RUNS}
    rows = [["rule", "made for it", *(f"{run.parent.name}/{run.name}" for run in RUNS)]]
    for name in RULES:
        cases = [judge(case).get(name) for case in made[name]]
        seen = f"{sum(case is not None and case.since <= 12 for case in cases)} of {len(cases)}"
        rows.append([name, seen, *(said[run][name] for run in RUNS)])
    return rows
