"""results/statements.md: the quotes are the write-ups' own words, every link and command leads somewhere.

The write-ups are not part of the project; their words are compared where a folder `shared/writeups` lies beside or
above the checkout.
"""

import re
import shlex
import tomllib

import pytest

from results.report_page.report import Report
from results.report_page.statements import PAGE, STATES, read_statements, statements_section
from results.verdicts.library import Library
from results.verdicts.table import standing
from tests.helpers import ROOT
from tests.helpers.page_commands import settings_of
from tests.helpers.run_pages import Parsed

RESULTS = ROOT / "results"
TEXTS = {
    "S. Bendale, DCGAN, cGAN and SAGAN & the CIFAR-10 dataset (2020)": "bendale-2020.txt",
    "CSA 250 Deep Learning, assignment 4 (2020)": "csa250-assignment4.txt",
    "U. Desai, Training a Conditional DC-GAN on CIFAR-10 (2018)": "desai-2018.txt",
    "A. Hamed, Conditional Self Attention Wasserstein GANs (2019)": "hamed-2019.txt",
    "Introduction to Deep Convolutional Generative Adversarial Networks using PyTorch": "pytorch-celeba-dcgan.txt",
}


ROWS = list(read_statements())
COMMANDS = sorted({row[3].strip("`") for row in ROWS if row[3]})


@pytest.fixture(scope="module")
def texts():
    folders = [parent / "shared" / "writeups" for parent in ROOT.parents]
    folder = next((folder for folder in folders if folder.is_dir()), None)
    if folder is None:
        pytest.skip("the write-ups are not here: no shared/writeups beside or above the checkout")
    return {name: plain((folder / file).read_text(encoding="utf-8")) for name, file in TEXTS.items()}


def plain(text):
    return " ".join(text.split())


def found(quote, text):
    """Whether the parts of a quote, joined by " ... ", stand in the text."""
    return all(plain(part) in text for part in quote.split(" ... "))


def test_every_write_up_has_rows_and_every_row_a_state():
    assert {row[0] for row in ROWS} == set(TEXTS)
    assert {row[2] for row in ROWS} == set(STATES)
    assert all(row[3] or row[2] == "not yet" for row in ROWS)
    assert all(row[4] for row in ROWS)


def test_quotes_are_the_write_ups_own_words(texts):
    assert [row[1] for row in ROWS if not found(row[1], texts[row[0]])] == []


def test_links_lead_to_files():
    for link in re.findall(r"\]\(([^)#]+)", PAGE.read_text(encoding="utf-8")):
        assert (RESULTS / link).exists(), link


def test_the_page_of_the_results_has_every_statement():
    parsed = Parsed(statements_section(Report([], Library(), RESULTS)))
    assert [row.quote for row in ROWS if f"“{row.quote}”{row.state}" not in parsed.text] == []
    assert all((RESULTS / place).exists() for place in parsed.attributes("href"))
    assert not re.search(r"`|\]\(", parsed.text)
    assert statements_section(Report([], None, RESULTS)) == ""


def test_what_is_shown_is_linked():
    assert [row[1] for row in ROWS if row[2] != "not yet" and "](" not in row[4]] == []


def test_every_claim_has_a_row_and_every_row_its_claims():
    named = {name for row in ROWS for name in re.findall(r"\(claims/([\w-]+)\.toml\)", row[4])}
    run = {name for row in ROWS if "claims.py run" in row[3] for name in row[3].strip("`").split()[3:]}
    files = (RESULTS / "claims").glob("*.toml")
    claims = {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in files}
    own = {name for name, claim in claims.items() if claim["writeup"].startswith("docs/")}  # what we say ourselves
    assert named == run == claims.keys() - own


def test_a_claim_with_a_verdict_is_no_longer_not_yet_shown():
    """The verdicts themselves are written by results/report.py, from the outcomes."""
    verdicts = {verdict.claim.name: verdict for verdict in Library().verdicts()}
    page = PAGE.read_text(encoding="utf-8")
    for name, verdict in verdicts.items():
        assert verdict.claim.ours or f"(claims/{name}.toml): *{standing(verdict)}*" in page, "run results/report.py"
    waiting = {
        name for row in ROWS if row.state == "not yet" for name in re.findall(r"\(claims/([\w-]+)\.toml", row.where)
    }
    assert {name for name in waiting if verdicts[name].judged} == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one_of_ours(command):
    python, program, *words = shlex.split(command)
    assert python == "python"
    if program.endswith("train.py"):
        assert settings_of(command)
    elif program == "-m":
        assert words[0] == "fid" or all((ROOT / word).exists() for word in words[1:2])
    else:
        assert (ROOT / program).is_file()
    assert all((ROOT / word).exists() for word in words if word.startswith("results/"))
