"""The rules: each sees the fault that it is for, and is silent on runs that do not have it."""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from common.losses import LOSSES
from common.run.log import COLUMNS, Log
from common.run.run_folder import setting_values
from common.training.faults import BEATEN
from common.training.rules import RULES, in_words, judge
from common.training.seen import Seen
from dcgan.recipes import BENDALE
from fid.protocols import get_protocol
from tests.common.test_recipes import ALL
from tests.faults.page import PAGE, between, markdown
from tests.faults.rules_table import RUNS, table

# Of the committed runs: what their logs alone give away. The first has a critic without a bound; batch norm in the
# critic of the second may undo that of spectral normalization.
REMARKS = {"sagan/bendale-wasserstein": {"runaway-critic"}, "sagan/csa250": {"runaway-critic"}}
HEALTHY = {
    "auc": 0.9,
    "spread": 1.0,
    "twins": 0.0,
    "label_effect": 0.6,
    "checkerboard": 1.4,
    "plain": 0.0,
    "copies": 0.0,
    "memorised": 0.0,
    "feature_spread": 0.8,
    "peak/g": 0.1,
    "peak/d_2": 0.3,
}
CIFAR = {"cifar": {"extractor": get_protocol("cifar").network}}
ALIKE = {"cifar": {}, "cifar_duplicates": {}}
FID = {"dimension": 768, "real_count": 5000, "fake_count": 2000}
WRITEUP = {"dimension": 2048, "real_count": 1000, "fake_count": 1000}


def seen(numbers=None, loss="bce", metrics=None, values=None, rollbacks=(), d_features="learned", **row):
    """A run of ten epochs, healthy but for what is given of its last epoch, of its numbers, of the metric's values."""
    log = Log(Path("log.csv"))
    for epoch in range(1, 11):
        base = dict.fromkeys(COLUMNS, 1.0) | {"epoch": epoch, "step": 200 * epoch, "d_loss": 0.5, "g_loss": 3.0}
        log.rows.append(base | {"g_gamma": -0.1, "d_gamma": 0.2} | (row if epoch == 10 else {}))
        if values:
            log.rows[-1]["fid768"] = values[epoch - 1]
    metrics = {"fid768": FID} if metrics is None else metrics
    settings = asdict(BENDALE.settings) | {"loss": loss, "d_features": d_features}
    return Seen(log, settings, metrics, HEALTHY | (numbers or {}), rollbacks, BENDALE.kind)


def values(*last):
    return [float(10 - epoch) for epoch in range(10 - len(last))] + list(last)


FAULTS = {
    "d-has-won": [seen({"auc": 1.0}, g_loss=9.0), seen({"auc": 1.0}, "hinge", d_loss=0.01)],
    "g-has-won": [seen({"auc": 0.5}), seen(g_loss=0.0, d_loss=27.6, loss="bce-clamped")],
    "wrong-sign": [seen({"auc": 0.01}), seen({"auc": 1.0}, "wasserstein", d_loss=-900.0, g_loss=-700.0)],
    "runaway-critic": [seen({"auc": 1.0}, "wasserstein", d_loss=-900.0, g_loss=400.0)],
    "collapse": [
        *(seen(numbers) for numbers in ({"twins": 0.5}, {"spread": 0.1}, {"feature_spread": 0.1})),
        seen(metrics=ALIKE, cifar_duplicates=0.19),
    ],
    "labels-without-effect": [seen({"label_effect": 0.02})],
    "checkerboard": [seen({"checkerboard": 6.0})],
    "best-long-ago": [
        seen(values=values(2.0, 2.5, 3.0, 3.0, 3.0, 3.0)),
        seen(metrics={"fid768": FID | {"higher_is_better": True}}, values=[0.1, 0.5, *[0.2] * 8]),
    ],
    "attention-off": [seen(g_gamma=0.001), seen(d_gamma=-0.004), seen(g_gamma_2=0.0)],
    "attention-hard": [seen({"peak/g": 0.97}), seen({"peak/d_2": 0.98})],
    "training-copies": [seen({"memorised": 0.5})],
    "too-few-images": [seen(metrics={"fid": WRITEUP})],
    "judged-by-d": [seen(metrics=CIFAR, d_features="classifier")],
    "poor-data": [seen({"plain": 0.01}), seen({"copies": 0.3})],
    "rolled-back": [seen(rollbacks=[3]), seen(rollbacks=[3, 9])],
}


@pytest.mark.parametrize(("name", "case"), [(name, case) for name, cases in FAULTS.items() for case in cases])
def test_a_rule_sees_its_fault_and_no_other_rule_does(name, case):
    assert set(FAULTS) == set(RULES)
    found = judge(case)
    assert set(found) == {name}
    remark = found[name]
    assert remark.since == 10 and remark.what and remark.why and remark.advice


@pytest.mark.parametrize(
    "case",
    [
        seen(),
        seen({name: float("nan") for name in HEALTHY}),
        seen(metrics=CIFAR),
        seen(d_features="classifier"),
        seen(metrics=ALIKE, cifar_duplicates=0.01),
        seen(metrics=ALIKE),  # not measured
        seen(metrics={"writeup": WRITEUP | {"floor": 80.0}}),  # its counts are its own
        seen({"auc": 1.0}),  # a good D alone has not won
        seen({"auc": 1.0}, "wasserstein", d_loss=-50.0, g_loss=40.0),
        seen(values=values(2.0, 2.1, 2.2, 2.1, 2.0, 2.1)),  # wanders
        seen(values=values(2.0, 3.0)),  # not long ago
        seen(step=20, g_loss=13.0, numbers={"auc": 1.0, "spread": 0.1, "label_effect": 0.0, "checkerboard": 9.0}),
        seen(g_gamma=None, d_gamma=None),
    ],
)
def test_rules_are_silent_where_nothing_is_wrong_or_nothing_is_known(case):
    assert judge(case) == {}


def test_the_table_of_rules_by_runs_is_what_the_runs_have():
    """Where it is not: python -m tests.faults rules."""
    assert between("rules", PAGE.read_text(encoding="utf-8")) == markdown(table(FAULTS)) + "\n"


@pytest.mark.parametrize("run", RUNS, ids=[f"{run.parent.name}/{run.name}" for run in RUNS])
def test_the_logs_of_the_committed_runs(run):
    config, log = json.loads((run / "config.json").read_text()), Log.read(run / "log.csv")
    settings = setting_values(config)
    found, rows = set(), log.rows
    for epochs in range(1, len(rows) + 1):
        log.rows = rows[:epochs]
        found |= set(judge(Seen(log, settings, config["metrics"])))
    assert found == REMARKS.get(f"{config['family']}/{config['recipe']}", set())


def test_d_can_win_by_every_loss_that_has_an_end():
    assert set(BEATEN) == {name for name in LOSSES if not name.startswith("wasserstein")}


def changes_of(advice):
    """What a remark's advice sets, a dictionary a piece."""
    pieces = re.findall(r"\(((?:--set [^ )]+ ?)+)\)", advice)
    return [dict(item.split("=", 1) for item in piece.split() if item != "--set") for piece in pieces]


@pytest.mark.parametrize("recipe", ALL.values(), ids=ALL)
def test_advice_is_what_a_recipe_has_accepts_and_does_not_do_yet(recipe):
    case, count = replace(seen(), settings=asdict(recipe.settings), kind=recipe.kind), 0
    for name, rule in RULES.items():
        advice = in_words(rule.advice, case)
        assert advice, name
        for changes in changes_of(advice):
            changed = recipe.override(changes).settings
            assert all(getattr(changed, key) != getattr(recipe.settings, key) for key in changes), (name, changes)
            count += 1
    assert count > 10


def test_advice_is_left_out_where_it_makes_no_sense():
    def names(rule, recipe="dcgan/bendale", **changes):
        chosen = ALL[recipe].override(changes)
        advice = in_words(RULES[rule].advice, replace(seen(), settings=asdict(chosen.settings), kind=chosen.kind))
        return [set(changes) for changes in changes_of(advice)]

    assert names("d-has-won") == [{"d_learning_rate"}, {"real_target"}, {"spectral_norm"}]
    assert names("d-has-won", loss="hinge", spectral_norm="both") == [{"d_learning_rate"}]
    assert names("checkerboard") == [{"kernel_size"}, {"resampling"}]
    assert names("checkerboard", kernel_size=4) == [{"resampling"}] and names("checkerboard", "dcgan/desai") == []
    labels = names("labels-without-effect", "csagan/bendale")
    assert labels == [{"g_condition", "d_condition", "auxiliary"}]
    assert names("labels-without-effect", "csagan/best") == [{"auxiliary"}]  # has the classifier: more weight for it
    assert names("labels-without-effect", "csagan/hamed") == []
    assert "--set" not in in_words(RULES["d-has-won"].advice, replace(seen(), kind=None))
