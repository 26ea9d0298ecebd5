"""Pilots: the first arm of a claim, run with a seed that no verdict uses, by which the claim's length is chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from results.verdicts.claim import Claim
from results.verdicts.library import FOLDER, Library
from results.verdicts.outcome import Record
from results.verdicts.trial import Trial
from results.verdicts.verdict import Verdict

SEED = 100  # a claim's own seeds lie below


class Pilots(Library):
    """The pilots of the claims named: a run each, which goes into no outcome and has no verdict.

    Raises:
        UserError: an unknown name, or a mistake in a file.
    """

    def __init__(self, names: Sequence[str], folder: Path = FOLDER):
        super().__init__(names, folder)
        self.claims = [_pilot(claim) for claim in self.claims]

    def verdicts(self) -> list[Verdict]:
        """None: one run decides nothing."""
        return []

    def keep(self, records: Mapping[str, Record]) -> None:
        """Keep nothing: the record is in the run's folder."""

    def describe(self, records: Mapping[str, Record]) -> str:
        """What each pilot measured along the way: the figure that decides, and the distance beside it."""
        return "\n\n".join(_described(claim, records) for claim in self.claims)


def _pilot(claim: Claim) -> Claim:
    """The claim's first arm alone, with the seed of pilots."""
    name, arm = next(iter(claim.arms.items()))
    return replace(claim, seeds=(SEED,), arms={name: replace(arm, trials=(_with_seed(arm.trials[0]),))})


def _with_seed(trial: Trial) -> Trial:
    return replace(trial, seed=SEED, changes={**trial.changes, "seed": SEED}, settings={**trial.settings, "seed": SEED})


def _described(claim: Claim, records: Mapping[str, Record]) -> str:
    name, arm = next(iter(claim.arms.items()))
    record = records.get(arm.trials[0].id)
    if record is None:
        return f"{claim.name}: its pilot is not done"
    lines = [f"{claim.name}: pilot of {name}, seed {SEED}, {record['minutes']:.1f} minutes, {record['state']}"]
    names = dict.fromkeys(["step", claim.measure.figure, "cifar"])
    curves = {name: record["curve"][name] for name in names if name in record["curve"]}
    table = [[name, *(_cell(name, value) for value in curve)] for name, curve in curves.items()]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines += ["  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
    lines += [f"  {protocol} at the end: {value:.4g}" for protocol, value in record["end"].items()]
    return "\n".join(lines)


def _cell(name: str, value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if name == "step" else f"{value:.4g}"
