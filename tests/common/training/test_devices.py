"""Several devices and several workers: the step of one on the joined batch, and a run that is stopped goes on."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
import tensorflow as tf

from common.commands import order
from common.errors import TrainingFailed, UserError
from common.run.run_folder import RunFolder
from common.system.cluster import Cluster, read_cluster
from common.training.devices import Replicas
from dcgan.recipes import BENDALE
from tests.helpers import ROOT
from tests.helpers.stopped_runs import assert_same_end, command, stop_when, train


def on_two_devices(*more):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "tests/helpers/two_devices.py", "-p", "no:cacheprovider", *more],
        cwd=ROOT, capture_output=True, text=True, timeout=600,
    )  # fmt: skip


@pytest.mark.slow
def test_a_step_of_two_replicas_is_that_of_one_and_every_replica_draws_its_own():
    result = on_two_devices("-k", "simultaneous or replica_draws")
    assert result.returncode == 0 and "2 passed" in result.stdout, result.stdout


@pytest.mark.slow
def test_with_synchronised_batch_norm_spectral_norm_penalty_replay_and_loss_scaling_too():
    result = on_two_devices()
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"devices": "0"}, "devices=0 is neither a number from 1 on nor all"),
        ({"devices": "two"}, "devices=two is neither"),
        ({"devices": "2", "jit": "true"}, "jit=true is for one device"),
    ],
)
def test_what_cannot_be_asked_for(changes, words):
    with pytest.raises(UserError, match=words):
        BENDALE.override(changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch_size": 63}, "batch_size=63 cannot be divided by 2 devices"),
        ({"sync_batch_norm": True, "r1": 1, "penalty_every": 4}, "sync_batch_norm=true needs penalty_every=1"),
    ],
)
def test_what_several_devices_cannot_do(changes, words):
    settings = BENDALE.override(changes).settings
    with pytest.raises(UserError, match=words):
        Replicas(SimpleNamespace(num_replicas_in_sync=2), settings, Cluster(1, 0))


def tf_config(ports, index):
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    return json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})


def test_the_workers_are_those_of_tf_config(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert read_cluster() == Cluster(1, 0)
    monkeypatch.setenv("TF_CONFIG", tf_config([1, 2, 3], 2))
    assert read_cluster() == Cluster(3, 2)
    chief = {"cluster": {"chief": ["a:1"], "worker": ["b:1"]}, "task": {"type": "worker", "index": 0}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(chief))
    assert read_cluster() == Cluster(2, 1)
    for damaged in ("{", "[]", "{}", tf_config([1, 2], 2)):
        monkeypatch.setenv("TF_CONFIG", damaged)
        with pytest.raises(UserError, match="TF_CONFIG is not like"):
            read_cluster()


def test_a_run_of_two_workers_is_no_run_of_one(tmp_path):
    config = {"family": "dcgan", "recipe": "bendale", "settings": BENDALE.record()}
    RunFolder(tmp_path).write_config(config | {"workers": 2})
    with pytest.raises(UserError, match="workers is 2 there and 1 here"):
        RunFolder(tmp_path).check_same(config)


def test_several_workers_are_not_compiled_by_xla(tmp_path):
    result = subprocess.run(
        [sys.executable, ROOT / "dcgan" / "train.py", "--jit", "true"], cwd=tmp_path, capture_output=True, text=True,
        env=os.environ | {"TF_CONFIG": tf_config([1, 2], 0)}, timeout=60,
    )  # fmt: skip
    assert result.returncode == 2 and "XLA cannot join the 2 workers of TF_CONFIG" in result.stderr


@pytest.mark.parametrize(("error", "raised"), [("UnavailableError", TrainingFailed), ("ResourceExhaustedError", None)])
def test_a_worker_is_called_gone_only_where_it_is(monkeypatch, error, raised):
    """Memory that runs out on one of several workers would run out again."""
    error = getattr(tf.errors, error)
    training = SimpleNamespace(resume=bool, fit=Mock(side_effect=error(None, None, "what TensorFlow says")))
    monkeypatch.setattr(order, "_settle", lambda its: SimpleNamespace(record=dict, settings=None))
    monkeypatch.setattr(order, "_has_fast_step", lambda run: True)
    monkeypatch.setattr(order, "_assemble", lambda *its: training)
    for said in ("_begin", "_announce"):
        monkeypatch.setattr(order, said, lambda *its: None)
    with pytest.raises(raised or error):
        order.carry_out(SimpleNamespace(run=None, dataset=None, config={}, cluster=Cluster(2, 0)))


@pytest.mark.slow
@pytest.mark.parametrize(("precision", "width"), [("float32", 8), ("mixed_bfloat16", 32)])
def test_a_run_on_two_devices_goes_on_to_the_same_bytes(tmp_path, precision, width):
    """In bfloat16 with as many channels as the forms of `common.training.convolution` are for."""
    widths = "--set", f"g_width={width}", "--set", f"d_width={width}"
    two, out = ("--devices", "2", "--precision", precision, *widths), tmp_path / "run"
    assert train(tmp_path / "straight", 4, *two).returncode == 0
    within = out / "checkpoints" / "step-00000001.npz"
    stop_when(out, 4, within.exists, signal.SIGKILL, *two, saving_always=True)
    stop_when(out, 4, (out / "grids" / "0003.png").exists, signal.SIGKILL, *two)
    result = train(out, 4, *two)
    assert result.returncode == 0, result.stderr
    assert_same_end(out, tmp_path / "straight")
    refused = train(out, 4, "--precision", precision, *widths)
    assert refused.returncode == 2 and "devices is 2 there and 1 here" in refused.stderr


def start_workers(out, epochs, *more):
    """Two of them; `more`: of each, arguments of its own."""
    with socket.socket() as first, socket.socket() as second:
        for free in (first, second):
            free.bind(("127.0.0.1", 0))
        ports = first.getsockname()[1], second.getsockname()[1]
    return [
        subprocess.Popen(
            command(out, epochs, *own, saving_always=True), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=os.environ | {"TF_CONFIG": tf_config(ports, index), "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        for index, own in enumerate(more or ((), ()))
    ]  # fmt: skip


@pytest.mark.slow
def test_workers_that_would_not_train_the_same_are_refused(tmp_path):
    """As those of two machines, of which one has bfloat16, where the command line leaves the precision to them."""
    own = ("--precision", "mixed_bfloat16"), ("--precision", "float32", "--seed", "1")
    errors = [worker.communicate(timeout=300)[1].splitlines()[-1] for worker in start_workers(tmp_path / "a", 1, *own)]
    assert "the workers differ in seed (here 0), precision (here mixed_bfloat16):" in errors[0]
    assert "the workers differ in seed (here 1), precision (here float32):" in errors[1]
    assert not list((tmp_path / "a").glob("*.json"))


@pytest.mark.slow
@pytest.mark.parametrize("killed", [0, 1])
def test_a_worker_that_dies_ends_the_job_and_both_go_on_from_the_last_checkpoint(tmp_path, killed):
    for worker in start_workers(tmp_path / "straight", 4):
        assert worker.wait(300) == 0, worker.stderr.read()
    out = tmp_path / "run"
    workers, deadline = start_workers(out, 4), time.monotonic() + 200
    while not (out / "grids" / "0002.png").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    workers[killed].send_signal(signal.SIGKILL)
    assert workers[killed].wait(60) == -signal.SIGKILL
    left = workers[1 - killed]
    assert left.wait(120) == 1
    assert "a worker is gone" in left.stderr.read().splitlines()[-1]
    for worker in start_workers(out, 4):
        assert worker.wait(300) == 0, worker.stderr.read()
    assert_same_end(out, tmp_path / "straight")
