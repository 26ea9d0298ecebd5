"""The rule that decides claims, on simulated outcomes: how often it errs, what it finds, what it does at the edges."""

import math

import numpy as np
import pytest
from scipy import stats

from results.verdicts.rule import (
    ALPHA,
    decide,
    holm_levels,
    overall,
    power,
    seeds_for_signs,
    seeds_to_decide,
    share_error,
    sign_test,
    t_test,
)

SIMULATIONS = 10_000
# Three standard errors of a share of 5 % among so many simulations.
ERROR = 3 * math.sqrt(ALPHA * (1 - ALPHA) / SIMULATIONS)


def paired(random, seeds, difference=0.0, shape=(SIMULATIONS,)):
    """Differences of runs that share something by seed, with a standard deviation of 1."""
    shared = 5 * random.standard_normal((*shape, seeds))
    a, b = (shared + random.standard_normal((*shape, seeds)) / math.sqrt(2) for _ in range(2))
    return a - b + difference


@pytest.mark.parametrize("seeds", [3, 4, 8])
def test_without_a_difference_five_percent_are_decided(seeds):
    _, _, p = t_test(paired(np.random.default_rng(seeds), seeds))
    assert abs((p < ALPHA).mean() - ALPHA) < ERROR


@pytest.mark.parametrize(("seeds", "found"), [(3, 0.74), (4, 0.97)])
def test_three_standard_deviations_are_found_as_the_noncentral_t_says(seeds, found):
    assert power(seeds, 3.0) == pytest.approx(found, abs=0.006)
    mean, _, p = t_test(paired(np.random.default_rng(seeds), seeds, 3.0))
    assert ((p < ALPHA) & (mean > 0)).mean() == pytest.approx(power(seeds, 3.0), abs=0.015)


def test_decide_is_the_t_test_of_scipy():
    differences = np.array([1.0, 2.5, 0.5, 3.0])
    (found,) = decide([differences])
    theirs = stats.ttest_1samp(differences, 0.0)
    interval = theirs.confidence_interval(0.95)
    assert (found.effect, found.p) == pytest.approx((1.75, theirs.pvalue))
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_an_interval_on_a_side_of_zero_is_its_verdict():
    for differences, verdict in (
        ([2.0, 2.1, 1.9], "confirmed"), ([-2.0, -2.1, -1.9], "refuted"), ([2.0, -2.1, 0.4], "open"),
    ):  # fmt: skip
        (found,) = decide([differences])
        assert found.verdict == verdict
        assert (found.low > 0, found.high < 0) == (verdict == "confirmed", verdict == "refuted")


def test_a_margin_lets_a_small_loss_pass():
    differences = [-0.2, -0.1, -0.15]
    assert decide([differences])[0].verdict == "refuted"
    assert decide([differences], margin=1.0)[0].verdict == "confirmed"
    assert decide([[-3.0, -3.1, -2.9]], margin=1.0)[0].verdict == "refuted"


@pytest.mark.parametrize("arms", [2, 3])
def test_with_several_arms_any_false_verdict_comes_in_five_percent(arms):
    """Comparisons that share the claimed arm's runs, as they do."""
    random = np.random.default_rng(arms)
    ours = random.standard_normal((500, 1, 4))
    groups = random.standard_normal((500, arms, 4)) - ours
    wrong = [any(c.verdict != "open" for c in decide(list(group))) for group in groups]
    assert np.mean(wrong) < ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / 500)


def test_holm_stops_at_the_first_that_fails():
    assert holm_levels([0.001, 0.02, 0.2]) == pytest.approx([0.05 / 3, 0.025, 0.05])
    # 0.04 is below 5 %, but 0.03 has failed at 2.5 % before it.
    levels = holm_levels([0.001, 0.04, 0.03])
    assert levels == pytest.approx([0.05 / 3, 0.025, 0.025])


def test_all_of_it_is_confirmed_by_all_and_refuted_by_any():
    ahead, behind, unclear = [2.0, 2.1, 1.9, 2.0], [-2.0, -2.1, -1.9, -2.0], [2.0, -2.0, 1.0, -1.0]
    for groups, verdict in (
        ([ahead, ahead], "confirmed"), ([ahead, unclear], "open"), ([ahead, behind], "refuted"), ([unclear], "open"),
    ):  # fmt: skip
        assert overall(decide(groups)) == verdict


def test_fewer_than_three_seeds_decide_nothing():
    with pytest.raises(ValueError, match="fewer than 3"):
        decide([[1.0, 2.0, 3.0], [5.0, 5.1]])


def test_equal_runs_are_open_and_without_spread_any_difference_decides():
    assert decide([[0.0, 0.0, 0.0]])[0].verdict == "open"
    assert decide([[0.5, 0.5, 0.5]])[0].verdict == "confirmed"


def test_a_run_that_diverged_is_worse_than_any_and_signs_decide():
    """Where one run of a pair diverged the difference has no size: six that agree are the least that decide."""
    inf, nan = math.inf, math.nan
    for differences, verdict in (
        ([inf, inf, inf], "open"), ([inf] * 5, "open"), ([inf] * 6, "confirmed"), ([-inf] * 6, "refuted"),
        ([inf, 1.0, 2.0, 0.1, 3.0, 1.0], "confirmed"), ([inf, -1.0, 2.0, 0.1, 3.0, 1.0], "open"), ([nan] * 6, "open"),
        ([nan, *[inf] * 6], "confirmed"),
    ):  # fmt: skip
        (found,) = decide([differences])
        assert found.verdict == verdict, differences
        assert (found.low, found.high, found.diverged) == (None, None, int((~np.isfinite(differences)).sum()))
    assert sign_test(np.ones(6)) <= ALPHA < sign_test(np.ones(5))


def test_seeds_that_would_decide_by_signs_are_as_many_as_their_shares_ask_for():
    """Checked by drawing signs; NaN and 0 tell nothing."""
    one = np.ones(3)
    assert seeds_for_signs(one) == seeds_for_signs(-one) == 6 and seeds_for_signs(one, 0.01) == 8
    assert seeds_for_signs(np.array([1, 1, 1, np.nan, 0, 0])) == 12
    three_to_one = seeds_for_signs(np.array([1, 1, 1, -1]))
    found = [
        np.mean([sign_test(row) <= ALPHA for row in np.sign(np.random.default_rng(0).random((4000, seeds)) - 0.25)])
        for seeds in (three_to_one - 1, three_to_one)
    ]
    assert found[0] < 0.79 < found[1] < 0.9
    assert seeds_for_signs(np.array([1, -1])) is seeds_for_signs(np.full(3, np.nan)) is None


def test_seeds_that_would_decide_have_a_power_of_eighty_percent():
    assert seeds_to_decide(3.0, 1.0) == 4  # three find it in 75 %
    assert seeds_to_decide(0.5, 1.0) == 34  # as tables for the paired t test say
    assert seeds_to_decide(0.01, 1.0) is None
    assert seeds_to_decide(1e6, 1.0) == 3


@pytest.mark.parametrize("seeds", [3, 5])
def test_the_error_of_shares_is_that_of_a_bootstrap_over_seeds_and_images(seeds):
    random, images, draws = np.random.default_rng(0), 200, 200_000
    a, b = random.uniform(0.2, 0.8, (2, seeds))
    chosen = random.integers(0, seeds, (draws, seeds))
    drawn = (random.binomial(images, a[chosen]) - random.binomial(images, b[chosen])) / images
    _, seeds_alone, _ = t_test(a - b)
    closed = math.hypot(seeds_alone * math.sqrt((seeds - 1) / seeds), share_error(a, b, images))
    assert drawn.mean(axis=1).std() == pytest.approx(closed, rel=0.01)


@pytest.mark.parametrize("spread", [0.0, 0.1])
def test_equal_shares_are_told_apart_in_at_most_five_percent(spread):
    random, images = np.random.default_rng(1), 500
    rates = np.clip(0.3 + spread * random.standard_normal((2, 2000, 3)), 0, 1)
    a, b = random.binomial(images, rates) / images
    wrong = [t_test(x - y, share_error(x, y, images))[2] < ALPHA for x, y in zip(a, b, strict=True)]
    assert np.mean(wrong) < ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / 2000)


def test_shares_that_every_seed_agrees_on_are_not_certain():
    """One image in 500 is not a difference, though its three runs agree."""
    a, b = np.full(3, 0.002), np.zeros(3)
    assert decide([a - b])[0].verdict == "confirmed"
    assert decide([a - b], image_errors=[share_error(a, b, 500)])[0].verdict == "open"
