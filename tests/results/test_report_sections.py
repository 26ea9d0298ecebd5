"""Sections of the results' page, from runs and outcomes that nobody made: what they say, and when they say nothing."""

import re
from pathlib import Path

from common.run.log import COLUMNS, Log
from common.run.run_folder import RunFolder
from results.report_page.best import best_section
from results.report_page.floors import floors_section
from results.report_page.report import Report, System
from results.report_page.verdicts import WIDTH, verdict_table
from results.verdicts.table import describe
from results.verdicts.verdict import reach_verdict
from tests.helpers.claim_files import claim_of, records_of
from tests.helpers.run_pages import Parsed

PROTOCOL = {"real": "cifar10:train", "real_count": 5000, "fake_count": 2000}
AHEAD = 'ahead = "wide"\nseeds = [1, 2, 3, 4]\nsteps = 8\nevery = 2'


def system(name, values, protocol=PROTOCOL):
    """A run that measured a value a minute."""
    log = Log(Path("log.csv"), ("fid768",))
    for index, value in enumerate(values):
        log.rows.append(
            dict.fromkeys(COLUMNS, 1.0) | {"epoch": index + 1, "seconds": 60.0 * (index + 1), "fid768": value}
        )
    config = {"metrics": {"fid768": protocol}, "device": "a device"}
    return System(name, None, RunFolder(Path(name)), config, log)


def test_best_stands_beside_runs_of_its_family_and_its_protocol():
    systems = [system("dcgan/best", [9.0, 4.0, 2.0]),
               system("dcgan/behind", [9.0, None, 4.0], PROTOCOL | {"about": "other words"}),
               system("dcgan/ahead", [1.0]), system("sagan/other", [1.0]),
               system("dcgan/fewer", [1.0], PROTOCOL | {"fake_count": 10})]  # fmt: skip
    report = Report(systems, None, Path())
    text = Parsed(best_section(report)).text
    (panel,) = report.panels
    assert [curve["label"] for curve in panel["curves"]] == ["dcgan/best", "dcgan/behind", "dcgan/ahead"]
    assert panel["unit"] == "minutes" and panel["curves"][1]["minutes"] == [1, 3]
    assert "dcgan/behind43:002:00a device" in text and "dcgan/ahead11:00not yeta device" in text
    assert best_section(Report(systems[1:], None, Path())) == ""
    assert best_section(Report([system("dcgan/best", [])], None, Path())) == ""


def test_a_verdict_is_drawn_beside_the_line_that_it_is_judged_by(tmp_path):
    claim = claim_of(tmp_path, AHEAD)
    wide, narrow = [[5.0, 1.0 + i / 10] for i in range(4)], [[5.0, 3.0 + i / 7] for i in range(4)]
    won = verdict_table([reach_verdict(claim, records_of(claim, {"wide": wide, "narrow": narrow}))])
    lost = verdict_table([reach_verdict(claim, records_of(claim, {"wide": narrow, "narrow": wide}))])
    for drawn, verdict, side in ((won, "confirmed", 1), (lost, "refuted", -1)):
        (line, _), ends = re.findall('<line x1="([^"]+)" x2="([^"]+)"', drawn)
        assert float(line) == WIDTH / 2 and all(side * (float(end) - WIDTH / 2) > 0 for end in ends)
        assert verdict in Parsed(drawn).text and "cifar" in Parsed(drawn).text
    assert "wide ahead of narrow" in Parsed(won).text
    died = verdict_table([reach_verdict(claim, records_of(claim, {"wide": wide, "narrow": [None] * 4}))])
    assert "<circle" not in died and "diverged in 4 of 4 pairs" in Parsed(died).text


def test_a_share_that_goes_the_wrong_way_is_not_called_by_the_figure_alone(tmp_path):
    claim = claim_of(tmp_path, AHEAD, measure='end = []\nof = "wrong way"')
    verdict = reach_verdict(claim, records_of(claim, {"wide": [[9, 8, 7, 6]] * 4, "narrow": [[9, 8, 9, 8]] * 4}))
    assert "wrong-way share of cifar, 64 real" in Parsed(verdict_table([verdict])).text
    assert "  wrong-way share of cifar, 64 real" in describe(verdict)


def test_noise_floors_are_of_the_whole_page_alone():
    assert floors_section(Report([], None, Path())) == ""
