"""A claim in one figure, from its outcome alone: all runs' curves faint, the arms' means bold, the intervals beside."""

import io
from collections.abc import Mapping, Sequence

import numpy as np

from results.verdicts.claim import AHEAD, MINUTES, Arm, Claim
from results.verdicts.outcome import Record
from results.verdicts.verdict import Verdict

Points = tuple[list[float], list[float]]  # steps or minutes, and the figure there


def draw(verdict: Verdict, records: Mapping[str, Record]) -> str:
    """The figure as SVG text, the same for the same outcome; text stays text."""
    import matplotlib  # here: it takes a second
    from matplotlib.figure import Figure

    style = {"svg.fonttype": "none", "svg.hashsalt": verdict.claim.name, "font.size": 9,
             "axes.spines.top": False, "axes.spines.right": False}  # fmt: skip
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(8.5, 3.2), layout="constrained")
        curves, intervals = figure.subplots(1, 2, width_ratios=(3, 2))
        _draw_curves(curves, verdict.claim, records)
        _draw_intervals(intervals, verdict)
        figure.suptitle(f"{verdict.claim.name}: {verdict.verdict}")
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def points(record: Record, figure: str, by_minutes: bool) -> Points:
    """Where a run was measured and what came out; of a figure of the end alone, its one point."""
    curve = record["curve"]
    places = [seconds / 60 for seconds in curve["seconds"]] if by_minutes else curve["step"]
    if figure not in curve:
        found = [(places[-1], record["end"].get(figure))]
    else:
        found = zip(places, curve[figure], strict=True)
    known = [(x, y) for x, y in found if y is not None]
    return [x for x, _ in known], [y for _, y in known]


def mean_curve(runs: Sequence[Points]) -> Points:
    """The mean of several curves, where all of them are: at each place that every one of them goes beyond."""
    runs = [run for run in runs if run[0]]
    if not runs:
        return [], []
    places = sorted({x for xs, _ in runs for x in xs if all(other[0] <= x <= other[-1] for other, _ in runs)})
    return places, [float(np.mean([np.interp(x, *run) for run in runs])) for x in places]


def _draw_curves(axes, claim: Claim, records: Mapping[str, Record]) -> None:
    by_minutes = claim.measure.at == MINUTES
    for index, arm in enumerate(claim.arms.values()):
        colour, runs = f"C{index % 10}", _runs(arm, claim, records, by_minutes)
        for xs, ys in runs:
            axes.plot(xs, ys, color=colour, alpha=0.3, linewidth=0.8, marker="." if len(xs) == 1 else "")
        xs, ys = mean_curve(runs)
        axes.plot(xs, ys, color=colour, linewidth=2.2, label=arm.name, marker="." if len(xs) == 1 else "")
    axes.set(xlabel="minutes of training" if by_minutes else "steps", ylabel=claim.measure.figure)
    for step in (claim.since, claim.measure.at):  # where the figure is read, if not at the end
        if isinstance(step, int) and step:
            axes.axvline(step, color="0.5", linestyle=":", linewidth=1)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)


def _runs(arm: Arm, claim: Claim, records: Mapping[str, Record], by_minutes: bool) -> list[Points]:
    found = [records[trial.id] for trial in arm.trials if trial.id in records]
    return [points(record, claim.measure.figure, by_minutes) for record in found if record["curve"].get("step")]


def _draw_intervals(axes, verdict: Verdict) -> None:
    """The difference from each arm with its interval; the claimed side is to the right of the line."""
    claim = verdict.claim
    comparisons = verdict.judged[0].comparisons if verdict.judged else {}
    rows = [(name, c) for name, c in comparisons.items() if c.low is not None]
    colours = {"confirmed": "C2", "refuted": "C3", "open": "0.4"}
    for row, (_, c) in enumerate(rows):
        axes.plot([c.low, c.high], [row, row], color=colours[c.verdict], linewidth=2)
        axes.plot(c.effect, row, "o", color=colours[c.verdict])
    axes.axvline(-claim.measure.margin, color="black", linewidth=0.8)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.set_ylim(max(1, len(rows)) - 0.5, -0.5)
    axes.set_xlabel(f"{claim.ahead} is ahead by" if claim.expect == AHEAD else f"on the side of {claim.expect!r} by")
    if not rows:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no interval yet" if not verdict.judged else "tested by signs", ha="center", va="center",
                  transform=axes.transAxes)  # fmt: skip
