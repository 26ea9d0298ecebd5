"""Outcomes: what a finished trial left, and `results/claims/NAME.json`, which keeps it for every run of a claim."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from common.errors import UserError
from common.run.run_folder import RunFolder
from common.system.files import write_text
from common.system.json_text import parse_json
from results.verdicts.claim import Claim
from results.verdicts.trial import Trial

Record = dict[str, Any]  # of one run; the keys are those that `make_record` writes
KEYS = {"id": str, "family": str, "recipe": str, "seed": int, "state": str, "steps": int, "minutes": int | float,
        "curve": dict, "end": dict, "protocols": dict, "data": dict}  # fmt: skip
DROPPED = ("epoch", "images", "images_per_second")
ABOUT = ("name", "metric", "extractor", "dimension", "resize", "size", "split", "real_count", "fake_count", "seed",
         "weights_sha256", "precision", "higher_is_better")  # fmt: skip
DIVERGED = re.compile(r"(?:the loss|\S+) is no longer finite[^;\n]*")
NO_WEIGHTS = re.compile(r"^error: \S+ is not in .* and cannot be downloaded from ", re.MULTILINE)


def diverged_words(stderr: str) -> str | None:
    """What train.py said when a loss or a weight was no longer finite; None where it said something else."""
    found = DIVERGED.search(stderr)
    return found.group().strip() if found else None


def lacks_weights(stderr: str) -> bool:
    """Whether `python -m fid` said that the weights of its network are neither here nor to be had."""
    return NO_WEIGHTS.search(stderr) is not None


def make_record(
    trial: Trial, run: RunFolder, end: Mapping[str, Any], diverged: str | None, share: Mapping[str, Any]
) -> Record:
    """Read all that an outcome keeps out of a run folder.

    Args:
        trial: the run.
        run: its folder.
        end: by protocol, one result of `python -m fid --json` on the last generator.
        diverged: what train.py said; None where the run came to its end.
        share: the number of cores and the GPU that it was trained on, each None where that was not one and the same.
    """
    config, rows = run.read_config(), run.read_log().rows
    columns = [name for name in (rows[0] if rows else ()) if name not in DROPPED]
    metrics = config.get("metrics") or {}
    protocols = {name: {key: about[key] for key in ABOUT if key in about} for name, about in metrics.items()}
    return {
        "id": trial.id,
        "family": trial.family,
        "recipe": trial.recipe,
        "settings": dict(trial.settings),
        "seed": trial.seed,
        "state": "diverged" if diverged else "done",
        "diverged": diverged,
        "steps": int(rows[-1]["step"]) if rows else 0,
        "minutes": round(rows[-1]["seconds"] / 60, 2) if rows else 0.0,
        "curve": {name: [row[name] for row in rows] for name in columns},
        "end": {name: result["value"] for name, result in end.items()},
        "protocols": protocols | {name: _protocol(result) for name, result in end.items()},
        "data": {key: config["data"][key] for key in ("name", "train", "test", "fingerprint")},
        "share": dict(share),
        **{key: config.get(key) for key in ("versions", "device", "git_commit", "started")},
    }


def _protocol(result: Mapping[str, Any]) -> dict[str, Any]:
    """The protocol of a result of `python -m fid --json`, with the keys that config.json uses."""
    renamed = result | {"name": result["protocol"], "dimension": result["feature_dimension"]}
    return {key: renamed[key] for key in ABOUT if key in renamed}


def read_records(path: Path) -> list[Record]:
    """The runs of an outcome file; none where there is no file.

    Raises:
        UserError: it is damaged.
    """
    if not path.exists():
        return []
    outcome = _read(path)
    if not isinstance(outcome, dict) or not isinstance(outcome.get("runs"), list):
        raise UserError(f"{path} is not the outcome of a claim")
    return [_checked(record, path) for record in outcome["runs"]]


def read_record(path: Path) -> Record:
    """One run's record, as the runner leaves it in the run's folder.

    Raises:
        UserError: it is damaged.
    """
    return _checked(_read(path), path)


def _read(path: Path) -> Any:
    try:
        return parse_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {path}: {error}") from None


def _checked(record: Any, path: Path) -> Record:
    for key, kind in KEYS.items():
        if not isinstance(record, dict) or not isinstance(record.get(key), kind):
            raise UserError(f"{path} has a run without {key}: it is not an outcome of claims.py run")
    return record


def write_outcome(path: Path, claim: Claim, records: Mapping[str, Record]) -> None:
    """Write the runs of a claim that are done, in the order of its seeds and arms, a line each."""
    arm_of = {trial.id: arm.name for arm in claim.arms.values() for trial in arm.trials}
    runs = [{"arm": arm_of[trial.id]} | records[trial.id] for trial in claim.trials() if trial.id in records]
    lines = ",\n".join(map(record_text, runs))
    write_text(path, f'{{"claim": {json.dumps(claim.name)}, "runs": [\n{lines}\n]}}\n')


def record_text(record: Record) -> str:
    """A record as a line of JSON, which has no word for a figure that is not finite: such a one is null."""
    return json.dumps(_finite(record), separators=(",", ":"), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def title(record: Record) -> str:
    """What a run is called where its claim does not know it."""
    return f"{record['family']}/{record['recipe']} seed {record['seed']} ({record['id']})"


def by_id(records: Iterable[Record]) -> dict[str, Record]:
    """Records by the run that they are of; the first of each counts."""
    found: dict[str, Record] = {}
    for record in records:
        found.setdefault(record["id"], record)
    return found


def missing_end(claim: Claim, record: Record) -> list[str]:
    """Protocols by which a run's last generator has not been measured yet."""
    return [name for name in claim.measure.end if name not in record["end"]] if record["state"] == "done" else []
