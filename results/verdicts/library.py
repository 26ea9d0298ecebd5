"""The folder of claims: every claim's file, its outcome beside it, and what may be said of both."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from common.errors import UserError
from results.verdicts.claim import Claim, claim_files, read_claim
from results.verdicts.outcome import Record, by_id, missing_end, read_record, read_records, write_outcome
from results.verdicts.trial import START, Trial
from results.verdicts.verdict import Verdict, reach_verdict

FOLDER = Path(__file__).resolve().parents[1] / "claims"


class Library:
    """The claims named, or all of a folder; with `at`, judged at that step of their runs.

    Raises:
        UserError: an unknown name, or a mistake in a file.
    """

    def __init__(self, names: Sequence[str] = (), folder: Path = FOLDER, at: int | None = None):
        self.folder = folder
        claims = [read_claim(path) for path in claim_files(folder, list(names))]
        self.claims = claims if at is None else [claim.read_at(at) for claim in claims]

    def outcome(self, claim: Claim) -> Path:
        """Where the outcome of a claim is kept."""
        return self.folder / f"{claim.name}.json"

    def records(self, claim: Claim) -> dict[str, Record]:
        """The runs of a claim's own outcome, by id."""
        return by_id(read_records(self.outcome(claim)))

    def verdict(self, claim: Claim) -> Verdict:
        """Judge a claim by its own outcome."""
        return reach_verdict(claim, self.records(claim))

    def verdicts(self) -> list[Verdict]:
        """Judge all claims."""
        return [self.verdict(claim) for claim in self.claims]

    def known_records(self, runs: Path) -> dict[str, Record]:
        """Every run that is done: of any claim's outcome, or in a folder of runs; where in both, with most measured."""
        ours = [record for path in sorted(self.folder.glob("*.json")) for record in read_records(path)]
        theirs = [read_record(path) for path in sorted(runs.glob("*/record.json"))]
        return by_id(sorted([*theirs, *ours], key=lambda record: -len(record["end"])))

    def missing(self, records: Mapping[str, Record]) -> list[tuple[Trial, tuple[str, ...]]]:
        """Runs to be done, each once, with the protocols by which its last generator is to be measured.

        A run that lacks such a measurement is taken up again: measured, and where its folder is gone done again.

        Raises:
            UserError: a run that cannot be done; now, not after hours.
        """
        protocols: dict[str, dict[str, None]] = {}  # by trial, in order
        trials = {trial.id: trial for claim in self.claims for trial in claim.trials()}
        for claim in self.claims:
            for trial in claim.trials():
                record = records.get(trial.id)
                if record is None or missing_end(claim, record):
                    _check_can_be_done(claim, trial)
                    done = record["end"] if record else ()
                    protocols.setdefault(trial.id, {}).update(dict.fromkeys([*done, *claim.measure.end]))
        return [(trials[key], tuple(names)) for key, names in protocols.items()]

    def keep(self, records: Mapping[str, Record]) -> None:
        """Write the outcome of every claim that has a run among the records."""
        for claim in self.claims:
            if any(trial.id in records for trial in claim.trials()):
                write_outcome(self.outcome(claim), claim, records)


def _check_can_be_done(claim: Claim, trial: Trial) -> None:
    """It begins as runs do now, its data can be named, and its end measured against the training images alone."""
    if trial.start < START:
        raise UserError(f"claim {claim.name}: start = {trial.start} is of runs that were done before; "
                        "without this key all of them are done anew")  # fmt: skip
    data = Path(trial.data_path)
    if claim.measure.end and data.is_dir() and not (data / "train").is_dir():
        raise UserError(f"claim {claim.name}: {data} needs its training images in train/ and the others in test/")
