"""What goes wrong in the runs of claims: named, tried again, and never taken for an outcome."""

import json
import re
import shutil
from types import SimpleNamespace

import pytest

from common.errors import TrainingFailed
from fid.networks import weights
from results.claims import do_runs
from results.verdicts.figure import draw
from results.verdicts.library import Library
from results.verdicts.progress import Overview
from results.verdicts.table import describe
from tests.helpers.claim_files import (
    AHEAD,
    ARMS,
    HEAD,
    MEASURE,
    SETTINGS,
    claim_of,
    figures,
    record,
    run_claims,
    stub_project,
    write_claim,
)


@pytest.fixture
def project(tmp_path):
    return stub_project(tmp_path / "project")


def missing_weights(monkeypatch, tmp_path):
    """What `python -m fid` says on a machine that has no weights of the network and no way to them."""

    def fetch(*_):
        raise OSError("Network is unreachable")

    monkeypatch.setattr(weights, "_fetch", fetch)
    monkeypatch.setenv("CIFAR_GANS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FID_WEIGHTS", raising=False)
    with pytest.raises(weights.MissingWeights) as error:
        weights.find_weights(weights.INCEPTION_2015)
    return f"downloading {weights.INCEPTION_2015.url}\nerror: {error.value}"


@pytest.mark.slow
def test_a_measurement_at_the_end_that_fails_is_named_and_tried_again(tmp_path, project, monkeypatch):
    claims, runs = tmp_path / "claims", tmp_path / "runs"
    write_claim(claims)
    failed = run_claims(claims, runs, project, STUB_FID_SAYS="error: /a/b: no such file")
    assert failed.stdout.count(", fid768: error: /a/b: no such file") == 6, failed
    assert all(entry[5] == {} and len(entry[4]) == 4 for entry in figures(claims / "tiny.json"))
    lacking = run_claims(claims, runs, project, STUB_FID_SAYS=missing_weights(monkeypatch, tmp_path))
    assert "fid768" not in lacking.stdout and "note: " not in lacking.stdout, lacking
    assert "fid768" not in run_claims(claims, runs, project).stdout
    assert all("fid768" in entry[5] for entry in figures(claims / "tiny.json"))


def test_a_failed_measurement_ends_the_command_with_an_error(tmp_path, monkeypatch):
    write_claim(tmp_path)
    monkeypatch.setattr("results.claims.run_missing", lambda *_: ["dcgan/bendale seed 1, fid768: error: no such file"])
    with pytest.raises(TrainingFailed, match="1 failed: dcgan/bendale seed 1, fid768: error: no such file"):
        do_runs(["tiny", "--claims", str(tmp_path)])


@pytest.mark.slow
def test_a_run_that_was_not_measured_at_its_end_and_has_no_folder_is_done_again(tmp_path, project, monkeypatch):
    claims, runs = tmp_path / "claims", tmp_path / "runs"
    write_claim(claims)
    run_claims(claims, runs, project, STUB_FID_SAYS=missing_weights(monkeypatch, tmp_path))
    shutil.rmtree(runs / json.loads((claims / "tiny.json").read_text())["runs"][0]["id"])
    done = run_claims(claims, runs, project)
    assert done.stdout.count("note: done again") == 1 and done.stdout.splitlines()[0].count("dcgan/bendale") == 1, done
    assert all("fid768" in entry[5] for entry in figures(claims / "tiny.json"))


def test_whatever_ends_a_run_is_named(tmp_path, project):
    (project / "fid" / "__main__.py").write_text("print('[]')")
    write_claim(tmp_path / "claims")
    done = run_claims(tmp_path / "claims", tmp_path / "runs", project)
    assert len(re.findall(r"dcgan/bendale seed \d .*: IndexError: list index out of range", done.stdout)) == 6, done


def test_figures_that_are_not_finite_are_null_and_are_read_back(tmp_path, project):
    text = (HEAD + AHEAD + SETTINGS + MEASURE + ARMS).replace("g_width = 8 }", "g_width = 8, g_learning_rate = 8.0 }")
    write_claim(tmp_path / "claims", text=text)
    for _ in range(2):
        done = run_claims(tmp_path / "claims", tmp_path / "runs", project)
        assert done.returncode == 0 and "Error" not in done.stdout + done.stderr, done
        narrow = [entry for entry in figures(tmp_path / "claims" / "tiny.json") if entry[0] == "narrow"]
        assert len(narrow) == 3 and all(entry[4] == [None] * 4 and entry[5] == {"fid768": None} for entry in narrow)
    library = Library([], tmp_path / "claims")
    assert "has no cifar where it is compared" in describe(library.verdicts()[0])
    assert "no interval yet" in draw(library.verdicts()[0], library.records(library.claims[0]))


def test_the_time_left_is_that_of_runs_that_are_still_to_be_done(tmp_path):
    """Six runs of 8 steps; one was at step 4 before, one fails, one diverges, and three end within ten seconds."""
    trials = claim_of(tmp_path, AHEAD).trials()
    begun, failed, diverged, *good = trials
    steps = {begun.id: 4, failed.id: 2, diverged.id: 2}
    runner = SimpleNamespace(under_way={}, failed=set(), steps_done=lambda trial: steps.get(trial.id, 0))
    overview = Overview(runner, trials)
    overview._began = 0.0
    assert overview.line(1.0) == "0 of 6 runs done, ? left; none under way"
    runner.failed.add(failed.id)
    overview.finish(record(diverged, [9.0], state="diverged"))
    for trial in good:
        overview.finish(record(trial, [9.0]))
    # 24 steps in 12 seconds, and 4 are left.
    assert overview.line(12.0) == "4 of 6 runs done, 1 failed, 0:02 left; none under way"
    overview.finish(record(begun, [9.0]))
    assert "5 of 6 runs done, 1 failed, 0:00 left" in overview.line(14.0)
