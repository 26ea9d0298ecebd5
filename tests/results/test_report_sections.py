"""Sections of the results' page, from runs and outcomes that nobody made: what they say, and when they say nothing."""

import re
from dataclasses import replace
from pathlib import Path

from common.run.log import COLUMNS, Log
from common.run.run_folder import RunFolder
from csagan.recipes import HAMED
from dcgan.recipes import BENDALE, DESAI
from results.report_page.best import best_section
from results.report_page.differences import differences_table, reading, reading_mark
from results.report_page.floors import floors_section
from results.report_page.overview import overview_section
from results.report_page.report import Report, System
from results.report_page.systems import systems_section
from results.report_page.verdicts import WIDTH, verdict_table
from results.verdicts.table import describe
from results.verdicts.verdict import reach_verdict
from tests.helpers.claim_files import claim_of, records_of
from tests.helpers.run_pages import Parsed

PROTOCOL = {"real": "cifar10:train", "real_count": 5000, "fake_count": 2000}
AHEAD = 'ahead = "wide"\nseeds = [1, 2, 3, 4]\nsteps = 8\nevery = 2'


def system(name, values, protocol=PROTOCOL, recipe=None, **changes):
    """A run that measured a value a minute, of a recipe with changes, or of one that is gone."""
    log = Log(Path("log.csv"), ("fid768",))
    for index, value in enumerate(values):
        place = {"epoch": index + 1, "images": 1000 * (index + 1), "seconds": 60.0 * (index + 1)}
        log.rows.append(dict.fromkeys(COLUMNS, 1.0) | place | {"fid768": value})
    config = {"metrics": {"fid768": protocol}, "device": "a device",
              "settings": {key: dict(item) for key, item in recipe.record().items()} if recipe else {}}  # fmt: skip
    for key, (value, source) in changes.items():
        config["settings"][key] |= {"value": value, "source": source}
    return System(name, recipe, RunFolder(Path(name)), config, log)


def written(folder, system):
    """The same with its config in a folder."""
    run = RunFolder(folder)
    family, _, recipe = system.name.partition("/")
    run.write_config(system.config | {"family": family, "recipe": recipe})
    return replace(system, run=run)


def test_the_epoch_of_the_pictures_is_that_of_the_generator_that_is_kept():
    values = [9.0, 2.0, float("nan"), 4.0]
    assert system("dcgan/best", values).pictured == 2
    assert system("dcgan/best", values, PROTOCOL | {"higher_is_better": True}).pictured == 1
    assert system("dcgan/bendale", values, recipe=BENDALE, keep=("last", "command line")).pictured == 4
    assert system("dcgan/best", [float("nan")] * 3).pictured == 3
    (row,) = re.findall(r"of epoch \d", Parsed(overview_section(Report([system("a/b", values)], None, Path()))).text)
    assert row == "of epoch 2"


def test_best_stands_beside_runs_of_its_family_and_its_protocol():
    systems = [system("dcgan/best", [9.0, 4.0, 2.0]),
               system("dcgan/behind", [9.0, None, 4.0], PROTOCOL | {"about": "other words"}),
               system("dcgan/ahead", [1.0]), system("sagan/other", [1.0]),
               system("dcgan/fewer", [1.0], PROTOCOL | {"fake_count": 10})]  # fmt: skip
    report = Report(systems, None, Path())
    text = Parsed(best_section(report)).text
    minutes, images = report.panels
    assert [curve["label"] for curve in minutes["curves"]] == ["dcgan/best", "dcgan/behind", "dcgan/ahead"]
    assert minutes["unit"] == "minutes" and minutes["curves"][1]["minutes"] == [1, 3]
    assert images["unit"] == "images" and images["curves"][1]["images"] == [1000, 3000]
    assert "dcgan/behind43:003,0002:002,000a device" in text and "dcgan/ahead11:001,000not yetnot yeta device" in text
    assert best_section(Report(systems[1:], None, Path())) == ""
    assert best_section(Report([system("dcgan/best", [])], None, Path())) == ""


def test_a_run_that_is_not_of_todays_recipe_says_so():
    earlier = system("dcgan/bendale", [9.0, 1.0], recipe=BENDALE, beta_1=(0.5, "assumed"), seed=(7, "command line"))
    other = system("dcgan/bendale", [9.0], recipe=BENDALE, image_size=(64, "command line"))
    same = system("dcgan/bendale", [9.0], recipe=BENDALE, epochs=(1, "command line"))
    gone = system("dcgan/gone", [9.0])
    assert [reading(each) for each in (earlier, other, same, gone)] == ["earlier reading", "other settings", "", ""]
    assert "beta_10.50.9assumed" in Parsed(differences_table(earlier)).text
    assert differences_table(same) == differences_table(gone) == reading_mark(gone) == ""
    report = Report([system("dcgan/best", [2.0]), earlier], None, Path())
    for text in (best_section(report), overview_section(report)):
        assert Parsed(text).attributes("title") == ["beta_1 0.5, today 0.9"]
        assert "dcgan/bendaleearlier reading" in Parsed(text).text
    assert report.panels[0]["curves"][1]["label"] == "dcgan/bendale (earlier reading)"


def test_a_section_has_todays_settings_by_source_with_their_reasons(tmp_path):
    desai = written(tmp_path, system("dcgan/desai", [1.0], recipe=DESAI))
    text = Parsed(systems_section(Report([desai], None, Path()))).text
    for source in ("stated", "author's code", "assumed"):
        assert f"{source} (" in text
    for name, item in DESAI.provenance().items():
        assert (f"{name}{item.value}{item.why}" in text) == (item.source != "default")


def test_a_reported_curve_says_how_its_author_counts_epochs(tmp_path):
    report = Report([written(tmp_path, system("csagan/hamed", [1.0], recipe=HAMED))], None, Path())
    systems_section(report)
    assert report.panels[0]["curves"][0]["epoch"][0] == 0 and "from 0; ours count from 1" in report.panels[0]["note"]


def test_a_run_whose_recipe_is_gone_has_a_row_and_a_section(tmp_path):
    gone = written(tmp_path, system("sagan/gone", [1.0]))
    gone.config["writeup"] = "S. Bendale, of whom a figure is reported"
    report = Report([gone], None, Path())
    assert "fid768 1" in Parsed(overview_section(report)).text and "Bendale" in Parsed(systems_section(report)).text


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
