"""Verdicts in words: a table for a terminal, one in Markdown, and a claim with all that is known of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from results.verdicts.claim import AHEAD, END, MINUTES, Claim
from results.verdicts.rule import MOST_SEEDS, Comparison
from results.verdicts.verdict import UNTESTED, Judged, Verdict

VERDICTS = ("confirmed", "refuted", "open", UNTESTED)  # in the order in which they are shown
FIRST = 6  # verdicts of the summary


def cells(verdict: Verdict) -> dict[str, str]:
    """A verdict as a row of a table, by heading."""
    claim = verdict.claim
    return {
        "claim": claim.name,
        "words": f'"{claim.quote}" ({claim.writeup})',
        "arms": compared(claim),
        "effect [95 % interval]": "; ".join(effects(judged, claim) for judged in verdict.judged) or "-",
        "verdict": conclusion(verdict),
        "length": length(claim),
        "cost": f"{verdict.done} of {verdict.runs} runs, {verdict.minutes:.0f} min",
    }


def conclusion(verdict: Verdict) -> str:
    """The verdict, and what stands beside it: the seeds that would decide, other protocols' verdicts, divergence."""
    words = verdict.verdict
    if words == "open":
        seeds = verdict.seeds_to_decide
        words += f" ({seeds} seeds would decide)" if seeds else f" (more than {MOST_SEEDS} seeds would decide)"
    words += "".join(f"; by {judged.figure}: {judged.verdict}" for judged in verdict.judged[1:])
    return words + (f"; {len(verdict.diverged)} runs diverged" if verdict.diverged else "")


def standing(verdict: Verdict) -> str:
    """How far a claim has come, in few words: not run, some of its runs, or the verdict and where it is one."""
    if verdict.verdict != UNTESTED:
        return f"{verdict.verdict} at {length(verdict.claim)}"
    return f"{verdict.done} of {verdict.runs} runs so far" if verdict.done else "not run yet"


def compared(claim: Claim) -> str:
    """What is compared with what, and which way the claim goes."""
    if claim.expect == AHEAD:
        how = f"at most {claim.measure.margin:g} behind" if claim.measure.margin else "ahead of"
        return f"{claim.ahead} {how} {', '.join(name for name in claim.arms if name != claim.ahead)}"
    return f"{', '.join(claim.arms)}: {claim.expect} since step {claim.since:,}"


def length(claim: Claim) -> str:
    """Steps and seeds, since a verdict is one at this length."""
    steps = sorted({arm.steps for arm in claim.arms.values()})
    at = claim.measure.at
    if at == MINUTES:
        where = f"equal minutes, of at most {max(steps):,} steps"
    elif at == END:
        each = ", ".join(f"{arm.steps:,} ({arm.name})" for arm in claim.arms.values())
        where = f"{each if len(steps) > 1 else f'{steps[0]:,}'} steps"
    else:
        where = f"{at:,} steps"
    return f"{where}, {len(claim.seeds)} seeds"


def effects(judged: Judged, claim: Claim) -> str:
    """The difference from each arm; above 0 is the claimed side."""
    found = "; ".join(f"against {name} {effect_words(comparison)}" for name, comparison in judged.comparisons.items())
    return f"{named(judged.figure, claim)} ({judged.protocol}): {found}"


def named(figure: str, claim: Claim) -> str:
    """A figure, and that it is a share of its movement where it is."""
    return f"wrong-way share of {figure}" if claim.measure.is_wrong_way(figure) else figure


def effect_words(comparison: Comparison) -> str:
    """A difference with its interval; where runs diverged, in how many, and the sign test."""
    if comparison.low is None:
        return f"(diverged in {comparison.diverged} of {comparison.pairs} pairs; sign test p = {comparison.p:.2g})"
    return f"{comparison.effect:+.3g} [{comparison.low:.3g}, {comparison.high:.3g}]"


def plain(verdicts: Iterable[Verdict]) -> str:
    """A table for a terminal: name, verdict, effect, length, cost."""
    rows = [cells(verdict) for verdict in verdicts]
    names = [name for name in (rows[0] if rows else ()) if name not in ("words", "arms")]
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in names}
    lines = [{name: name for name in names}, *rows]
    return "\n".join("  ".join(line[name].ljust(widths[name]) for name in names).rstrip() for line in lines)


def count(verdicts: Sequence[Verdict]) -> str:
    """How many claims there are, and of which verdict how many: those of the write-ups, and apart from them ours."""
    return " ".join(f"{len(group)} claims {whose}: {_tally(group)}." for whose, group in by_origin(verdicts))


def by_origin(verdicts: Iterable[Verdict]) -> list[tuple[str, list[Verdict]]]:
    """The claims of the write-ups and those of ours, with words for whose they are; a group that is empty is none."""
    groups: dict[bool, list[Verdict]] = {False: [], True: []}
    for verdict in verdicts:
        groups[verdict.claim.ours].append(verdict)
    return [("of ours" if ours else "of the write-ups", group) for ours, group in groups.items() if group]


def _tally(verdicts: Iterable[Verdict]) -> str:
    found = Counter(verdict.verdict for verdict in verdicts)
    return ", ".join(f"{found[name]} {name}" for name in VERDICTS if found[name])


def summary(verdicts: Sequence[Verdict]) -> str:
    """`count`, then a line a verdict in Markdown: the write-ups' first, of these the decided; `FIRST` of them."""
    judged = sorted((v for v in verdicts if v.judged), key=lambda v: (v.claim.ours, VERDICTS.index(v.verdict)))
    lines = [f"- `{v.claim.name}`{' (ours)' if v.claim.ours else ''}: **{v.verdict}** at {length(v.claim)}, "
             f"by {named(v.judged[0].figure, v.claim)}: {compared(v.claim)}" for v in judged[:FIRST]]  # fmt: skip
    if len(judged) > FIRST:
        lines.append(f"- and {len(judged) - FIRST} more in [results/README.md](results/README.md#claims)")
    return "\n".join([count(verdicts), *([""] if lines else []), *lines])


def markdown(verdicts: Sequence[Verdict], figures: Mapping[str, str] | None = None) -> str:
    """Of the write-ups' claims, then of ours: how many, a table of those tested, and the others' names, in Markdown.

    Args:
        verdicts: of all claims.
        figures: by claim, what its name links to.
    """
    parts = [part for _, group in by_origin(verdicts) for part in _markdown(group, figures or {})]
    return "\n\n".join(parts)


def _markdown(verdicts: Sequence[Verdict], figures: Mapping[str, str]) -> list[str]:
    rows = [cells(verdict) for verdict in verdicts if verdict.verdict != UNTESTED]
    for row in rows:
        if path := figures.get(row["claim"]):
            row["claim"] = f"[{row['claim']}]({path})"
    untested = [f"`{verdict.claim.name}`" for verdict in verdicts if verdict.verdict == UNTESTED]
    parts = [count(verdicts)]
    if rows:
        names = [name for name in rows[0] if name != "words"]
        lines = [names, ["---"] * len(names), *([row[name] for name in names] for row in rows)]
        parts.append("\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines))
    if untested:
        parts.append(f"Untested: {', '.join(untested)}.")
    return parts


def describe(verdict: Verdict) -> str:
    """All that is known of a claim, in several lines."""
    claim, row = verdict.claim, cells(verdict)
    lines = [f"{claim.name}: {row['verdict']}", f"  {row['words']}", f"  tested: {claim.tested}", f"  {row['arms']}"]
    lines += [f"  pilot: {claim.pilot}"] if claim.pilot else []
    lines += [f"  decided by {_figure(claim)}; {row['length']}; {row['cost']}"]
    for judged in verdict.judged:
        lines += [f"  {named(judged.figure, claim)}, {judged.protocol}: {judged.verdict}"]
        where = " at its end" if claim.measure.at == MINUTES else ""
        lines += [
            f"    {name:<24} {'-' if mean is None else f'{mean:.4g}{where}'}" for name, mean in judged.means.items()
        ]
        lines += [f"    {name:<24} {effect_words(c)}: {c.verdict}" for name, c in judged.comparisons.items()]
    lines += [f"  diverged: {run}" for run in verdict.diverged]
    if verdict.done < verdict.runs:
        lines.append(f"  {verdict.runs - verdict.done} runs are missing: python results/claims.py run {claim.name}")
    if verdict.lacking:
        lines.append(f"  {verdict.lacking}")
    if verdict.strays:
        lines.append("  no longer of this claim, by settings, seed, data or recipe:")
        lines += [f"    {stray}" for stray in verdict.strays]
    return "\n".join(lines)


def _figure(claim: Claim) -> str:
    measure = claim.measure
    what = f"{measure.figure} ({measure.better} is better)"
    if measure.is_wrong_way(measure.figure):
        what = f"the share of {measure.figure}'s movement that goes the wrong way"
    if any(arm.floor != 1 for arm in claim.arms.values()):
        what += " in units of the floor of real images, " + ", ".join(
            f"{a.name} {a.floor:g}" for a in claim.arms.values()
        )
    return what + (f", a margin of {measure.margin:g}" if measure.margin else "")
