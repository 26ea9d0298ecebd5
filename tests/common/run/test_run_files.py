"""The log and the figures: late metrics get their column, the GIF keeps its bounds, plots come from the log alone."""

import json
import subprocess
import sys

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from common.errors import UserError
from common.figures.animation import save_gif
from common.figures.curves import place_text, save_losses, save_metrics
from common.figures.grids import grid, save_image
from common.figures.run_figures import draw_figures
from common.run.log import COLUMNS, UNITS, Log
from common.run.run_folder import RunFolder
from common.system.progress import duration
from dcgan.recipes import RECIPES as DCGAN_RECIPES
from tests.helpers import ROOT


def row(epoch):
    return dict.fromkeys(COLUMNS, 0.5) | {"epoch": epoch, "step": 10 * epoch, "images": 160 * epoch}


def test_what_is_written_is_written_the_same_once_it_was_read(tmp_path):
    log = Log(tmp_path / "log.csv")
    for value in (7_999_999_999.9, 0.9999999, 1 / 3, 123_456_789.0, 1.5e-9, float("inf"), 10.0**30):
        log.add(row(1) | {"images_per_second": value}, {})
    assert Log.read(log.path).text() == log.text()


def test_a_metric_that_first_appears_late_has_its_column(tmp_path):
    log = Log(tmp_path / "log.csv")
    log.add(row(1), {})
    log.add(row(2), {"fid768": 1.25})
    lines = (tmp_path / "log.csv").read_text().splitlines()
    assert lines[0] == ",".join(COLUMNS) + ",fid768" and lines[1].endswith(",") and lines[2].endswith(",1.25")
    again = Log.read(tmp_path / "log.csv")
    assert again.series("fid768") == ([2.0], [1.25]) and again.series("d_loss")[0] == [1.0, 2.0]
    again.cut(1)
    again.add(row(2), {"fid768": 1.0})
    assert Log.read(tmp_path / "log.csv").series("fid768") == ([2.0], [1.0])


def test_the_best_of_a_column_is_finite(tmp_path):
    log = Log(tmp_path / "log.csv")
    for epoch, value in enumerate((float("nan"), 3.0, 2.0, float("-inf"), 2.0), 1):
        log.add(row(epoch), {"cifar": value, "share/cat": value, "val_d_loss": value})
    assert log.best("cifar", higher_is_better=False) == (3, 2.0) and log.best("cifar", True, "images") == (320, 3.0)
    assert log.best("fid768", higher_is_better=False) is None
    assert log.figures() == ["cifar"] and log.by_class() == {"share": {"cat": 2.0}}


def test_a_file_that_is_no_log_is_named(tmp_path):
    (tmp_path / "log.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="not a training log"):
        Log.read(tmp_path / "log.csv")


def test_grid_places_images_in_rows():
    images = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 3), np.uint8)
    picture = grid(images, columns=3, gap=1)
    assert picture.shape == (2 * 5 + 1, 3 * 5 + 1, 3)
    assert picture[1, 1, 0] == 0 and picture[1, 11, 0] == 2 and picture[6, 6, 0] == 4 and picture[7, 12, 0] == 255


@pytest.mark.parametrize(
    ("count", "side"),
    [(1, 80), (130, 60), pytest.param(12, 520, marks=pytest.mark.slow), pytest.param(16, 512, marks=pytest.mark.slow)],
)
def test_gif_has_at_most_120_frames_and_5_mb_whatever_the_run(tmp_path, count, side):
    random = np.random.RandomState(0)
    for index in range(1, count + 1):
        save_image(tmp_path / f"{index:04d}.png", random.randint(0, 256, (side, side, 3), np.uint8))
    save_gif(tmp_path / "training.gif", sorted(tmp_path.glob("*.png")))
    with Image.open(tmp_path / "training.gif") as gif:
        assert gif.n_frames == 1 if count == 1 else 10 < gif.n_frames <= 120
        assert gif.width <= 512
    assert (tmp_path / "training.gif").stat().st_size <= 5_000_000


def test_figures_come_from_the_log_and_the_grids_alone(tmp_path):
    run = RunFolder(tmp_path)
    run.write_config(
        {"family": "dcgan", "recipe": "bendale", "settings": {}, "data": {"name": "photos"}, "metrics": {"fid768": {}}}
    )
    log = Log(run.log)
    for epoch in range(1, 4):
        log.add(row(epoch), {"fid768": 3.0 / epoch} if epoch > 1 else {})
    save_image(run.grids / "0001.png", np.zeros((40, 40, 3), np.uint8))
    pictures = []
    for _ in range(2):
        draw_figures(run)
        pictures.append([iio.imread(tmp_path / name) for name in ("losses.png", "metrics.png", "training.gif")])
        log.add(row(4) | {"g_loss": 2.0}, {"fid768": 5.0})
        save_image(run.grids / "0002.png", np.full((40, 40, 3), 255, np.uint8))
    assert pictures[0][0].shape[1] == 900
    for before, after in zip(*pictures, strict=True):
        assert not np.array_equal(before, after)


UNITS_OF_ROW_2 = {"epoch": 2.0, "step": 20.0, "images": 640.0, "minutes": 0.5}


@pytest.mark.parametrize("unit", UNITS)
def test_curves_run_over_any_unit_and_say_which(tmp_path, unit):
    log = Log(tmp_path / "log.csv")
    for epoch in (1, 2):
        log.add(row(epoch) | {"step": 10 * epoch, "images": 320 * epoch, "seconds": 15 * epoch}, {"fid768": 3 - epoch})
    assert log.series("fid768", unit) == ([UNITS_OF_ROW_2[unit] / 2, UNITS_OF_ROW_2[unit]], [2, 1])
    save_losses(tmp_path / "losses.svg", log, "a title", unit)
    save_metrics(tmp_path / "metrics.svg", log, "a title", {"fid768": {}}, unit)
    best = f"<!-- 1 at {place_text(UNITS_OF_ROW_2[unit], unit)} -->"
    for name, words in (("losses.svg", "mean loss"), ("metrics.svg", best)):  # matplotlib tells the words in comments
        picture = (tmp_path / name).read_text()
        assert f"<!-- {unit} -->" in picture and words in picture
        assert not [other for other in UNITS if other != unit and f"<!-- {other} -->" in picture]


def test_the_unit_is_the_write_ups_own_and_a_bad_one_is_a_users_error(tmp_path):
    run, config = RunFolder(tmp_path), {"family": "dcgan", "recipe": "csa250", "settings": {}, "data": {"name": "x"}}
    run.write_config(config)
    assert run.unit() == "epoch"  # of a run from before units
    run.write_config(config | {"unit": DCGAN_RECIPES["csa250"].unit})
    assert run.unit() == "step"
    run.write_config(config | {"unit": ["step"]})
    with pytest.raises(UserError, match=r"unit is .*epoch, step, images, minutes"):
        run.unit()


def test_a_broken_config_is_a_users_error(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"recipe": "x"}))
    with pytest.raises(UserError, match="not a run folder"):
        RunFolder(tmp_path).read_config()


def test_a_run_on_other_images_of_the_same_name_is_another(tmp_path):
    run, config = RunFolder(tmp_path), {"family": "dcgan", "recipe": "x", "settings": {}}
    run.write_config(config | {"data": {"fingerprint": "a" * 64}})
    run.check_same(config | {"data": {"fingerprint": "a" * 64}})
    with pytest.raises(UserError, match="data fingerprint is aaaaaaaaaaaa there and bbbbbbbbbbbb here"):
        run.check_same(config | {"data": {"fingerprint": "b" * 64}})


def test_durations_read_well():
    assert [duration(s) for s in (5, 65, 3723, 200_000)] == ["0:05", "1:05", "1:02:03", "2 d 7 h"]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


HOLD = """
import sys, time
from common.run.run_folder import RunFolder
with RunFolder(sys.argv[1]).held():
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_run_folder_has_one_process_at_a_time_and_a_kill_frees_it(tmp_path):
    pytest.importorskip("fcntl", reason="no locks on this system")
    (tmp_path / ".tmp-cifar-gans-1-log.csv").write_text("half a")
    (tmp_path / ".tmp-mine").write_text("a user's own")
    with subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], cwd=ROOT, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        (tmp_path / ".tmp-cifar-gans-2-log.csv").write_text("being written")
        with pytest.raises(UserError, match="another process trains in"), RunFolder(tmp_path).held():
            pass
        assert names(tmp_path) == [".tmp-cifar-gans-2-log.csv", ".tmp-mine"]
        other.kill()
    with RunFolder(tmp_path).held():
        assert names(tmp_path) == [".tmp-mine"]


@pytest.mark.parametrize(
    ("cut", "line"),
    [(lambda text: text[:-1], 4), (lambda text: text[:-4], 4), (lambda text: text[: text.rindex(",")] + "\n", 4),
     (lambda text: text.replace("0.25", "0.2x"), 3), (lambda text: text.replace("\n2,", "\n,"), 3),
     (lambda text: text.replace("\n2,", "\nnan,"), 3), (lambda text: text.replace("\n2,", "\n1e999,"), 3),
     (lambda text: text.replace("\n2,", "\n1.5,"), 3)],
)  # fmt: skip
def test_a_value_of_a_damaged_log_is_not_taken_for_one(tmp_path, cut, line):
    log = Log(tmp_path / "log.csv")
    for epoch in range(1, 4):
        log.add(row(epoch), {"fid768": 0.123456 if epoch != 2 else 0.25})
    log.path.write_text(cut(log.path.read_text()))
    with pytest.raises(UserError, match=f"damaged in line {line}"):
        Log.read(log.path)


def test_a_log_comes_back_from_its_own_text_to_the_byte(tmp_path):
    log = Log(tmp_path / "log.csv", ("fid768",))
    log.add(row(1) | {"d_loss": 1 / 3, "g_loss": -2e-9}, {})
    log.add(row(2) | {"seconds": 123456.789}, {"fid768": 1e8, "cifar/cat": 0.1 + 0.2})
    again = Log.parse(log.text(), log.path)
    assert again.text() == log.text() == log.path.read_text() and again.metrics == ["fid768", "cifar/cat"]
