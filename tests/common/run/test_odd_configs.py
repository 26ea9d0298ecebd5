"""config.json of other types, huge numbers, missing homes: one line, whatever the value and wherever it stands."""

import copy
import json
import math

import pytest

from common.errors import UserError
from common.pages.run_page import page
from common.run.log import COLUMNS, Log
from common.run.remarks import read_remarks
from common.run.run_folder import RunFolder
from common.system.command_line import run_command
from common.system.files import cache_dir, expanded
from dcgan.recipes import RECIPES
from fid.inputs.run_images import check_run
from results.verdicts.outcome import read_records

CONFIG = {"family": "dcgan", "recipe": "x", "unit": "epoch", "metrics": {"m": {"size": 3, "floor": 0.5}},
          "settings": {"latent_dim": {"value": 4, "source": "default", "why": ""}, "data": {"value": "photos"}},
          "data": {"name": "photos", "classes": ["a", "b"], "fingerprint": "abcdef", "notes": ["n"]},
          "reported_fid": 3.5}  # fmt: skip
ODD = [None, 0, -1, 10**400, 1.5, float("nan"), True, "", "x", [], [[]], [None], {}, {"a": None}]


def places(value, path=()):
    yield path
    for key in value if isinstance(value, dict) else ():
        yield from places(value[key], (*path, key))


def test_a_config_of_other_types_is_read_or_refused_in_one_line(tmp_path):
    run, refused, cases = RunFolder(tmp_path), 0, 0
    log = Log(run.log)
    for epoch in (1, 2):
        log.add(dict.fromkeys(COLUMNS, 1.0) | {"epoch": epoch}, {"m": 0.5 * epoch})
    for path in places(CONFIG):
        for odd in ODD:
            holder = {"config": copy.deepcopy(CONFIG)}
            *way, last = ("config", *path)
            inner = holder
            for key in way:
                inner = inner[key]
            inner[last] = odd
            run.config.write_text(json.dumps(holder["config"]))
            cases += 1
            try:
                config = run.read_config()
                run.title(), run.unit(), page(run), run.check_same(config)
            except UserError:
                refused += 1
    assert cases > 200 and cases / 4 < refused < cases


def test_json_that_is_nested_without_end_is_no_traceback(tmp_path):
    run, deep = RunFolder(tmp_path), "[" * 100_000
    (tmp_path / "generator.keras").touch()
    for name in ("config.json", "remarks.json"):
        (tmp_path / name).write_text(deep)
    assert read_remarks(run) == []
    for read in (run.read_config, lambda: check_run(tmp_path, "x"), lambda: read_records(run.config)):
        with pytest.raises(UserError, match="nested too deep"):
            read()
    odd = {"rule": "a", "what": "b", "why": "c", "advice": "d", "since": math.inf}
    (tmp_path / "remarks.json").write_text(json.dumps([odd]))
    assert read_remarks(run) == []


@pytest.mark.parametrize("name", ["latent_dim", "batch_size", "g_width", "d_width", "d_hidden", "metric_fake"])
def test_huge_numbers_are_refused_before_memory_is_asked_for(name):
    with pytest.raises(UserError, match=f"{name}=1000000000000 is too large; the most is"):
        RECIPES["bendale"].override({name: str(10**12)})


@pytest.mark.parametrize("name", ["epochs", "steps_per_epoch", "metrics_every", "seed"])
@pytest.mark.parametrize("digits", [13, 400])
def test_no_number_is_without_a_bound(name, digits):
    with pytest.raises(UserError, match=f"{name}={'1' * digits} is too large; the most is"):
        RECIPES["bendale"].override({name: "1" * digits})


class ResourceExhaustedError(Exception):
    """As TensorFlow's is called."""


@pytest.mark.parametrize("kind", [MemoryError, ResourceExhaustedError])
def test_memory_that_runs_out_is_one_line(capsys, kind):
    def command():
        raise kind("OOM when allocating tensor\nwith shape[1000000000000]")

    with pytest.raises(SystemExit) as end:
        run_command(command)
    assert end.value.code == 1 and capsys.readouterr().err.startswith("error: there is not enough memory")


def test_no_home_is_a_users_error_that_says_what_to_do(monkeypatch):
    with pytest.raises(UserError, match=r"~no-such-user-here/x: there is no such home folder"):
        expanded("~no-such-user-here/x")
    monkeypatch.setenv("CIFAR_GANS_CACHE", "~no-such-user-here")
    with pytest.raises(UserError, match="no such home folder"):
        cache_dir()
    monkeypatch.delenv("CIFAR_GANS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "~no-such-user-here")
    with pytest.raises(UserError, match="CIFAR_GANS_CACHE can name a cache"):
        cache_dir()
