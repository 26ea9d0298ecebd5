"""A claim's file: what it may say, and that every mistake in it is one line with file and key."""

import re

import pytest

from common.errors import UserError
from results.verdicts.claim import read_claim
from results.verdicts.library import FOLDER, Library
from tests.helpers import ROOT
from tests.helpers.claim_files import AHEAD, ARMS, HEAD, MEASURE, SETTINGS, write_claim

FLOOR = ARMS.replace("[arms.wide]", "[arms.wide]\nfloor = 2.0")
GOOD = HEAD + AHEAD + SETTINGS + MEASURE + ARMS
TEXTS = ROOT.parent / "shared" / "writeups"
COMMITTED = sorted(FOLDER.glob("*.toml"))


def test_a_file_is_read(tmp_path):
    claim = read_claim(write_claim(tmp_path))
    assert (claim.name, claim.ahead, claim.seeds, list(claim.arms)) == ("tiny", "wide", (1, 2, 3), ["wide", "narrow"])
    trial = claim.arms["wide"].trials[1]
    assert (trial.seed, trial.steps, trial.data, trial.counts) == (2, 8, "photos", (64, 64))
    lengths = {"epochs": 4, "steps_per_epoch": 2, "metrics_every": 1, "keep": "last"}
    assert {key: trial.changes[key] for key in lengths} == lengths
    assert [t.seed for t in claim.trials()] == [1, 1, 2, 2, 3, 3]


def test_a_measurement_may_come_after_several_passes_over_little_data(tmp_path):
    text = GOOD.replace("every = 2", "every = 4\nepoch = 1")
    trial = read_claim(write_claim(tmp_path, text=text)).trials()[0]
    lengths = {"epochs": 8, "steps_per_epoch": 1, "metrics_every": 4}
    assert {key: trial.changes[key] for key in lengths} == lengths


def test_a_run_is_known_by_settings_seed_and_data_alone(tmp_path):
    claim = read_claim(write_claim(tmp_path))
    wide = {trial.id for trial in claim.arms["wide"].trials}
    # The recipe's own value, said again, and another claim with other words and another name for the arm.
    said = GOOD.replace("g_width = 16 }", 'g_width = 16, loss = "bce" }').replace("wide", "broad")
    again = read_claim(write_claim(tmp_path, "other", said))
    assert {trial.id for trial in again.arms["broad"].trials} == wide
    for change in (("g_width = 16", "g_width = 24"), ('"photos"', '"cifar10"'), ("[1, 2, 3]", "[4, 5, 6]"),
                   ("steps = 8", "steps = 10"), ("every = 2", "every = 4")):  # fmt: skip
        other = read_claim(write_claim(tmp_path, "changed", GOOD.replace(*change)))
        assert not {trial.id for trial in other.arms["wide"].trials} & wide, change


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('quote = "wider is better"', "", "quote is missing"),
        ("seeds", "sedes", "seeds is missing"),
        ("every = 2", "every = 2\ncolour = 1", "colour is unknown; the keys here are writeup, quote"),
        ("steps = 8", 'steps = "8"', "steps = '8' is not a whole number"),
        ("steps = 8", "steps = 9", "arms.wide: steps = 9 is not a multiple of every = 2"),
        ("[1, 2, 3]", "[1, 2]", r"seeds = \[1, 2\] are 2; the least is 3"),
        ("[1, 2, 3]", "[1, 2, 2]", "none twice"),
        ('ahead = "wide"', 'ahead = "tall"', "ahead = 'tall' is none of the arms: wide, narrow"),
        ('ahead = "wide"', 'expect = "maybe"', "expect = 'maybe' is not one of ahead, no gain, no loss"),
        ('ahead = "wide"', 'expect = "no gain"\nsince = 8', "since = 8 is not before the last step"),
        ('ahead = "wide"', 'expect = "no gain"\nsince = 3', "since = 3 is no step at which wide is measured: every 2"),
        ("[measure]", '[measure]\nbetter = "more"', "measure.better = 'more' is not one of lower, higher"),
        ("[measure]", "[measure]\nat = 3", "measure.at = 3 is no step"),
        ("[measure]", '[measure]\nat = "noon"', "measure.at = 'noon' is not a step"),
        ("[measure]", "[measure]\nmargin = -1", "measure.margin = -1.0 is negative"),
        ('["fid768"]', '["fid9"]', "measure.end = 'fid9' is no protocol"),
        ('["fid768"]', '["writeup"]', "measure.end = 'writeup' has numbers of images of its own"),
        (
            f"{MEASURE}{ARMS}",
            f'[measure]\nend = []\nshare = "real"\n{FLOOR}',
            "goes without floors",
        ),
        ('["fid768"]', '["cifar"]', "measure.end = 'cifar' is measured along the way already"),
        ("[measure]", '[measure]\nfigure = "fid768"\nat = 4', "measure.figure = 'fid768' is measured at the end alone"),
        ('family = "dcgan"', 'family = "stylegan"', "arms.wide: family 'stylegan' is not one of dcgan, sagan, csagan"),
        ('recipe = "bendale"', 'recipe = "karras"', "arms.wide: unknown recipe 'karras'"),
        ("g_width = 16", "g_widht = 16", "arms.wide: unknown setting 'g_widht'"),
        ("g_width = 16", "g_width = 0", "arms.wide: g_width=0 is too small"),
        ("g_width = 16", "epochs = 9", "arms.wide: epochs is no setting of a claim: it follows from seeds, steps"),
        ("g_width = 16", "g_width = 8", "arms are not all different"),
        ("[arms.wide]", "[arms.wide", "tiny.toml: "),
    ],
)
def test_a_mistake_is_one_line_that_names_file_and_key(tmp_path, old, new, words):
    path = write_claim(tmp_path, text=GOOD.replace(old, new, 1))
    with pytest.raises(UserError, match=f"{re.escape(str(path))}: .*{words}|{re.escape(str(path))}: ") as error:
        read_claim(path)
    assert re.search(words, str(error.value)) and "\n" not in str(error.value)


@pytest.mark.parametrize("path", COMMITTED, ids=[path.stem for path in COMMITTED])
def test_every_claim_of_the_project_can_be_run(path):
    claim = read_claim(path)
    assert len(claim.quote.split()) >= 4 and claim.tested.endswith(".")
    assert all(len(arm.trials) == len(claim.seeds) for arm in claim.arms.values())


@pytest.mark.skipif(not TEXTS.is_dir(), reason="the write-ups' texts are not beside the project")
@pytest.mark.parametrize("path", COMMITTED, ids=[path.stem for path in COMMITTED])
def test_every_quote_is_literal(path):
    """Pieces of one quote are joined by " ... "; line ends of the texts count as spaces; docs/ has words of ours."""
    claim = read_claim(path)
    files = [ROOT / claim.writeup] if claim.writeup.startswith("docs/") else TEXTS.glob("*.txt")
    texts = [" ".join(file.read_text(encoding="utf-8").split()) for file in files]
    assert any(all(piece in text for piece in claim.quote.split(" ... ")) for text in texts)


def test_a_folder_of_pictures_is_named_by_a_variable(tmp_path, monkeypatch):
    text = GOOD.replace('"photos"', '"$MY_FACES"')
    trial = read_claim(write_claim(tmp_path, text=text)).trials()[0]
    monkeypatch.delenv("MY_FACES", raising=False)
    with pytest.raises(UserError, match=r"\$MY_FACES.*set this variable"):
        _ = trial.data_path
    monkeypatch.setenv("MY_FACES", str(tmp_path))
    assert trial.data_path == str(tmp_path) and trial.data == "$MY_FACES"
    with pytest.raises(UserError, match="needs its training images in train/"):
        Library(folder=tmp_path).missing({})
    (tmp_path / "train").mkdir()
    assert len(Library(folder=tmp_path).missing({})) == 6


def test_runs_that_began_otherwise_are_others_and_cannot_be_done_any_more(tmp_path):
    today, before = write_claim(tmp_path / "new"), write_claim(tmp_path / "old", text=f"start = 1\n{GOOD}")
    ids = [{trial.id for trial in read_claim(path).trials()} for path in (today, before)]
    assert len(ids[0] | ids[1]) == 12
    with pytest.raises(UserError, match="start = 1 is of runs that were done before"):
        Library(folder=before.parent).missing({})
    for nowhere in ("start = 3", "start = 0"):
        with pytest.raises(UserError, match=f"arms.wide: {nowhere} is no version"):
            read_claim(write_claim(tmp_path / "none", text=GOOD.replace("[arms.wide]", f"[arms.wide]\n{nowhere}")))
    done = {key: {"state": "done", "end": {"fid768": 1.0}} for key in ids[1]}
    assert Library(folder=before.parent).missing(done) == []
