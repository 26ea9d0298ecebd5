"""results/README.md: the command of each committed run gives the settings that the run was made with."""

import json
import re

import pytest

from tests.helpers import ROOT
from tests.helpers.page_commands import settings_of

RESULTS = ROOT / "results"
RUNS = sorted(path.parent.relative_to(RESULTS).as_posix() for path in RESULTS.glob("*/*/config.json"))
BY_THE_MACHINE = "auto"


def section(run):
    """What the page says of a run, from its heading to the next."""
    page = (RESULTS / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"^### `{run}`.*?(?=^##)", page, re.DOTALL | re.MULTILINE)
    assert found, f"results/README.md has no section ### `{run}`"
    return found.group()


@pytest.mark.parametrize("run", RUNS)
def test_the_first_command_of_a_section_repeats_its_run(run):
    config, text = json.loads((RESULTS / run / "config.json").read_text(encoding="utf-8")), section(run)
    command = re.search(r"^    (python \w+/train\.py.*?[^\\])$", text, re.DOTALL | re.MULTILINE)
    assert command, f"results/README.md has no command for {run}"
    if f"git checkout {config['git_commit']}\n    python" in text:
        return  # networks that are gone: the recipes of that commit are meant
    settings = settings_of(command.group(1).replace("\\\n", " "))
    for key, item in config["settings"].items():
        today = getattr(settings, key, None)
        assert key in text if today is None else today in (item["value"], BY_THE_MACHINE), key
