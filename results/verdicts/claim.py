"""A claim of a write-up as data: `results/claims/NAME.toml`. `results/claims/README.md` says what each key means."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from common.errors import UserError
from fid.protocols import PROTOCOLS
from results.verdicts.rule import LEAST_SEEDS
from results.verdicts.toml_table import Table
from results.verdicts.trial import START, Length, Trial, make_trial

AHEAD, NO_GAIN, NO_LOSS = EXPECT = ("ahead", "no gain", "no loss")
VALUE, WRONG_WAY = OF = ("value", "wrong way")
END, MINUTES = "end", "minutes"
SHARES = ("generated", "real")
# What every run has unless its claim says otherwise.
BASE = {"precision": "mixed_bfloat16", "metrics": "cifar:fid+prdc+duplicates+classes", "metric_real": 5000,
        "metric_fake": 5000}  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """What decides: which figure, where on its curve, and which way is better."""

    figure: str = "cifar"  # a column of log.csv, or a protocol of `end`
    better: str = "lower"
    of: str = VALUE  # the value itself, or the share of the curve's movement that goes the wrong way
    at: str | int = END  # the last step, a step before, or "minutes": as many as the quicker arm took
    margin: float = 0.0  # a difference up to this, on the other side, still counts for the claim
    share: str = ""  # the figure is a share of the generated or of the real images
    end: tuple[str, ...] = ("fid768",)  # protocols by which the last generator is measured

    def is_wrong_way(self, figure: str) -> bool:
        """Whether a figure, that decides or stands beside, is the share of its curve's movement that goes wrong."""
        return figure == self.figure and self.of == WRONG_WAY


@dataclass(frozen=True)
class Arm:
    """One of the systems that are compared: a run for every seed."""

    name: str
    trials: tuple[Trial, ...]
    steps: int
    every: int
    floor: float  # what real images of its data score by the figure that decides, which is given in units of it


@dataclass(frozen=True)
class Claim:
    """What a write-up says, and the runs that test it."""

    name: str
    writeup: str
    quote: str
    tested: str  # one sentence: how the words are read, and at what length
    pilot: str  # what a run with another seed showed, by which the length was chosen; "" without one
    expect: str
    ahead: str  # the arm that is said to be ahead, where `expect` is "ahead"
    since: int  # the step with which a run's end is compared, where it is not
    seeds: tuple[int, ...]
    measure: Measure
    arms: Mapping[str, Arm]

    def read_at(self, step: int) -> "Claim":
        """The same claim, judged at another step of the same runs."""
        return replace(self, measure=replace(self.measure, at=step))

    @property
    def ours(self) -> bool:
        """Whether it is this project that claims it: then a page of `docs/` is its write-up."""
        return self.writeup.startswith("docs/")

    @property
    def beside(self) -> tuple[str, ...]:
        """Protocols whose distances are judged beside the figure that decides, by the same rule."""
        plain = self.expect == AHEAD and self.measure.of == VALUE and self.measure.at == END
        return tuple(name for name in self.measure.end if plain and name != self.measure.figure)

    def floor(self, trial_id: str) -> float:
        """The floor of the arm that a run is of; 1 where none is given."""
        return next(arm.floor for arm in self.arms.values() if trial_id in {trial.id for trial in arm.trials})

    def trials(self) -> list[Trial]:
        """Every run, seed by seed, so that whoever stops early has whole pairs."""
        return [trial for group in zip(*(arm.trials for arm in self.arms.values()), strict=True) for trial in group]


def claim_files(folder: Path, names: list[str]) -> list[Path]:
    """The files of the claims named, of all claims where none is.

    Raises:
        UserError: there is no claim of that name.
    """
    known = {path.stem: path for path in sorted(folder.glob("*.toml"))}
    for name in names:
        if name not in known:
            raise UserError(f"unknown claim {name!r}; choose from {', '.join(known) or 'none: the folder is empty'}")
    return [known[name] for name in names or known]


def read_claim(path: Path) -> Claim:
    """Read a claim's file.

    Raises:
        UserError: a mistake in it; one line that names the file and the key.
    """
    table = Table.read(path)
    words = {key: table.take(key, str) for key in ("writeup", "quote", "tested")}
    words["pilot"] = table.take("pilot", str, "")
    expect = table.take("expect", str, AHEAD, EXPECT)
    ahead = table.take("ahead", str) if expect == AHEAD else ""
    since = table.take("since", int) if expect != AHEAD else 0
    seeds = table.take_list("seeds", int)
    length = {
        "steps": table.take("steps", int),
        "every": table.take("every", int),
        "epoch": table.take("epoch", int, 0),
        "start": table.take("start", int, START),
    }
    measure = _measure(table.table("measure", {}), expect)
    shared = BASE | table.take("settings", dict, {})
    arms_table = table.table("arms")
    table.finish()
    arms = {name: _arm(arms_table.table(name), name, shared, seeds, length) for name in arms_table.left()}
    claim = Claim(path.stem, **words, expect=expect, ahead=ahead, since=since, seeds=seeds, measure=measure, arms=arms)
    _check(claim, table)
    return claim


def _measure(table: Table, expect: str) -> Measure:
    plain = Measure()
    at = table.take("at", int, None) if isinstance(table.peek("at"), int) else table.take("at", str, END)
    measure = Measure(
        figure=table.take("figure", str, plain.figure),
        better=table.take("better", str, plain.better, ("lower", "higher")),
        of=table.take("of", str, plain.of, OF),
        at=at,
        margin=table.take("margin", float, plain.margin),
        share=table.take("share", str, plain.share, ("", *SHARES)),
        end=table.take_list("end", str, list(plain.end)),
    )
    table.finish()
    if not isinstance(at, int) and at not in (END, MINUTES):
        raise table.mistake("at", f"= {at!r} is not a step, {END!r} or {MINUTES!r}")
    if measure.share and measure.of != VALUE:
        raise table.mistake("share", f"goes with of = {VALUE!r}; of = {measure.of!r} is no share of images")
    if measure.margin < 0:
        raise table.mistake("margin", f"= {measure.margin} is negative")
    for name in measure.end:
        if name not in PROTOCOLS:
            raise table.mistake("end", f"= {name!r} is no protocol; choose from {', '.join(PROTOCOLS)}")
        if PROTOCOLS[name].own_counts:
            raise table.mistake("end", f"= {name!r} has numbers of images of its own; a claim's are those of its runs")
    if measure.figure in measure.end and (expect, measure.of, at) != (AHEAD, VALUE, END):
        raise table.mistake("figure", f"= {measure.figure!r} is measured at the end alone, and so has no curve")
    return measure


def _arm(table: Table, name: str, shared: dict[str, Any], seeds: tuple, length: dict[str, int]) -> Arm:
    family, recipe = table.take("family", str), table.take("recipe", str)
    changes = shared | table.take("settings", dict, {})
    own = {key: table.take(key, int, value) for key, value in length.items()}
    start = own.pop("start")
    floor = table.take("floor", float, 1.0)
    table.finish()
    if floor <= 0:
        raise table.mistake("floor", f"= {floor} is not above 0")
    try:
        length = Length(own["steps"], own["every"], own["epoch"] or own["every"])
        trials = tuple(make_trial(family, recipe, changes, seed, length, start) for seed in seeds)
    except UserError as error:
        raise UserError(f"{table.path}: arms.{name}: {error}") from None
    return Arm(name, trials, length.steps, length.every, floor)


def _check(claim: Claim, table: Table) -> None:
    """What one key says of another."""
    if len(claim.seeds) < LEAST_SEEDS:
        raise table.mistake("seeds", f"= {list(claim.seeds)} are {len(claim.seeds)}; the least is {LEAST_SEEDS}")
    if claim.expect == AHEAD and claim.ahead not in claim.arms:
        raise table.mistake("ahead", f"= {claim.ahead!r} is none of the arms: {', '.join(claim.arms)}")
    if len(claim.arms) < (2 if claim.expect == AHEAD else 1):
        raise table.mistake("arms", "are too few; to be ahead takes two of them")
    ids = [trial.id for trial in claim.trials()]
    if len(set(ids)) < len(ids):
        raise table.mistake("arms", "are not all different: two of them have the same settings")
    places = {"since": claim.since, "measure.at": claim.measure.at}
    for arm in claim.arms.values():
        for key, step in places.items():
            if isinstance(step, int) and step and (step % arm.every or not 0 < step <= arm.steps):
                raise table.mistake(key, f"= {step} is no step at which {arm.name} is measured: every {arm.every}")
        if claim.expect != AHEAD and claim.since >= arm.steps:
            raise table.mistake("since", f"= {claim.since} is not before the last step, {arm.steps}")
    if claim.beside and any(arm.floor != 1 for arm in claim.arms.values()):
        raise table.mistake("measure.end", "= [] goes with floors: those are of the figure that decides alone")
    if claim.measure.share and any(arm.floor != 1 for arm in claim.arms.values()):
        raise table.mistake("measure.share", f"= {claim.measure.share!r} goes without floors")
    along = {part.partition(":")[0].strip() for trial in claim.trials() for part in trial.changes["metrics"].split(",")}
    for name in sorted(along & set(claim.measure.end)):
        raise table.mistake("measure.end", f"= {name!r} is measured along the way already")
