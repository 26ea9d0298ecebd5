"""From outcomes to verdicts: what is compared with what, where, and which way."""

import pytest

from common.errors import UserError
from results.verdicts.curve import at_minutes, wrong_way
from results.verdicts.library import Library
from results.verdicts.outcome import by_id, read_records, write_outcome
from results.verdicts.table import describe, plain
from results.verdicts.verdict import reach_verdict
from tests.helpers.claim_files import AHEAD, ARMS, HIGH, LOW, claim_of, judge, records_of


def test_lower_is_ahead_and_higher_where_the_claim_says_so(tmp_path):
    claim = claim_of(tmp_path, AHEAD)
    assert judge(claim, wide=LOW, narrow=HIGH).verdict == "confirmed"
    assert judge(claim, wide=HIGH, narrow=LOW).verdict == "refuted"
    assert judge(claim, wide=LOW, narrow=LOW).verdict == "open"
    claim = claim_of(tmp_path, AHEAD, measure='end = []\nbetter = "higher"')
    verdict = judge(claim, wide=LOW, narrow=HIGH)
    assert verdict.verdict == "refuted"
    (comparison,) = verdict.judged[0].comparisons.values()
    assert comparison.effect == pytest.approx(-4.0333, abs=1e-3)  # below 0: not on the claimed side
    assert verdict.judged[0].means == pytest.approx({"wide": 1.1, "narrow": 5.1333}, abs=1e-3)


def test_differences_are_paired_by_seed(tmp_path):
    """Seeds differ by far more than the arms, and every seed says the same."""
    wide, narrow = ([[9.0, base + more] for base in (10, 50, 90)] for more in (0.0, 1.0))
    wide[0][1] += 0.1
    assert judge(claim_of(tmp_path, AHEAD), wide=wide, narrow=narrow).verdict == "confirmed"


def test_a_step_before_the_end_can_be_asked_for(tmp_path):
    claim = claim_of(tmp_path, AHEAD, measure="end = []\nat = 4")
    early = [[9, first, 9, 9] for first in (1.0, 1.1, 1.2)]
    assert judge(claim, wide=early, narrow=[[9, 3, 9, 9]] * 3).verdict == "confirmed"


def test_the_same_runs_can_be_judged_at_another_length(tmp_path):
    claim, library = claim_of(tmp_path, AHEAD), Library([], tmp_path, at=4)
    early = [[9, first, 9, 9] for first in (1.0, 1.1, 1.2)]
    records = records_of(claim, {"wide": early, "narrow": [[9, 3, 9, 1]] * 3})
    write_outcome(tmp_path / "tiny.json", claim, records)
    (verdict,) = library.verdicts()
    assert verdict.verdict == "confirmed" and "4 steps, 3 seeds" in plain([verdict])
    assert Library([], tmp_path).verdicts()[0].verdict == "refuted"


def test_at_equal_minutes_the_slower_arm_decides_where(tmp_path):
    """The narrow arm takes a quarter of the time: the wide one is read where the narrow one ended, at its step 2."""
    claim = claim_of(tmp_path, AHEAD, measure='end = []\nat = "minutes"')
    wide, narrow = [[8.0, 3.0, 2.0, 1.0]] * 3, [[8.0, 7.0, 6.0, 5.0], [8, 7, 6, 5.1], [8, 7, 6, 5.2]]
    records = records_of(claim, {"wide": wide, "narrow": narrow})
    for trial in claim.arms["narrow"].trials:
        records[trial.id]["curve"]["seconds"] = [0.5, 1.0, 1.5, 2.0]
    (comparison,) = reach_verdict(claim, records).judged[0].comparisons.values()
    assert comparison.effect == pytest.approx(5.1 - 8.0)
    assert at_minutes([1, 2, 4], [10.0, 8.0, None], 1.5) == 9.0 and at_minutes([1, 2], [10.0, 8.0], 0.5) is None


@pytest.mark.parametrize(
    ("other", "known"),
    [({"device": "another"}, True), ({"share": {"cores": 1}}, True), ({"share": {"cores": None}}, False),
     ({"device": None}, False), ({"share": {}}, False)],
)  # fmt: skip
def test_minutes_on_other_devices_or_cores_are_not_compared(tmp_path, other, known):
    claim = claim_of(tmp_path, AHEAD, measure='end = []\nat = "minutes"')
    records = records_of(claim, {"wide": LOW, "narrow": HIGH})
    assert reach_verdict(claim, records).verdict == "confirmed"
    records[claim.trials()[-1].id] |= other
    assert "not comparable by minutes" in describe(reach_verdict(claim, records))
    assert reach_verdict(claim.read_at(8), records).verdict == "confirmed"
    for one in records.values():
        one |= other
    assert (reach_verdict(claim, records).verdict == "confirmed") == known


def test_arms_of_different_data_are_compared_in_units_of_their_floors(tmp_path):
    arms = ARMS.replace('recipe = "bendale"', 'recipe = "bendale"\nfloor = 0.5', 1)
    verdict = judge(claim_of(tmp_path, AHEAD, arms=arms), wide=LOW, narrow=[[9, 1.5], [9, 1.7], [9, 1.6]])
    assert verdict.verdict == "refuted" and verdict.judged[0].means == pytest.approx({"wide": 2.2, "narrow": 1.6})
    assert "in units of the floor of real images, wide 0.5, narrow 1" in describe(verdict)


def test_how_steadily_a_curve_falls(tmp_path):
    assert wrong_way([9, 8, 7, 6], 1) == 0 and wrong_way([9, 8, 9, 8, 9], 1) == 0.5 and wrong_way([6, 7, 8], -1) == 0
    assert wrong_way([9, None, 8, 9], 1) == 0.5 and wrong_way([9, 8], 1) is None
    claim = claim_of(tmp_path, AHEAD, measure='end = []\nof = "wrong way"')
    steady, restless = [[9, 8, 7, 6.9]] * 3, [[9, 5, 7, 1], [9, 5, 7.1, 1], [9, 5, 7.2, 1]]
    assert judge(claim, wide=steady, narrow=restless).verdict == "confirmed"


def test_how_steadily_a_curve_falls_is_judged_at_another_length_by_the_curve_so_far(tmp_path):
    claim = claim_of(tmp_path, AHEAD, measure='end = []\nof = "wrong way"')
    late = [[9, 8, 7, 9], [9, 8, 7, 9.1], [9, 8, 7, 9.2]]  # wrong in its last move alone
    records = records_of(claim, {"wide": late, "narrow": [[9, 9.5, 9.2, 1]] * 3})
    assert reach_verdict(claim, records).verdict == "refuted"
    assert reach_verdict(claim.read_at(6), records).verdict == "confirmed"
    for nowhere in (5, 10):
        assert "has no cifar where it is compared" in describe(reach_verdict(claim.read_at(nowhere), records))


@pytest.mark.parametrize(
    ("expect", "margin", "falling", "flat", "rising"),
    [("no gain", 2, "refuted", "confirmed", "confirmed"), ("no loss", 2, "confirmed", "confirmed", "refuted")],
)
def test_a_run_can_be_compared_with_itself(tmp_path, expect, margin, falling, flat, rising):
    one = ARM_ALONE
    claim = claim_of(tmp_path, AHEAD.replace('ahead = "wide"', f'expect = "{expect}"\nsince = 2'), arms=one,
                     measure=f"end = []\nmargin = {margin}")  # fmt: skip
    for too_early in (1, 2):
        told = describe(reach_verdict(claim.read_at(too_early), records_of(claim, {"wide": [[9.0] * 4] * 3})))
        assert f"its own step 2, which step {too_early} is not after" in told
    for change, verdict in ((-5, falling), (0, flat), (5, rising)):
        values = [[30 + noise, 9, 9, 30 + noise * 1.01 + change] for noise in (0.0, 1.0, 2.0)]
        assert judge(claim, wide=values).verdict == verdict


ARM_ALONE = '[arms.wide]\nfamily = "dcgan"\nrecipe = "bendale"\nsettings = { g_width = 16 }\n'


def test_runs_that_diverged_are_worse_than_any_and_named(tmp_path):
    six = AHEAD.replace("[1, 2, 3]", "[1, 2, 3, 4, 5, 6]")
    claim = claim_of(tmp_path, six)
    verdict = judge(claim, wide=LOW * 2, narrow=[None] * 6)
    assert verdict.verdict == "confirmed" and len(verdict.diverged) == 6
    assert "narrow seed 1 after step 8" in describe(verdict) and "sign test p = 0.031" in describe(verdict)
    three = judge(claim_of(tmp_path, AHEAD), wide=LOW, narrow=[None] * 3)
    assert three.verdict == "open" and "open (6 seeds would decide); 3 runs diverged" in plain([three])
    learnt = claim_of(tmp_path, six.replace('ahead = "wide"', 'expect = "no gain"\nsince = 2'), arms=ARM_ALONE)
    assert judge(learnt, wide=[None] * 6).verdict == "confirmed"


def test_a_run_had_not_diverged_at_the_steps_that_it_reached(tmp_path):
    claim = claim_of(tmp_path, AHEAD)
    records = records_of(claim, {"wide": LOW, "narrow": [[9, 9, 9.5, 9], [9, 9, 9.51, 9], [9, 9, 9.52, 9]]})
    for trial in claim.arms["wide"].trials:  # one that reached 6 of its 8 steps
        curve = {key: values[:3] for key, values in records[trial.id]["curve"].items()}
        records[trial.id] |= {"state": "diverged", "steps": 6, "curve": curve}
    end, there, before = (reach_verdict(claim.read_at(at), records) for at in ("end", 6, 4))
    assert end.judged[0].means["wide"] is None and len(end.diverged) == 3
    assert (there.verdict, there.diverged, there.judged[0].means["wide"]) == ("confirmed", (), 9)
    assert before.judged[0].comparisons["narrow"].effect == 0
    assert len(reach_verdict(claim.read_at(8), records).diverged) == 3


def test_shares_know_of_how_many_images_they_are(tmp_path):
    """One image in 64 of every seed alike would be certain by the seeds alone."""
    shares = {"wide": [[0.0, 0.0]] * 3, "narrow": [[1 / 64, 1 / 64]] * 3}
    assert judge(claim_of(tmp_path, AHEAD), **shares).verdict == "confirmed"
    claim = claim_of(tmp_path, AHEAD, measure='end = []\nshare = "generated"')
    assert judge(claim, **shares).verdict == "open"


def test_protocols_of_the_end_stand_beside(tmp_path):
    claim = claim_of(tmp_path, AHEAD, measure='end = ["fid768"]')
    records = records_of(claim, {"wide": LOW, "narrow": HIGH})
    assert [judged.figure for judged in reach_verdict(claim, records).judged] == ["cifar"]  # no weights were at hand
    for arm, values in (("wide", (5.0, 5.1, 5.3)), ("narrow", (2.0, 2.1, 2.2))):
        for trial, value in zip(claim.arms[arm].trials, values, strict=True):
            records[trial.id]["end"] = {"fid768": value}
    verdict = reach_verdict(claim, records)
    assert verdict.verdict == "confirmed" and verdict.judged[1].verdict == "refuted"
    assert "confirmed; by fid768: refuted" in plain([verdict])


def test_before_all_runs_are_done_there_is_no_verdict(tmp_path):
    claim = claim_of(tmp_path, AHEAD)
    records = records_of(claim, {"wide": LOW, "narrow": HIGH})
    records.pop(claim.trials()[-1].id)
    verdict = reach_verdict(claim, records)
    assert (verdict.verdict, verdict.done, verdict.runs) == ("untested", 5, 6)
    assert "1 runs are missing: python results/claims.py run tiny" in describe(verdict)


def test_an_outcome_is_kept_and_a_changed_claim_says_what_no_longer_belongs(tmp_path):
    claim, path = claim_of(tmp_path, AHEAD), tmp_path / "tiny.json"
    write_outcome(path, claim, records_of(claim, {"wide": LOW, "narrow": HIGH}))
    records = by_id(read_records(path))
    assert reach_verdict(claim, records).verdict == "confirmed"
    changed = claim_of(tmp_path, AHEAD.replace("[1, 2, 3]", "[2, 3, 4]"))
    verdict = reach_verdict(changed, records)
    assert (verdict.verdict, verdict.done) == ("untested", 4)
    left = [f"    dcgan/bendale seed 1 ({arm.trials[0].id})" for arm in claim.arms.values()]
    *_, heading, first, second = describe(verdict).splitlines()
    assert heading.startswith("  no longer of this claim") and [first, second] == left


@pytest.mark.parametrize("text", ["", "[]", '{"runs": 3}', '{"runs": [{"id": "x"}]}', "{" * 2000])
def test_a_damaged_outcome_is_one_line(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(UserError, match=r"x\.json"):
        read_records(tmp_path / "x.json")


def test_a_figure_that_the_runs_do_not_have_is_named(tmp_path):
    claim = claim_of(tmp_path, AHEAD, measure='end = []\nfigure = "recall"')
    verdict = judge(claim, wide=LOW, narrow=HIGH)
    assert verdict.verdict == "untested" and "has no recall where it is compared" in describe(verdict)
    assert "untested" in plain([verdict])


def test_a_figure_that_is_taken_the_wrong_way_round_decides_nothing(tmp_path):
    for better, verdict in (("lower", "untested"), ("higher", "refuted")):
        claim = claim_of(tmp_path, AHEAD, measure=f'end = []\nbetter = "{better}"')
        records = records_of(claim, {"wide": LOW, "narrow": HIGH})
        for one in records.values():
            one["protocols"]["cifar"]["higher_is_better"] = True
        found = reach_verdict(claim, records)
        assert found.verdict == verdict and ("is a mistake" in describe(found)) == (verdict == "untested")


def test_with_a_margin_to_be_a_little_behind_is_enough(tmp_path):
    claim = claim_of(tmp_path, AHEAD, measure="end = []\nmargin = 5")
    behind = judge(claim, wide=HIGH, narrow=LOW)
    assert behind.verdict == "confirmed" and "wide at most 5 behind narrow" in describe(behind)


def test_runs_on_different_images_of_one_name_are_not_compared(tmp_path):
    claim = claim_of(tmp_path, AHEAD)
    records = records_of(claim, {"wide": LOW, "narrow": HIGH})
    records[claim.trials()[-1].id]["data"] = {"fingerprint": "g"}
    assert "its runs are of different images, all called photos" in describe(reach_verdict(claim, records))


def test_runs_measured_by_different_weights_are_not_compared(tmp_path):
    claim = claim_of(tmp_path, AHEAD)
    records = records_of(claim, {"wide": LOW, "narrow": HIGH})
    for number, trial in enumerate(claim.trials()):
        records[trial.id]["protocols"]["cifar"]["weights_sha256"] = "anew" if number == 5 else "a"
    assert "its runs' cifar is of different networks" in describe(reach_verdict(claim, records))
