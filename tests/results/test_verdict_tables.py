"""Verdicts as they are shown: on the pages, on the first page, by the command."""

import subprocess
import sys
from resource import RUSAGE_CHILDREN, getrusage

import pytest

from common.errors import UserError
from results.report_page.claims import claims_section
from results.report_page.report import Report
from results.verdicts.claim import read_claim
from results.verdicts.figure import mean_curve
from results.verdicts.library import Library
from results.verdicts.outcome import write_outcome
from results.verdicts.page import update_readme, update_statements, write_between_markers
from results.verdicts.table import length, markdown, summary
from results.verdicts.verdict import reach_verdict
from tests.helpers import ROOT
from tests.helpers.claim_files import AHEAD, ARMS, HIGH, LOW, claim_of, judge, records_of, write_claim


def test_the_table_goes_between_the_markers_and_nowhere_else(tmp_path):
    claim, page = claim_of(tmp_path, AHEAD), tmp_path / "README.md"
    table = markdown([judge(claim, wide=LOW, narrow=HIGH)])
    assert "1 claims of the write-ups: 1 confirmed." in table and "Untested" not in table
    assert "| tiny | wide ahead of narrow | cifar (64 real train, 64 generated): against narrow +4.03 [" in table
    page.write_text("before\n<!-- verdicts: written by results/report.py -->\nold\n<!-- end of the verdicts -->\nafter")
    for _ in range(2):
        write_between_markers(page, table)
        head, tail = page.read_text().split(table)
        assert head.startswith("before\n<!--") and tail.endswith("-->\nafter") and "old" not in head + tail
    page.write_text("no markers")
    with pytest.raises(UserError, match="does not have"):
        write_between_markers(page, table)


def test_the_pages_are_drawn_from_the_outcome_alone_and_the_same_every_time(tmp_path):
    claim, library = claim_of(tmp_path, AHEAD), Library([], tmp_path)
    write_outcome(tmp_path / "tiny.json", claim, records_of(claim, {"wide": LOW, "narrow": [*HIGH[:2], None]}))
    readme = tmp_path / "README.md"
    readme.write_text("<!-- verdicts: written by results/report.py -->\n<!-- end of the verdicts -->\n")
    pages = []
    for _ in range(2):
        update_readme(library, readme)
        pages.append(
            (readme.read_text(), (tmp_path / "tiny.svg").read_text(), claims_section(Report([], library, tmp_path)))
        )
    assert pages[0] == pages[1]
    table, figure, section = pages[0]
    assert "[tiny](tiny.svg)" in table and ">wide</text>" in figure and "tested by signs" in figure
    assert "data:image/svg+xml" in section and ">wider is better<" in section and "narrow seed 3 after step" in section


def test_statements_say_how_far_their_claims_have_come(tmp_path):
    claim, library, page = claim_of(tmp_path, AHEAD), Library([], tmp_path), tmp_path / "statements.md"
    page.write_text("| [tiny](claims/tiny.toml), [gone](claims/gone.toml): *as it was* |")
    records, said = records_of(claim, {"wide": LOW, "narrow": HIGH}), []
    for done in (0, 4, 6):
        write_outcome(tmp_path / "tiny.json", claim, dict(list(records.items())[:done]))
        update_statements(library, page)
        said.append(page.read_text())
    words = "not run yet", "4 of 6 runs so far", "confirmed at 8 steps, 3 seeds"
    assert said == [f"| [tiny](claims/tiny.toml): *{w}*, [gone](claims/gone.toml): *as it was* |" for w in words]


def test_the_length_is_each_arm_s_where_they_differ(tmp_path):
    assert length(claim_of(tmp_path, AHEAD)) == "8 steps, 3 seeds"
    longer = ARMS.replace("[arms.narrow]", "[arms.narrow]\nsteps = 1200")
    assert length(claim_of(tmp_path, AHEAD, longer)) == "8 (wide), 1,200 (narrow) steps, 3 seeds"


def test_untested_claims_are_named_and_no_more(tmp_path):
    claim = claim_of(tmp_path, AHEAD)
    assert markdown([reach_verdict(claim, {})]) == "1 claims of the write-ups: 1 untested.\n\nUntested: `tiny`."


def test_the_first_page_has_the_verdicts_in_a_few_lines_those_decided_first(tmp_path):
    claim = claim_of(tmp_path, AHEAD)
    untested, confirmed = reach_verdict(claim, {}), judge(claim, wide=LOW, narrow=HIGH)
    undecided = judge(claim, wide=LOW, narrow=[[9, 9, 9, 0.5], [9, 9, 9, 1.9], [9, 9, 9, 1.1]])
    assert summary([untested] * 2) == "2 claims of the write-ups: 2 untested."
    first, _, *lines = summary([undecided, untested, confirmed]).splitlines()
    assert first == "3 claims of the write-ups: 1 confirmed, 1 open, 1 untested."
    assert [line.split("**")[1].split()[0] for line in lines] == ["confirmed", "open"]
    assert all(line.startswith("- `tiny`: ") for line in lines)
    assert f"{length(claim)}, by " in lines[0] and lines[0].endswith(": wide ahead of narrow")
    shown = summary([confirmed] * 30).splitlines()
    assert len(shown) == 2 + 6 + 1 and shown[-1].startswith("- and 24 more in ")


def test_claims_of_ours_are_counted_and_listed_apart(tmp_path):
    theirs = claim_of(tmp_path, AHEAD)
    ours = read_claim(
        write_claim(tmp_path, "mine", (tmp_path / "tiny.toml").read_text().replace("a test", "docs/x.md"))
    )
    won = [judge(claim, wide=LOW, narrow=HIGH) for claim in (ours, theirs)]
    counts = ["1 claims of the write-ups: 1 confirmed.", "1 claims of ours: 1 confirmed."]
    first, _, *lines = summary(won).splitlines()
    assert first == " ".join(counts) and [line.split(":")[0] for line in lines] == ["- `tiny`", "- `mine` (ours)"]
    page = markdown([*won, reach_verdict(ours, {})])
    assert [part.splitlines()[-1][:7] for part in page.split("\n\n")[1::2]] == ["| tiny ", "| mine "]
    assert page.split("\n\n")[2] == "2 claims of ours: 1 confirmed, 1 untested." and page.endswith("Untested: `mine`.")


def test_a_mean_curve_is_where_all_of_its_runs_are():
    assert mean_curve([([1, 2, 3], [1.0, 2.0, 3.0]), ([2, 3, 4], [4.0, 5.0, 6.0]), ([], [])]) == ([2, 3], [3.0, 4.0])
    assert mean_curve([([1, 3], [0.0, 2.0]), ([1, 2, 3], [2.0, 2.0, 2.0])]) == ([1, 2, 3], [1.0, 1.5, 2.0])


def test_the_command_prints_every_claim_in_two_seconds_without_tensorflow(tmp_path):
    slow = ("tensorflow", "keras", "matplotlib", "scipy.stats", "skimage")
    code = f"from results.claims import show; import sys; show([]); print(sorted(set({slow}) & set(sys.modules)))"
    before = getrusage(RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT)
    after = getrusage(RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2
    *lines, loaded = done.stdout.splitlines()
    assert loaded == "[]" and len(lines) == 1 + len(list((ROOT / "results" / "claims").glob("*.toml")))


def test_an_unknown_claim_is_one_line(tmp_path):
    write_claim(tmp_path)
    command = [sys.executable, str(ROOT / "results" / "claims.py"), "tyni", "--claims", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (2, "error: unknown claim 'tyni'; choose from tiny\n")
