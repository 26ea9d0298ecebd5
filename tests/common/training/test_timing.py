"""Timings: turns go round, each way in a process of its own; what a step is said to compute."""

import functools
import os
import time
from unittest.mock import Mock

import pytest

from common.errors import UserError
from common.training import automatic, determinism
from common.training.timing import WARM_UP, as_in_training, in_processes
from dcgan.benchmarks.step import BATCH, step_operations


def sleeper(folder, name, seconds):
    def run(steps):
        with open(folder / "calls.txt", "a") as file:
            print(name, steps, os.getpid(), file=file)
        time.sleep(seconds * steps)

    return run


def broken():
    raise ImportError("no such thing")


@pytest.mark.slow
def test_turns_go_round_each_in_its_own_process(tmp_path):
    ways = {name: functools.partial(sleeper, tmp_path, name, seconds) for name, seconds in (("a", 0.05), ("b", 0.1))}
    seconds = in_processes(ways, steps=2, turns=3)
    calls = [line.split() for line in (tmp_path / "calls.txt").read_text().splitlines()]
    assert [(name, int(steps)) for name, steps, _ in calls] == [("a", WARM_UP), ("b", WARM_UP)] + [
        ("a", 2),
        ("b", 2),
    ] * 3
    assert len({pid for *_, pid in calls} | {str(os.getpid())}) == 3
    assert len(seconds["a"]) == len(seconds["b"]) == 3 and min(seconds["a"]) >= 0.05 and min(seconds["b"]) >= 0.1


@pytest.mark.slow
def test_a_way_that_does_not_run_is_one_clear_error(capfd):
    with pytest.raises(UserError, match="sleep well does not run here"):
        in_processes({"sleep well": broken}, steps=1, turns=1)
    assert "no such thing" in capfd.readouterr().err


@pytest.mark.parametrize(("gpus", "operations"), [([], True), ([(8, 0)], False)])
def test_operations_are_deterministic_where_those_of_a_training_are(monkeypatch, gpus, operations):
    monkeypatch.setattr(automatic, "this_machine", lambda: automatic.Machine(set(), gpus))
    monkeypatch.setattr(determinism, "make_deterministic", made := Mock())
    as_in_training()
    made.assert_called_once_with(0, operations)


def test_the_operations_of_a_step_by_hand():
    """Of one image: the passes that each layer makes, forward and for either gradient, its places and its weights."""
    d = [(5, 16**2, 25 * 3 * 64), (7, 8**2, 25 * 64 * 128), (7, 4**2, 25 * 128 * 256), (7, 1, 4096)]
    g = [(2, 1, 100 * 4096), (3, 4**2, 25 * 256 * 128), (3, 8**2, 25 * 128 * 64), (3, 16**2, 25 * 64 * 3)]
    assert step_operations() / BATCH == 2 * sum(passes * places * weights for passes, places, weights in d + g)
