"""The runs of claims: in parallel, shared, stopped at any instant, diverged, failed."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from common.run.run_folder import RunFolder
from common.system.hardware import available_cores
from results.verdicts.library import Library
from results.verdicts.outcome import diverged_words
from results.verdicts.pilot import Pilots
from results.verdicts.runner import Runner
from results.verdicts.share import Share, share_out
from tests.helpers import ROOT
from tests.helpers.claim_files import (
    AHEAD,
    ARMS,
    HEAD,
    MEASURE,
    SETTINGS,
    claim_of,
    driver,
    figures,
    run_claims,
    stub_project,
    write_claim,
)

LONG = HEAD + AHEAD.replace("steps = 8", "steps = 16") + SETTINGS + MEASURE + ARMS


@pytest.fixture
def project(tmp_path):
    return stub_project(tmp_path / "project")


def starts(runs):
    return len((runs / "started").read_text())


def test_all_runs_are_done_once_and_shared_by_claims(tmp_path, project):
    claims, runs = tmp_path / "claims", tmp_path / "runs"
    write_claim(claims)
    done = run_claims(claims, runs, project)
    assert done.returncode == 0 and "6 of 6 runs done" in done.stdout, done
    assert starts(runs) == 6
    outcome = figures(claims / "tiny.json")
    assert [entry[0] for entry in outcome] == ["wide", "narrow"] * 3
    assert all(len(curve) == 4 and end == {"fid768": pytest.approx(curve[-1] / 10)} for *_, curve, end, _ in outcome)
    # Another claim with an arm in common, and a third seed's arm of its own: only that arm is new.
    other = (HEAD + AHEAD + SETTINGS + MEASURE + ARMS).replace("g_width = 8", "g_width = 24")
    write_claim(claims, "other", other)
    assert run_claims(claims, runs, project).returncode == 0
    assert starts(runs) == 9
    assert [e for e in figures(claims / "other.json") if e[0] == "wide"] == [e for e in outcome if e[0] == "wide"]
    # One run that is missing has no more of the machine than it had beside another.
    kept = json.loads((claims / "tiny.json").read_text())
    (claims / "tiny.json").write_text(json.dumps(kept | {"runs": kept["runs"][:-1]}))
    shutil.rmtree(runs / kept["runs"][-1]["id"])
    assert run_claims(claims, runs, project).returncode == 0 and starts(runs) == 10
    again = json.loads((claims / "tiny.json").read_text())["runs"]
    assert [one["share"] for one in again] == [one["share"] for one in kept["runs"]]
    # The outcomes alone are enough: nothing is done again where the folders are gone.
    assert run_claims(claims, tmp_path / "elsewhere", project).returncode == 0
    assert not (tmp_path / "elsewhere" / "started").exists() and figures(claims / "tiny.json") == outcome


@pytest.mark.slow
def test_killed_at_any_instant_it_ends_with_the_same_outcome(tmp_path, project):
    """kill -9 of the whole group, six times, at instants that chance chooses."""
    write_claim(tmp_path / "straight", text=LONG)
    write_claim(tmp_path / "claims", text=LONG)
    assert run_claims(tmp_path / "straight", tmp_path / "runs-straight", project).returncode == 0
    chance = random.Random(0)
    for _ in range(6):
        process = subprocess.Popen(driver(tmp_path / "claims", tmp_path / "runs", project), stdout=subprocess.DEVNULL,
                                   cwd=ROOT, start_new_session=True)  # fmt: skip
        time.sleep(chance.uniform(0.2, 0.9))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    done = run_claims(tmp_path / "claims", tmp_path / "runs", project)
    assert done.returncode == 0, done.stderr
    assert figures(tmp_path / "claims" / "tiny.json") == figures(tmp_path / "straight" / "tiny.json")


@pytest.mark.slow
def test_killed_alone_its_runs_go_on_and_are_waited_for(tmp_path, project):
    """kill -9 of claims.py, not of the two train.py that it has started."""
    claims, runs = tmp_path / "claims", tmp_path / "runs"
    write_claim(claims, text=LONG)
    process = subprocess.Popen(driver(claims, runs, project), stdout=subprocess.DEVNULL, cwd=ROOT,
                               env=os.environ | {"STUB_PAUSE": "0.6"})  # fmt: skip
    deadline = time.monotonic() + 60
    while len(list(runs.glob("*/log.csv"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait()
    done = run_claims(claims, runs, project)
    assert done.returncode == 0 and "another process" not in done.stdout, done
    outcome = json.loads((claims / "tiny.json").read_text())["runs"]
    assert [one["curve"]["step"] for one in outcome] == [list(range(2, 17, 2))] * 6
    assert starts(runs) == 2 + 6


@pytest.mark.slow
def test_ctrl_c_stops_all_says_how_to_go_on_and_goes_on(tmp_path, project):
    write_claim(tmp_path / "claims", text=LONG.replace("steps = 16", "steps = 400"))
    code = driver(tmp_path / "claims", tmp_path / "runs", project)
    process = subprocess.Popen(code, stdout=subprocess.PIPE, text=True, stderr=subprocess.PIPE, cwd=ROOT)
    deadline = time.monotonic() + 60
    while not list((tmp_path / "runs").glob("*/log.csv")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode != 0 and "The same command goes on from there" in output
    rows = {path: path.read_text().count("\n") for path in (tmp_path / "runs").glob("*/log.csv")}
    time.sleep(0.3)
    assert rows == {path: path.read_text().count("\n") for path in rows}, "a run went on behind its back"


def test_a_run_that_diverges_counts_as_that_and_is_not_done_again(tmp_path, project):
    text = (HEAD + AHEAD + SETTINGS + MEASURE + ARMS).replace("g_width = 8 }", "g_width = 8, g_learning_rate = 9.0 }")
    write_claim(tmp_path / "claims", text=text)
    done = run_claims(tmp_path / "claims", tmp_path / "runs", project)
    assert done.returncode == 0 and "the loss is no longer finite (d_loss nan" in done.stdout, done
    runs = json.loads((tmp_path / "claims" / "tiny.json").read_text())["runs"]
    assert [(r["state"], r["steps"]) for r in runs] == [("done", 8), ("diverged", 4)] * 3
    assert str(tmp_path) not in (tmp_path / "claims" / "tiny.json").read_text()
    before = starts(tmp_path / "runs")
    assert (
        run_claims(tmp_path / "claims", tmp_path / "runs", project).returncode == 0
        and starts(tmp_path / "runs") == before
    )


@pytest.mark.parametrize(
    ("stderr", "words"),
    [
        ("error: the loss is no longer finite (d_loss nan) in epoch 3; the checkpoint stays in /a/b\n",
         "the loss is no longer finite (d_loss nan) in epoch 3"),
        ("note: x\nerror: generator/0/kernel is no longer finite after step 7\nmore\n",
         "generator/0/kernel is no longer finite after step 7"),
        ("error: cannot write to /a/b: No space left on device\n", None),
    ],
)  # fmt: skip
def test_divergence_is_told_from_other_errors_and_without_paths(stderr, words):
    assert diverged_words(stderr) == words


def test_a_run_that_fails_is_named_and_is_no_outcome(tmp_path, project):
    text = (HEAD + AHEAD + SETTINGS + MEASURE + ARMS).replace("g_width = 8 }", "g_width = 8, dropout = 0.9 }")
    write_claim(tmp_path / "claims", text=text)
    done = run_claims(tmp_path / "claims", tmp_path / "runs", project)
    assert len(re.findall(r"dcgan/bendale seed \d .*: error: nothing of the kind", done.stdout)) == 3, done
    assert [entry[0] for entry in figures(tmp_path / "claims" / "tiny.json")] == ["wide"] * 3


@pytest.mark.parametrize("jobs", [1, 2, 3, 7])
def test_cores_are_shared_out_and_bound_the_threads(jobs):
    parts, cores = [share.cores for share in share_out(jobs)], available_cores()
    assert len(parts) == jobs and {core for part in parts for core in part} == set(cores)
    if jobs <= len(cores):
        assert sum(map(len, parts)) == len(cores)
    assert Share((0, 1, 2)).environment()["OMP_NUM_THREADS"] == "3"


def test_every_job_has_a_gpu_of_its_own(tmp_path, monkeypatch):
    def given(jobs):
        return [share.environment().get("CUDA_VISIBLE_DEVICES") for share in share_out(jobs)]

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2, 5")
    assert given(3) == ["2", "5", "2"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # none, by the user's wish
    assert given(2) == ["", ""]
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert given(2) == [None, None]
    names = [f"GPU-{number}a1b2c3d4-5e6f-7a8b-9c0d-1e2f3a4b5c6d" for number in (7, 8)]
    listing = "".join(f"GPU {i}: NVIDIA A100 (UUID: {name})\n" for i, name in enumerate(names))
    (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\nprintf '%s' '{listing}'\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    assert given(2) == names


def test_a_record_says_on_how_many_cores_a_run_was_trained(tmp_path, project):
    claims, runs = tmp_path / "claims", tmp_path / "runs"
    write_claim(claims)
    run_claims(claims, runs, project)
    shares = {json.dumps(one["share"]) for one in json.loads((claims / "tiny.json").read_text())["runs"]}
    assert shares and shares <= {json.dumps(share.about()) for share in share_out(2)}


def test_a_run_that_goes_on_with_other_cores_was_trained_on_no_one_number_of_them(tmp_path):
    trial = claim_of(tmp_path, AHEAD).trials()[0]
    runner, run, steps = Runner(tmp_path, 1, print), RunFolder(tmp_path / trial.id), [0]
    runner.steps_done = lambda _: steps[0]

    def cores(count):
        return runner._trained_on(trial, run, Share(tuple(range(count))))["cores"]

    assert cores(2) == 2  # nothing there yet
    run.path.mkdir()
    assert [cores(2), cores(1), cores(2)] == [2, None, None]
    run.path.rmdir()
    assert cores(1) == 1
    run.path.mkdir()
    steps[0] = trial.steps
    assert cores(2) == 1  # all that is left is to measure
    (tmp_path / f"{trial.id}.share.json").unlink()  # a run of an older version
    assert cores(2) is None


@pytest.mark.slow
def test_a_new_claim_is_one_file(tmp_path):
    """On `photos` with tiny networks, by the command, killed three times on the way; then its verdict is read."""
    claims = tmp_path / "claims"
    text = (HEAD + AHEAD + SETTINGS + MEASURE + ARMS).replace("steps = 8", "steps = 4")
    if "FID_WEIGHTS" not in os.environ:
        text = text.replace('"fid768"', "")
    write_claim(claims, text=text)
    write_claim(tmp_path / "straight", text=text)

    def command(folder):
        script = [sys.executable, str(ROOT / "results" / "claims.py"), "run", "tiny"]
        return [*script, "--jobs", "2", "--claims", str(folder), "--runs", str(tmp_path / f"runs-{folder.name}")]

    straight = subprocess.run(command(tmp_path / "straight"), capture_output=True, text=True, timeout=900)
    assert straight.returncode == 0, straight.stderr
    for reached in ("*/config.json", "*/checkpoints/*.npz", "*/record.json"):
        process = subprocess.Popen(command(claims), stdout=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 300
        while not list((tmp_path / "runs-claims").glob(reached)) and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    done = subprocess.run(command(claims), capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    assert figures(claims / "tiny.json") == figures(tmp_path / "straight" / "tiny.json")
    assert re.search(r"tiny: (confirmed|refuted|open)", done.stdout), done.stdout


def test_a_pilot_is_one_run_of_the_first_arm_and_goes_into_no_outcome(tmp_path, project):
    claims, runs = tmp_path / "claims", tmp_path / "runs"
    write_claim(claims)
    _, option, code, *rest = driver(claims, runs, project)
    code = code.replace("results.verdicts.library import Library", "results.verdicts.pilot import Pilots as Library")
    for _ in range(2):  # the second time there is nothing left to do
        subprocess.run([sys.executable, option, code, *rest], check=True, cwd=ROOT, timeout=120)
        assert starts(runs) == 1
    pilots = Pilots([], claims)
    (trial,) = pilots.claims[0].trials()
    assert trial.seed == 100 not in Library([], claims).claims[0].seeds
    assert trial.id not in {one.id for one in Library([], claims).claims[0].trials()}
    kept = json.loads((runs / trial.id / "record.json").read_text())
    assert kept["settings"]["g_width"] == 16 and kept["seed"] == kept["settings"]["seed"] == 100
    said = pilots.describe(pilots.known_records(runs))
    assert f"{kept['curve']['cifar'][-1]:.4g}" in said and "seed 100" in said and "fid768 at the end" in said
    assert not (claims / "tiny.json").exists() and Library([], claims).verdicts()[0].done == 0
