"""`remarks.json`: what was noticed about a run, each thing once, since when, and what to try."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from common.run.run_folder import RunFolder
from common.system.files import write_text
from common.system.json_text import parse_json
from common.system.names import printable

NAME = "remarks.json"
AFTERWARDS = "after training"  # the key under which remarks of a run stand that nobody watched


@dataclass(frozen=True)
class Remark:
    """What is seen (`what`), from the epoch `since` to `until` (None: still), why it matters and what to try."""

    rule: str
    what: str
    why: str
    advice: str
    since: int
    until: int | None = None

    @property
    def when(self) -> str:
        """The epochs in words."""
        if self.until is None:
            return f"since epoch {self.since}"
        return f"in epoch {self.since}" if self.until == self.since else f"epochs {self.since} to {self.until}"

    def __str__(self) -> str:
        return f"{self.when}: {self.what}. {self.why}. Try: {self.advice}."


def read_remarks(run: RunFolder) -> list[Remark]:
    """The remarks of a run, in the order in which they were made; none where the file is missing or damaged.

    Letters that a terminal would obey are replaced.
    """
    try:
        found = parse_json((run.path / NAME).read_text(encoding="utf-8"))
        return [_remark(item) for item in (found[AFTERWARDS] if isinstance(found, dict) else found)]
    except (OSError, ValueError, KeyError, TypeError, OverflowError):  # the last: of an epoch that is infinite
        return []


def write_remarks(run: RunFolder, remarks: Sequence[Remark], afterwards: bool = False) -> None:
    """Write remarks.json in one piece; those that were made after training say so, since D was not there any more."""
    items = [asdict(remark) for remark in remarks]
    write_text(run.path / NAME, json.dumps({AFTERWARDS: items} if afterwards else items, indent=2) + "\n")


def cut(remarks: Sequence[Remark], epochs: int) -> list[Remark]:
    """What was known after `epochs`: a run that was stopped goes on from there."""
    kept = [remark for remark in remarks if remark.since <= epochs]
    return [replace(r, until=None) if r.until is not None and r.until >= epochs else r for r in kept]


def merge(remarks: Sequence[Remark], seen: Mapping[str, Remark], epoch: int) -> list[Remark]:
    """Bring remarks up to an epoch: what is seen no more has ended, what is seen for the first time comes last.

    Args:
        remarks: those so far.
        seen: what is seen at this epoch, by rule.
        epoch: this one; all that is known to hold up to it.
    """
    kept = [replace(remark, until=_until(remark, remark.rule in seen, epoch)) for remark in remarks]
    known = {remark.rule for remark in remarks}
    return kept + [remark for rule, remark in seen.items() if rule not in known]


def _until(remark: Remark, seen: bool, epoch: int) -> int | None:
    if seen:
        return None
    return max(remark.since, epoch - 1) if remark.until is None else remark.until


def _remark(item: Mapping[str, Any]) -> Remark:
    words = {key: printable(str(item[key])) for key in ("rule", "what", "why", "advice")}
    until = item.get("until")
    return Remark(**words, since=int(item["since"]), until=None if until is None else int(until))
