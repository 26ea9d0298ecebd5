"""`results/compare.py`: runs are named by what tells them apart, and only equal quantities share a panel."""

import json
import subprocess
import sys

import imageio.v3 as iio
import pytest

from common.errors import UserError
from common.run.log import COLUMNS, Log
from results.compare import name_runs, panels, read_run, shared_unit, table
from tests.helpers import ROOT

OWN = {"epochs": 200, "loss": "bce", "optimizer": "adam"}
CIFAR = {"real_count": 5000, "fake_count": 2000, "real": "cifar10:train"}


def write_run(folder, changed, metrics=None, recipe="bendale", family="sagan", values=(40.0, 30.0, 35.0)):
    """A run of three epochs, which measured `values` of every metric."""
    metrics = {"cifar": CIFAR} if metrics is None else metrics
    settings = {key: {"value": value, "source": "stated", "why": ""} for key, value in OWN.items()}
    settings |= {key: {"value": value, "source": "command line", "why": ""} for key, value in changed.items()}
    config = {"family": family, "recipe": recipe, "settings": settings, "data": {"name": "cifar10"}, "metrics": metrics}
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    log = Log(folder / "log.csv")
    for epoch, value in enumerate(values, 1):
        row = dict.fromkeys(COLUMNS, 0.5) | {"epoch": epoch, "step": epoch, "images": epoch, "d_loss": value / 100}
        log.add(row, {name: value for name in metrics} | {"cifar_intra/cat": 1.0, "g_gamma": 0.1})
    return folder


@pytest.fixture
def four(tmp_path):
    """The experiment on loss and optimizer; the first run is the recipe's own."""
    changes = [{}, {"optimizer": "rmsprop"}, {"loss": "hinge"}, {"loss": "hinge", "optimizer": "rmsprop"}]
    return [write_run(tmp_path / str(i), {"epochs": 4} | change) for i, change in enumerate(changes)]


def test_runs_are_named_by_what_differs_even_where_it_is_the_recipes_own(four):
    names, shared = name_runs([read_run(path) for path in four])
    assert names == [
        "sagan/bendale optimizer=adam, loss=bce",
        "sagan/bendale optimizer=rmsprop, loss=bce",
        "sagan/bendale optimizer=adam, loss=hinge",
        "sagan/bendale optimizer=rmsprop, loss=hinge",
    ]
    assert shared == "all with epochs=4"


def test_names_of_other_recipes_and_of_equal_runs(tmp_path):
    paths = [write_run(tmp_path / name, {}) for name in "ab"]
    paths.append(write_run(tmp_path / "c", {"width": 8}, family="dcgan"))
    names, shared = name_runs([read_run(path) for path in paths])
    assert names == [f"sagan/bendale ({paths[0]})", f"sagan/bendale ({paths[1]})", "dcgan/bendale width=8"]
    assert shared == ""


def test_metrics_of_two_protocols_do_not_share_a_panel(tmp_path):
    fewer = {"cifar": CIFAR | {"fake_count": 500}}
    runs = [read_run(write_run(tmp_path / "a", {})), read_run(write_run(tmp_path / "b", {}, fewer))]
    drawn = panels(runs, ["a", "b"])
    assert {quantity: list(curves) for quantity, curves in drawn.items()} == {
        "d_loss": ["a", "b"],
        "g_loss": ["a", "b"],
        "cifar, cifar10:train: 5,000 real, 2,000 generated images": ["a"],
        "g_gamma": ["a", "b"],
        "cifar, cifar10:train: 5,000 real, 500 generated images": ["b"],
    }
    assert drawn["cifar, cifar10:train: 5,000 real, 2,000 generated images"]["a"] == ([1, 2, 3], [40, 30, 35])
    last = table(runs).splitlines()[-1]
    assert last == f"| {runs[1].path} | sagan/bendale | - | 3 | - | - | 35 at 3 | 30 at 2 |"


@pytest.mark.parametrize("other", [{"real_fingerprint": "at 64x64"}, {"weights_sha256": "trained anew"}])
def test_figures_of_other_images_of_a_name_or_of_other_weights_do_not_share_a_panel(tmp_path, other):
    about = CIFAR | {"real_fingerprint": "at 32x32", "weights_sha256": "as shipped"}
    metrics = ({"cifar": about}, {"cifar": about | other})
    runs = [read_run(write_run(tmp_path / name, {}, each)) for name, each in zip("ab", metrics, strict=True)]
    assert [len(curves) for name, curves in panels(runs, ["a", "b"]).items() if "cifar" in name] == [1, 1]


def test_a_shared_config_that_lacks_words_is_still_compared(tmp_path):
    run = read_run(write_run(tmp_path / "a", {}, {"cifar": {}}))
    assert "| 35 at 3 | 30 at 2 |" in table([run])


def test_the_unit_is_what_the_write_ups_share(tmp_path):
    paths = [write_run(tmp_path / name, {}) for name in "abc"]
    for path in paths[:2]:
        config = json.loads((path / "config.json").read_text()) | {"unit": "step"}
        (path / "config.json").write_text(json.dumps(config))
    runs = [read_run(path) for path in paths]
    assert [shared_unit(runs[:2]), shared_unit(runs[2:]), shared_unit(runs)] == ["step", "epoch", "epoch"]
    drawn = panels(runs[:1], ["a"], "minutes")
    assert drawn["d_loss"]["a"] == ([0.5 / 60] * 3, [0.4, 0.3, 0.35])
    assert "final at minutes" in table(runs, "minutes") and "| 35 at 0.0 |" in table(runs, "minutes")


def test_the_table_tells_final_from_best_whichever_way_is_better(tmp_path):
    metrics = {"cifar": CIFAR, "class_accuracy": CIFAR | {"higher_is_better": True}}
    run = read_run(write_run(tmp_path / "a", {"epochs": 3, "loss": "hinge"}, metrics))
    head, _, row = table([run]).splitlines()
    assert head.count("|") == row.count("|") and "class_accuracy" in head and "cat" not in head and "gamma" not in head
    assert row.endswith("| epochs=3, loss=hinge | 3 | 35 at 3 | 30 at 2 | 35 at 3 | 40 at 1 |")


def test_a_run_that_measured_nothing_is_compared_by_its_losses(tmp_path):
    run = read_run(write_run(tmp_path / "a", {}, {}))
    assert list(panels([run], ["a"])) == ["d_loss", "g_loss", "g_gamma"]
    assert table([run]).splitlines()[-1] == f"| {run.path} | sagan/bendale | - | 3 |"


def test_a_run_without_an_epoch_is_a_users_error(tmp_path):
    with pytest.raises(UserError, match="after its first epoch"):
        read_run(write_run(tmp_path / "a", {}, values=()))


def compare(*arguments):
    command = [sys.executable, str(ROOT / "results" / "compare.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_the_command(four, tmp_path):
    done = compare(*four, "--out", tmp_path / "new" / "picture.png")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("sagan/bendale") == 4 and "loss=hinge, optimizer=rmsprop" in done.stdout
    height, width, _ = iio.imread(tmp_path / "new" / "picture.png").shape
    assert width == 150 * 12 and height == 150 * (1.2 + 2 * 2.6)  # two rows of two panels
    assert compare(*four, "--out", tmp_path / "picture.pdf").returncode == 0
    for arguments, words in (([four[0], "--out", "a.txt"], "a.txt"), ([tmp_path / "x"], "not a run folder")):
        refused = compare(*arguments)
        assert refused.returncode == 2 and words in refused.stderr and refused.stderr.count("\n") == 1
