"""Runs made to have a fault, trained by the loop itself: the remark comes within two epochs of where it can be seen."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from common.data.batches import Batches
from common.data.dataset import Split
from common.run.remarks import read_remarks
from common.run.run_folder import RunFolder
from common.training.loop import Training
from common.training.seen import SETTLED
from common.training.watcher import Watcher
from sagan.model import SAGAN
from sagan.recipes import BENDALE

TINY = {"image_size": 8, "g_width": 4, "d_width": 4, "kernel_size": 3, "latent_dim": 4, "batch_size": 4,
        "g_attention_size": 4, "d_attention_size": 4, "metrics_every": 0, "epochs": 4}  # fmt: skip
STEPS = 500  # of an epoch
STILL = {"g_learning_rate": 0.0, "d_learning_rate": 0.0}  # what is made stays
AT_ONCE = {"wrong-sign", "runaway-critic", "attention-hard", "poor-data"}  # the others want networks that have settled


def last_layer(network):
    return [layer for layer in network.layers if layer.weights][-1]


def one_image(gan):
    last_layer(gan.generator).kernel.assign(keras.ops.zeros_like(last_layer(gan.generator).kernel))


def one_score(gan):
    last_layer(gan.discriminator).kernel.assign(keras.ops.zeros_like(last_layer(gan.discriminator).kernel))


def deaf_to_labels(gan):
    dense = next(layer for layer in gan.generator.layers if isinstance(layer, keras.layers.Dense))
    latent = np.arange(dense.kernel.shape[0]) < TINY["latent_dim"]  # the label's code comes after it
    dense.kernel.assign(dense.kernel * latent[:, None])


def hard(gan):
    for layer in gan.generator.layers:
        if hasattr(layer, "attention_map"):
            for convolution in (layer.f, layer.g):
                convolution.kernel.assign(1e4 * convolution.kernel)


def nothing(gan):
    pass


CASES = {
    "wrong-sign": ({"loss": "wasserstein-wrong-sign", "g_learning_rate": 1e-2, "d_learning_rate": 1e-2}, nothing),
    "runaway-critic": ({"loss": "wasserstein", "g_learning_rate": 0.0, "d_learning_rate": 1e-2}, nothing),
    "d-has-won": ({"g_learning_rate": 0.0, "d_learning_rate": 1e-2, "dropout": 0.0}, nothing),
    "g-has-won": (STILL, one_score),
    "collapse": (STILL, one_image),
    "labels-without-effect": (STILL | {"g_condition": "latent", "d_condition": "image"}, deaf_to_labels),
    "attention-hard": (STILL, hard),
    "attention-off": (STILL, nothing),
    "poor-data": (STILL, nothing),
}


@pytest.mark.slow
@pytest.mark.parametrize("rule", CASES)
def test_a_run_with_the_fault_is_told_within_two_epochs(tmp_path, rule):
    changes, fault = CASES[rule]
    settings = replace(BENDALE.settings, **(TINY | changes))
    keras.utils.set_random_seed(0)
    gan = SAGAN(settings, 2 if "g_condition" in changes else 0)
    fault(gan)
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (STEPS * settings.batch_size, 8, 8, 3), np.uint8)
    if rule == "poor-data":
        images[: len(images) // 10] = 0
    batches = Batches(Split(images, np.arange(len(images), dtype=np.int32) % 2), settings.batch_size, 0)
    run = RunFolder(tmp_path)
    run.create()
    run.write_config({"family": "sagan", "recipe": "x", "settings": {}, "data": {"name": "photos"}})
    names = ("a", "b") if gan.classes else ()
    Training(gan, batches, run, settings, None, class_names=names, watcher=Watcher(gan, batches, run, settings)).fit()
    seen_from = 1 if rule in AT_ONCE else -(-SETTLED // STEPS)
    since = {remark.rule: remark.since for remark in read_remarks(run)}
    assert seen_from <= since[rule] <= seen_from + 1, since
