"""What grows with what: one point of each kind, and what the table, the CSV and the plot make of points."""

import csv
import io

import imageio.v3 as iio
import pytest

from results import growth
from results.growth import Point, as_csv, draw, measured, measurement_cost, table, times_for_ten

POINTS = [Point("batch", 16, 0.5, 700), Point("batch", 64, 1.0, 800), Point("batch", 256, 4.0, 1400.4),
          Point("images, cifar", 500, 2.0, 900)]  # fmt: skip
TINY = {"batch_size": 2, "image_size": 8, "g_width": 4, "d_width": 4}


def test_ten_times_as_much_is_read_off_the_last_two_points():
    assert times_for_ten(POINTS[0], POINTS[1]) == pytest.approx(10**0.5)
    assert times_for_ten(POINTS[1], POINTS[2]) == pytest.approx(10)


def test_table_csv_and_plot_have_every_point(tmp_path):
    lines = table(POINTS).splitlines()
    assert lines[2:] == [
        "| batch | 16 / 64 / 256 | 0.5 / 1 / 4 | 700 / 800 / 1,400 | 10 times the time |",
        "| images, cifar | 500 | 2 | 900 | - |",
    ]
    rows = list(csv.DictReader(io.StringIO(as_csv(POINTS))))
    assert [(r["growth"], int(r["value"]), float(r["seconds"]), int(r["memory"])) for r in rows] == [
        (p.growth, p.value, p.seconds, round(p.memory)) for p in POINTS
    ]
    draw(tmp_path / "growth.png", POINTS)
    assert iio.imread(tmp_path / "growth.png").std() > 1


def test_a_point_of_a_measurement(monkeypatch):
    monkeypatch.setattr(growth, "REAL", ("photos", 16))
    seconds, memory = measurement_cost("cifar", 8)
    assert 0 < seconds < 60 and 100 < memory < 100_000


@pytest.mark.slow
def test_each_point_is_measured_apart_and_what_has_no_weights_is_left_out(monkeypatch, capsys, tmp_path):
    for variable in ("FID_WEIGHTS", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "none"))
    attended = TINY | {"image_size": 16} | dict.fromkeys(growth.SIZES, 8)
    batches = {2: TINY, 32: TINY | {"batch_size": 32}}
    monkeypatch.setattr(growth, "STEPS", {"width": {4: TINY}, "batch": batches, "attention": {8: attended}})
    monkeypatch.setattr(growth, "MEASUREMENTS", {"a": ("fid768", (8,)), "b": ("cifar", (8,))})
    points = list(measured(turns=2))
    assert [f"{p.growth} {p.value}" for p in points] == ["width 4", "batch 2", "batch 32", "attention 8", "b 8"]
    assert points[0][2:] == points[1][2:], "the same step was measured twice"
    assert min(p.seconds for p in points) > 0 and min(p.memory for p in points) > 100
    assert "a is left out" in capsys.readouterr().err
