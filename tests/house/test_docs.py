"""README.md, CONTRIBUTING.md, docs/: their commands are real, their links lead somewhere, nothing is said twice."""

import contextlib
import io
import itertools
import re
import runpy
import shlex
import sys
from collections import defaultdict

import pytest

from common.system.fields import fields
from tests.helpers import ROOT
from tests.helpers.page_commands import RECIPES, settings_of

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")])
IN_LOOPS = {"$loss": "hinge", "$optimizer": "rmsprop"}
WORDS = 1_100  # of README: five minutes of a newcomer


def text_of(page):
    return page.read_text(encoding="utf-8")


def commands():
    """Every command of every page, without the comment behind it: `python ...`, in a block or in a sentence."""
    for page in PAGES:
        blocks = re.findall(r"^    (.*)$", text_of(page), re.M)
        inline = re.findall(r"`(python [^`]+)`", text_of(page).replace("\n", " "))
        for line in [*blocks, *inline]:
            for name, value in IN_LOOPS.items():
                line = line.replace(name, value)
            yield from (shlex.split(part, comments=True) for part in re.findall(r"\bpython [^;&]+", line))


def of_script(name):
    return sorted({tuple(words) for words in commands() if words[1] == name})


def scripts():
    return sorted({words[1] for words in commands() if words[1] != "-m"})


def helped(monkeypatch, script, *more):
    """What `python SCRIPT --help` prints, in this process."""
    monkeypatch.setattr(sys, "argv", [script, *more, "--help"])
    monkeypatch.setattr(sys, "path", [*sys.path])
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as end:
        runpy.run_path(str(ROOT / script), run_name="__main__")
    assert not end.value.code
    return printed.getvalue()


def test_the_pages_have_commands():
    assert len(list(commands())) > 40 and len(scripts()) > 10


@pytest.mark.parametrize("family", sorted(RECIPES))
def test_a_training_command_is_one_whose_recipe_and_settings_are_there(family):
    found = of_script(f"{family}/train.py")
    assert found
    for words in found:
        if "--help" not in words:
            settings_of(shlex.join(words))


@pytest.mark.parametrize("script", [name for name in scripts() if not name.endswith("train.py") and "/" in name])
def test_the_flags_of_another_command_are_there(script, monkeypatch):
    if "PATH" in script:
        return
    assert (ROOT / script).exists()
    for words in of_script(script):
        flags = {word for word in words if word.startswith("--")}
        if flags - {"--help"}:
            verb = [word for word in words[2:3] if word in ("run", "step", "extract")]
            assert flags <= set(re.findall(r"--[\w-]+", helped(monkeypatch, script, *verb))), words


def test_the_flags_protocols_and_metrics_of_fid_are_there(monkeypatch):
    said = helped(monkeypatch, "fid/__main__.py")
    for _, _, module, *words in (words for words in commands() if words[1] == "-m"):
        if module != "fid":
            assert module in ("pytest", "tests.faults")
            continue
        assert {word for word in words if word.startswith("--")} <= set(re.findall(r"--[\w-]+", said))
        for flag, value in itertools.pairwise(words):
            if flag in ("--protocol", "--metrics"):
                assert all(re.search(rf"\b{name}\b", said) for name in value.split(",")), value


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    links = [link for link in re.findall(r"\]\(([^)#]+)[)#]", text_of(page)) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_nothing_is_said_twice():
    """No dozen words in a row stand on two pages, or twice on one."""
    places = defaultdict(list)
    for page in PAGES:
        sentences = re.sub(r"^(    .*|\|.*|!.*|\[!.*)$", ".", text_of(page), flags=re.M)
        for sentence in re.split(r"[.:|]\s", sentences):
            words = re.findall(r"\w+", sentence)
            for start in range(len(words) - 11):
                places[" ".join(words[start : start + 12])].append(page.name)
    assert {words: pages for words, pages in places.items() if len(pages) > 1} == {}


def test_a_newcomer_reads_readme_in_five_minutes():
    assert len(text_of(ROOT / "README.md").split()) <= WORDS


def every_setting():
    kinds = {type(recipe.settings) for recipes in RECIPES.values() for recipe in recipes.values()}
    return {name: field.metadata["help"] for kind in kinds for name, field in fields(kind).items()}


def test_each_ingredient_with_a_paper_has_a_row_and_each_row_a_setting():
    """A setting whose help names a paper is one to try: docs/ingredients.md says when."""
    first = re.findall(r"^\| (.*?) \|", text_of(ROOT / "docs" / "ingredients.md"), re.M)
    named = {name for cell in first for name in re.findall(r"`([a-z]\w+)", cell)}
    papers = {name for name, help in every_setting().items() if re.search(r"\d{4}\.\d{5}", help)}
    assert papers <= named and len(papers) > 8
    assert named <= set(every_setting())
