"""The rule, the same for every claim: pure functions of numbers, NumPy and SciPy alone.

A difference is of two runs of one seed, positive on the claimed side. Its 95 % interval is Student's t over the seeds.
Where several arms are compared with the claimed one, Holm's procedure (1979) keeps the chance of any false verdict at
5 %. A share of images gets the standard error of a bootstrap over seeds and images. A run that diverged is worse than
any that did not, by no known amount: then no t interval exists, and the signs of the differences are tested instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr, nctdtr, stdtr, stdtrit

ALPHA = 0.05  # 1 - the confidence of an interval; the chance of a false verdict where there is no difference
LEAST_SEEDS = 3
POWER = 0.8  # with which so many seeds "would decide"
MOST_SEEDS = 100  # beyond which nobody will run them


@dataclass(frozen=True)
class Comparison:
    """One set of paired differences, tested at its Holm level.

    `low` and `high` are None where a run diverged: then `p` is of the sign test.
    """

    effect: float | None  # mean difference
    low: float | None
    high: float | None
    p: float  # two-sided, of no difference
    level: float  # at which it is tested
    side: int  # 1: the claimed side of the margin, -1: the other, 0: neither
    pairs: int
    diverged: int  # pairs with a run that diverged
    seeds_to_decide: int | None  # that would decide, if the effect is what was seen; None: more than MOST_SEEDS

    @property
    def verdict(self) -> str:
        """`confirmed`, `refuted` or `open`."""
        return VERDICTS[self.side if self.p <= self.level else 0]


VERDICTS = {1: "confirmed", -1: "refuted", 0: "open"}


def decide(
    groups: Sequence[Sequence[float]], margin: float = 0.0, image_errors: Sequence[float] | None = None
) -> list[Comparison]:
    """Test each group of paired differences, all of them together at 5 %.

    Args:
        groups: for each comparison one difference a seed, positive on the claimed side; +-inf where one run of the pair
            diverged, NaN where both did, which says nothing.
        margin: a difference above -margin still counts for the claim.
        image_errors: of shares, for each comparison the standard error of the mean difference that comes from the
            images alone (`share_error`).

    Raises:
        ValueError: a group of fewer than three.
    """
    groups = [np.asarray(group, float) for group in groups]
    if min(map(len, groups), default=0) < LEAST_SEEDS:
        raise ValueError(f"fewer than {LEAST_SEEDS} seeds decide nothing")
    errors = [0.0] * len(groups) if image_errors is None else image_errors
    ps = [_p(group + margin, error) for group, error in zip(groups, errors, strict=True)]
    levels = holm_levels(ps)
    return [_compare(*parts, margin) for parts in zip(groups, errors, ps, levels, strict=True)]


def overall(comparisons: Sequence[Comparison]) -> str:
    """The verdict on a claim that says all of it: refuted by any, confirmed by all."""
    verdicts = [comparison.verdict for comparison in comparisons]
    if "refuted" in verdicts:
        return "refuted"
    return "confirmed" if set(verdicts) == {"confirmed"} else "open"


def _p(differences: np.ndarray, image_error: float) -> float:
    if np.isfinite(differences).all():
        return float(t_test(differences, image_error)[2])
    return sign_test(differences)


def _compare(differences: np.ndarray, image_error: float, p: float, level: float, margin: float) -> Comparison:
    finite = np.isfinite(differences)
    if not finite.all():
        # In a comparison by signs each pair counts the same, so the side is that of most of them.
        signs = np.sign(differences + margin)
        side, needed = int(np.sign(np.nansum(signs))), seeds_for_signs(signs, level)
        return Comparison(None, None, None, p, level, side, len(differences), int((~finite).sum()), needed)
    mean, error, _ = t_test(differences, image_error)
    half = error * stdtrit(len(differences) - 1, 1 - level / 2)
    needed = seeds_to_decide(mean + margin, error * len(differences) ** 0.5, level)
    return Comparison(
        float(mean), float(mean - half), float(mean + half), p, level, int(np.sign(mean + margin)), len(differences), 0,
        needed,
    )  # fmt: skip


def t_test(differences: np.ndarray, image_error: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Student's t over the last axis (..., N): the mean, its standard error, and the two-sided p of a mean of 0 (...,).

    `image_error` is added in quadrature. Without any spread, p is 1 for a mean of 0 and else 0.
    """
    count = differences.shape[-1]
    mean = differences.mean(axis=-1)
    error = np.hypot(differences.std(axis=-1, ddof=1) / count**0.5, image_error)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(mean == 0, 0.0, np.abs(mean) / error)
    return mean, error, 2 * stdtr(count - 1, -t)


def sign_test(differences: np.ndarray) -> float:
    """Two-sided exact p of as many positive as negative differences (N,); ties and NaN say nothing.

    Six that agree are the least that come below 5 %.
    """
    signs = np.sign(differences[~np.isnan(differences)])
    positive, negative = int((signs > 0).sum()), int((signs < 0).sum())
    return min(1.0, 2 * float(bdtr(min(positive, negative), positive + negative, 0.5)))


def seeds_for_signs(signs: np.ndarray, level: float = ALPHA) -> int | None:
    """Least seeds with which the sign test comes below a level with a power of 80 %; None: more than `MOST_SEEDS`.

    Args:
        signs: of the differences seen (N,), 1 and -1; 0 and NaN say nothing, nor would as many to come.
        level: of the test.
    """
    telling = int((np.abs(signs) == 1).sum())
    if not telling:
        return None
    against = min(int((signs == 1).sum()), int((signs == -1).sum())) / telling
    for count in range(LEAST_SEEDS, MOST_SEEDS + 1):
        most = np.arange(count + 1)  # seeds on the side of fewer
        passing = most[2 * bdtr(most, count, 0.5) <= level]
        if passing.size and bdtr(int(passing[-1]), count, against) >= POWER:
            needed = int(np.ceil(count * len(signs) / telling))
            return needed if needed <= MOST_SEEDS else None
    return None


def holm_levels(ps: Sequence[float]) -> list[float]:
    """The level at which each of several p is tested, so that any false verdict has at most the chance `ALPHA`.

    Holm tests the least p at ALPHA / k, the next at ALPHA / (k - 1) and so on, and stops at the first that fails: the
    rest are given that one's level, at which they fail too. An interval at 1 - level leaves 0 out where p is below it.
    """
    order = np.argsort(ps, kind="stable")
    levels, failed = [0.0] * len(ps), None
    for rank, index in enumerate(order):
        level = failed or ALPHA / (len(ps) - rank)
        levels[index] = level
        if ps[index] > level:
            failed = level
    return levels


def share_error(a: np.ndarray, b: np.ndarray, images: int) -> float:
    """Standard error of the mean difference of shares a and b (N seeds,) that resampling their images alone gives.

    Together with the seeds' own spread (`t_test`) this is the bootstrap over seeds and images, in the closed form that
    infinitely many draws come to. The spread over seeds holds the images' noise already, so that it counts twice:
    where every seed gives the same share, as at 0 or 1, the seeds alone would claim to be certain.
    """
    variances = (a * (1 - a) + b * (1 - b)) / images
    return float(np.sqrt(variances.sum()) / len(a))


def power(seeds: int, deviations: float, alpha: float = ALPHA) -> float:
    """Chance that a paired t test over so many seeds finds a difference of so many standard deviations.

    By the noncentral t distribution; found on its own side, the other being as good as impossible.
    """
    noncentrality = deviations * seeds**0.5
    found = nctdtr(seeds - 1, noncentrality, stdtrit(seeds - 1, 1 - alpha / 2))
    return float(1 - found) if np.isfinite(found) else 1.0  # SciPy gives NaN far out, where all is certain


def seeds_to_decide(effect: float, deviation: float, alpha: float = ALPHA) -> int | None:
    """Least seeds, from three to `MOST_SEEDS`, that find such an effect with a power of 80 %; None: more."""
    if deviation == 0:
        return LEAST_SEEDS if effect else None
    size = abs(effect) / deviation
    return next((n for n in range(LEAST_SEEDS, MOST_SEEDS + 1) if power(n, size, alpha) >= POWER), None)
