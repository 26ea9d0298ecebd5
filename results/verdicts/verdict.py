"""The verdict on a claim: its runs' figures, paired by seed, and the rule."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from results.verdicts.claim import AHEAD, END, MINUTES, NO_GAIN, WRONG_WAY, Arm, Claim
from results.verdicts.curve import at_minutes, at_step, until, wrong_way
from results.verdicts.outcome import Record, title
from results.verdicts.rule import Comparison, decide, overall, share_error

DIVERGED = math.inf  # a figure in the sense that lower is better: worse than any other
UNTESTED = "untested"
NETWORK = ("extractor", "dimension", "resize", "size", "precision", "weights_sha256")  # what features depend on


class NotComparable(Exception):
    """Runs that cannot be compared as the claim wants: not measured there, or a figure taken the wrong way round."""


@dataclass(frozen=True)
class Judged:
    """One figure's comparisons by name, the arms' mean figures, and what follows."""

    figure: str
    protocol: str  # how many images it is of
    comparisons: Mapping[str, Comparison]
    means: Mapping[str, float | None]  # by arm, of the runs that did not diverge
    verdict: str


@dataclass(frozen=True)
class Verdict:
    """What can be said of a claim from the outcome on disk."""

    claim: Claim
    runs: int  # that the claim wants
    done: int  # that the outcome has
    strays: tuple[str, ...]  # that the outcome has and the claim, as it is now, does not want
    diverged: tuple[str, ...]  # which of its runs did, before where it is judged: "ARM seed 3 after step 1,200"
    minutes: float  # of training, of all runs together
    judged: tuple[Judged, ...]  # the figure that decides first; none before every run is done
    lacking: str  # why there is no verdict, or none beside, though every run is done

    @property
    def verdict(self) -> str:
        """`confirmed`, `refuted`, `open`; `untested` before every run is done."""
        return self.judged[0].verdict if self.judged else UNTESTED

    @property
    def seeds_to_decide(self) -> int | None:
        """Seeds that would decide what is open, if the effects are what was seen; None: none is open, or too many."""
        undecided = [c.seeds_to_decide for c in self._comparisons() if c.verdict == "open"]
        return None if None in undecided or not undecided else max(undecided)

    def _comparisons(self) -> list[Comparison]:
        return list(self.judged[0].comparisons.values()) if self.judged else []


def reach_verdict(claim: Claim, records: Mapping[str, Record]) -> Verdict:
    """Judge a claim by the records of its outcome, by id.

    Where a run lacks the figure that decides, the claim stays untested, and `lacking` says so.
    """
    trials = claim.trials()
    done = [trial for trial in trials if trial.id in records]
    arm_of = {trial.id: arm.name for arm in claim.arms.values() for trial in arm.trials}
    figures = [claim.measure.figure, *claim.beside] if len(done) == len(trials) else []
    judged, lacking = [], ""
    for figure in figures:
        try:
            judged.append(_judge(claim, figure, records))
        except NotComparable as error:
            lacking = lacking or str(error)
            if figure == claim.measure.figure:
                break
    return Verdict(
        claim=claim,
        runs=len(trials),
        done=len(done),
        strays=tuple(title(record) for key, record in records.items() if key not in arm_of),
        diverged=tuple(
            f"{arm_of[trial.id]} seed {trial.seed} after step {records[trial.id]['steps']:,}"
            for trial in done if _has_diverged(records[trial.id], claim.measure.at)
        ),
        minutes=sum(records[trial.id]["minutes"] for trial in done),
        judged=tuple(judged),
        lacking=lacking,
    )  # fmt: skip


def _judge(claim: Claim, figure: str, records: Mapping[str, Record]) -> Judged:
    if claim.expect != AHEAD and isinstance(claim.measure.at, int) and claim.measure.at <= claim.since:
        raise NotComparable(
            f"each run is compared with its own step {claim.since:,}, which step {claim.measure.at:,} is not after"
        )
    _check_data(claim, records)
    _check_network(claim, figure, records)
    _check_direction(claim, figure, records)
    if claim.measure.at == MINUTES:
        _check_machine(claim, records)
    pairs = {name: _pairs(claim, arm, figure, records) for name, arm in claim.arms.items() if name != claim.ahead}
    with np.errstate(invalid="ignore"):  # inf - inf: both diverged, which says nothing
        groups = [a - b for a, b in pairs.values()]
    main = figure == claim.measure.figure
    errors = [_image_error(claim, figure, a, b, records) for a, b in pairs.values()] if main else None
    comparisons = decide(groups, claim.measure.margin if main else 0.0, errors)
    means = {name: _mean(claim, arm, figure, records) for name, arm in claim.arms.items()}
    named = dict(zip(pairs, comparisons, strict=True))
    return Judged(figure, _protocol(claim, figure, records), named, means, overall(comparisons))


def _check_data(claim: Claim, records: Mapping[str, Record]) -> None:
    """A folder of one name may hold other pictures on another machine."""
    seen: dict[tuple[str, int], str | None] = {}
    for trial in claim.trials():
        found = records[trial.id]["data"].get("fingerprint")
        if seen.setdefault((trial.data, trial.image_size), found) != found:
            raise NotComparable(f"its runs are of different images, all called {trial.data}")


def _check_network(claim: Claim, figure: str, records: Mapping[str, Record]) -> None:
    """Figures compare where one network made their features of images brought to one size alike."""
    described = [records[trial.id]["protocols"].get(figure) for trial in claim.trials()]
    if len({tuple(about.get(key) for key in NETWORK) for about in described if about}) > 1:
        raise NotComparable(f"its runs' {figure} is of different networks, or of other weights of one")


def _check_machine(claim: Claim, records: Mapping[str, Record]) -> None:
    """Minutes compare on one kind of device and with as many cores alone."""
    runs = [records[trial.id] for trial in claim.trials()]
    found = {(run.get("device"), run.get("share", {}).get("cores")) for run in runs}
    if len(found) > 1 or None in found.pop():
        raise NotComparable("not comparable by minutes: its runs had other devices or cores, or do not say which")


def _check_direction(claim: Claim, figure: str, records: Mapping[str, Record]) -> None:
    """A claim that takes a figure the wrong way round would turn its verdict round."""
    described = [records[trial.id]["protocols"].get(figure, {}) for trial in claim.trials()]
    said = "lower" if figure != claim.measure.figure else claim.measure.better
    if said == "lower" and any(about.get("higher_is_better") for about in described):
        raise NotComparable(f'of {figure} higher is better: measure.better = "{said}" is a mistake')


def _protocol(claim: Claim, figure: str, records: Mapping[str, Record]) -> str:
    """Of which images a figure is, where the outcome says so; arms with data of their own differ."""
    described = [records[trial.id]["protocols"].get(figure) for trial in claim.trials()]
    counts = [f"{p['real_count']:,} real {p['split']}, {p['fake_count']:,} generated" for p in described if p]
    return " or ".join(dict.fromkeys(counts)) or "no protocol"


def _pairs(claim: Claim, arm: Arm, figure: str, records: Mapping[str, Record]) -> tuple[np.ndarray, np.ndarray]:
    """Two figures a seed, (N,) each, such that the claim says that the first is the larger; lower is better in both."""
    if claim.expect == AHEAD:
        ours = claim.arms[claim.ahead]
        runs = [(records[o.id], records[a.id]) for o, a in zip(ours.trials, arm.trials, strict=True)]
        ahead, behind = np.array([_values(claim, figure, *pair) for pair in runs], float).T
        return behind, ahead
    runs = [records[trial.id] for trial in arm.trials]
    end = np.array([_value(claim, figure, run, claim.measure.at) for run in runs], float)
    # A run that has diverged by its end is worse there than anywhere before.
    before = (0.0 if np.isinf(e) else _value(claim, figure, run, claim.since) for e, run in zip(end, runs, strict=True))
    since = np.array(list(before), float)
    return (end, since) if claim.expect == NO_GAIN else (since, end)


def _values(claim: Claim, figure: str, a: Record, b: Record) -> tuple[float, float]:
    """Figures of a pair at the same place: at equal minutes, that is where the one that took fewer ended."""
    place: str | int | float = claim.measure.at
    if place == MINUTES:
        whole = "diverged" not in (a["state"], b["state"])
        place = min(run["curve"]["seconds"][-1] for run in (a, b)) / 60 if whole else END
    return _value(claim, figure, a, place), _value(claim, figure, b, place)


def _value(claim: Claim, figure: str, record: Record, place: str | int | float) -> float:
    """A run's figure such that lower is better; `place` is a step, minutes (a float) or the end."""
    if _has_diverged(record, place):
        return DIVERGED
    curve = record["curve"]
    values, steps = curve.get(figure, []), curve.get("step", [])
    minutes = [seconds / 60 for seconds in curve.get("seconds", [])]
    if claim.measure.is_wrong_way(figure):
        if isinstance(place, float):
            values = until(minutes, values, place)
        elif place != END:  # of a step that was not measured there is nothing, as of a value
            values = until(steps, values, place) if place in steps else []
        value = wrong_way(values, 1 if claim.measure.better == "lower" else -1)
    elif isinstance(place, float):
        value = at_minutes(minutes, values, place)
    elif place == END:
        value = record["end"].get(figure, values[-1] if values else None)
    else:
        value = at_step(steps, values, place) if values else None
    if value is None:
        raise NotComparable(f"run {record['id']} has no {figure} where it is compared")
    return _sign(claim, figure) * value / claim.floor(record["id"])


def _has_diverged(record: Record, place: str | float) -> bool:
    """Whether a run had diverged by a place; at the steps that it reached it had not."""
    return record["state"] == "diverged" and (isinstance(place, str | float) or place > record["steps"])


def _sign(claim: Claim, figure: str) -> int:
    """-1 where higher is better. Of a movement's share that goes the wrong way, and of distances, lower is."""
    higher = figure == claim.measure.figure and claim.measure.of != WRONG_WAY and claim.measure.better == "higher"
    return -1 if higher else 1


def _mean(claim: Claim, arm: Arm, figure: str, records: Mapping[str, Record]) -> float | None:
    """Mean figure of those of an arm's runs that did not diverge, as it is measured: at its place, else at the end."""
    place = END if claim.measure.at == MINUTES else claim.measure.at
    values = [_value(claim, figure, records[trial.id], place) for trial in arm.trials]
    finite = [value for value in values if value != DIVERGED]
    return _sign(claim, figure) * float(np.mean(finite)) if finite else None


def _image_error(claim: Claim, figure: str, a: np.ndarray, b: np.ndarray, records: Mapping[str, Record]) -> float:
    """Of shares, the standard error of the mean difference that comes from the images alone; 0 of other figures."""
    if not claim.measure.share or not np.isfinite([a, b]).all():
        return 0.0
    if np.abs([a, b]).max() > 1:
        raise NotComparable(f"{figure} is no share of images: it goes beyond 1")
    key = {"generated": "fake_count", "real": "real_count"}[claim.measure.share]
    protocols = [records[trial.id]["protocols"].get(figure, {}) for trial in claim.trials()]
    counts = [about[key] for about in protocols if key in about]
    if not counts:
        raise NotComparable(f"the outcome does not say of how many images {figure} is a share")
    return share_error(np.abs(a), np.abs(b), min(counts))
