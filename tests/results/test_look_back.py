"""Remarks of a kept run that nobody watched: of its log and its generator; those of a watched one stay."""

import json

import numpy as np
import pytest

from common.data.load import load_dataset
from common.run.generator_file import save_generator
from common.run.log import COLUMNS, Log
from common.run.remarks import NAME, read_remarks
from common.run.run_folder import RunFolder
from csagan.recipes import BENDALE
from results.keeping import look_back as module
from results.keeping.look_back import look_back
from tests.helpers.conditional import tiny_generator


@pytest.fixture
def run(tmp_path):
    """Three epochs of 600 steps; D has won in the second by the loss alone, attention is switched off from there on."""
    run, data = RunFolder(tmp_path), load_dataset("photos")
    settings = BENDALE.record() | {"latent_dim": {"value": 4}}
    run.write_config({"family": "csagan", "recipe": "bendale", "settings": settings,
                      "data": {"name": "photos", "fingerprint": data.fingerprint}})  # fmt: skip
    log = Log(run.log)
    for epoch in (1, 2, 3):
        row = dict.fromkeys(COLUMNS, 1.0) | {"epoch": epoch, "step": 600 * epoch}
        log.add(row, {"g_gamma": 0.5 if epoch == 1 else 0.0})
    save_generator(run.generator, tiny_generator(len(data.class_names)))
    return run


def test_a_log_is_judged_epoch_by_epoch_and_the_generator_at_its_end(run, monkeypatch):
    monkeypatch.setattr(module, "generator_numbers", lambda run, config: {"checkerboard": 9.0})
    look_back(run)
    assert {remark.rule: remark.since for remark in read_remarks(run)} == {"attention-off": 2, "checkerboard": 3}
    assert all("--set" in remark.advice for remark in read_remarks(run))
    assert isinstance(json.loads((run.path / NAME).read_text()), dict)  # not made while it trained


def test_the_numbers_are_those_of_the_generator_and_the_data(run):
    numbers = module.generator_numbers(run, run.read_config())
    assert {"spread", "twins", "label_effect", "checkerboard", "plain"} <= set(numbers) and "auc" not in numbers
    assert np.isfinite(list(numbers.values())).all() and numbers["plain"] > 0  # photos has black crops


def test_nothing_is_written_where_the_data_is_another(run, capsys):
    config = run.read_config()
    run.write_config(config | {"data": {"name": "photos", "fingerprint": "0"}})
    look_back(run)
    assert not (run.path / NAME).exists() and "photos has other images" in capsys.readouterr().err
