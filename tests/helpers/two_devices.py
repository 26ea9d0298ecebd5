"""Tests on two devices, parts of one CPU, for which a process has to ask before TensorFlow computes anything.

`tests/common/training/test_devices.py` runs them, in a process of their own.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from common.optimizers import OPTIMIZERS
from common.system.cluster import Cluster
from common.training.devices import Replicas, make_devices
from dcgan.model import DCGAN
from dcgan.recipes import BENDALE
from fid.networks import extractor
from fid.networks.extractor import Extractor
from fid.protocols import get_protocol

BATCH, SIZE = 4, 8
TINY = {"batch_size": BATCH, "image_size": SIZE, "latent_dim": 4, "g_width": 4, "d_width": 4, "kernel_size": 3,
        "dropout": 0, "weight_stddev": 0.2, "initializer": "normal", "devices": "2"}  # fmt: skip
PLAIN = {"g_batch_norm": False, "d_batch_norm": False}
STRATEGY = make_devices(BENDALE.override(TINY).settings, Cluster()).strategy


def tiny(devices=True, **changes):
    """A GAN, and its compiled step: of two devices, or of one."""
    settings = BENDALE.override(TINY | changes).settings
    keras.utils.set_random_seed(1)
    if not devices:
        gan = DCGAN(settings)
        return gan, tf.function(gan.train_step), lambda data: data
    replicas = Replicas(STRATEGY, settings, Cluster())
    with replicas.scope():
        gan = DCGAN(settings)
    return gan, tf.function(replicas.spread(gan, gan.train_step)), replicas.distribute


def pictures(steps, d_steps=1):
    images = np.random.RandomState(0).uniform(-1, 1, (steps, d_steps * BATCH, SIZE, SIZE, 3)).astype(np.float32)
    labels = np.arange(steps * d_steps * BATCH, dtype=np.int32).reshape(steps, -1) % 10
    return tf.data.Dataset.from_tensor_slices((images, labels))


def train(gan, step, distribute, data):
    for _, batch in zip(range(len(data)), distribute(data), strict=False):
        step(batch)
    return gan


class Folded(keras.random.SeedGenerator):
    """The seed that a replica makes of a state."""

    def __init__(self, state, replica):
        self.seed = tf.random.experimental.stateless_fold_in(state, tf.constant(replica, tf.int64))

    def next(self, ordered=True):
        return self.seed


def joined(draw):
    """Draw for a whole batch what two replicas draw for its halves."""

    def of_both(shape, *args, seed, **kwargs):
        if not shape or shape[0] is None or isinstance(seed, int):
            return draw(shape, *args, seed=seed, **kwargs)
        state, half = seed.next(), (shape[0] // 2, *shape[1:])
        return tf.concat([draw(half, *args, seed=Folded(state, replica), **kwargs) for replica in range(2)], 0)

    return of_both


CASES = {
    "simultaneous": PLAIN,
    "synchronised": {"sync_batch_norm": True},
    "spectral": PLAIN | {"spectral_norm": "both", "loss": "hinge", "update": "alternating", "d_steps": 2,
                         "ema_decay": 0.5},
    "penalty": PLAIN | {"loss": "wasserstein", "update": "alternating", "gradient_penalty": 10.0, "clip": 0.3},
    "ingredients": PLAIN | {"augment": "color+translation+cutout", "r1": 1.0, "penalty_every": 2, "decay_from": 0.5,
                            "epochs": 2, "steps_per_epoch": 2, "ema_decay": 0.9, "ema_warmup": True},
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_step_of_two_is_the_step_of_one_on_the_joined_batch(case, monkeypatch):
    monkeypatch.setitem(OPTIMIZERS, "sgd", lambda learning_rate: keras.optimizers.SGD(learning_rate))
    changes = CASES[case] | {"optimizer": "sgd", "g_learning_rate": 0.05, "d_learning_rate": 0.05}
    data = pictures(2, changes.get("d_steps", 1))
    theirs = train(*tiny(**changes), data)
    for name in ("normal", "uniform", "randint"):
        monkeypatch.setattr(keras.random, name, joined(getattr(keras.random, name)))
    before = tiny(devices=False, **changes)[0].trainable_variables
    ours = train(*tiny(devices=False, **changes), data)
    moved = 0
    for a, b, start in zip(ours.trainable_variables, theirs.trainable_variables, before, strict=True):
        a, b, start = a.numpy(), b.numpy(), start.numpy()
        assert np.abs(a - b).max() <= 1e-5 * np.abs(a).max() + 1e-7, a.shape
        moved += np.abs(a - start).max() > 1e-4 * np.abs(start).max()
    assert moved >= 6
    assert float(ours.d_loss.result()) == pytest.approx(float(theirs.d_loss.result()), rel=1e-5)
    assert float(ours.g_loss.result()) == pytest.approx(float(theirs.g_loss.result()), rel=1e-5)


def test_replay_stores_and_shows_the_joined_batch(monkeypatch):
    monkeypatch.setitem(OPTIMIZERS, "sgd", lambda learning_rate: keras.optimizers.SGD(learning_rate))
    changes = PLAIN | {"optimizer": "sgd", "update": "alternating", "replay": "naive", "d_learning_rate": 0.05}
    data = pictures(BATCH + 1)  # shown after as many steps as make a batch
    theirs = train(*tiny(**changes), data)
    monkeypatch.setattr(keras.random, "normal", joined(keras.random.normal))
    ours = train(*tiny(devices=False, **changes), data)
    for a, b in zip(ours.replay.variables, theirs.replay.variables, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-5)
    assert int(ours.replay.added) == 1
    for a, b in zip(ours.discriminator.variables, theirs.discriminator.variables, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-4, atol=1e-6)


def test_what_looks_at_a_part_of_the_batch_is_named():
    parts = {"penalty_points": "batch", "gradient_penalty": 10.0, "minibatch_deviation": True, "loss": "relativistic"}
    for changes, named in (
        (PLAIN, []), ({"sync_batch_norm": True}, []), ({}, ["batch norm"]),
        (PLAIN | parts, ["loss=relativistic", "penalty_points=batch", "minibatch_deviation"]),
    ):  # fmt: skip
        settings = BENDALE.override(TINY | changes).settings
        assert Replicas(STRATEGY, settings, Cluster()).looks_at_parts(DCGAN(settings)) == named


def test_every_replica_draws_its_own_and_all_have_one_state():
    changes = {"dropout": 0.3, "ema_decay": 0.5, "spectral_norm": "discriminator", "target_noise": 0.1,
               "update": "alternating", "replay": "store", "replay_size": BATCH}  # fmt: skip
    gan, step, distribute = tiny(**changes)
    train(gan, step, distribute, pictures(BATCH + 1))
    for name, variable in gan.state().items():
        first, second = (copy.numpy() for copy in variable.value.values)
        np.testing.assert_array_equal(first, second, err_msg=name)
    dropout = next(layer for layer in gan.discriminator.layers if isinstance(layer, keras.layers.Dropout))
    draws = [
        lambda: keras.random.normal((2, 4), seed=gan.latent_seed),
        lambda: dropout(tf.ones((2, 4, 4, 4)), training=True),
    ]
    for draw in draws:
        first, second = (values.numpy() for values in STRATEGY.experimental_local_results(STRATEGY.run(draw)))
        assert (first != second).any()


def test_features_come_from_both_devices_in_order_and_to_the_bit(monkeypatch):
    protocol = get_protocol("cifar")
    both = Extractor(protocol, logits=True)
    monkeypatch.setattr(extractor, "_devices", lambda: ["CPU:0"])
    one = Extractor(protocol, logits=True)
    images = np.random.RandomState(0).randint(0, 256, (5, 32, 32, 3)).astype(np.uint8)
    assert [run(images)[0].device[-5:] for run in both._runs] == ["CPU:0", "CPU:1"]
    both._batch_size = one._batch_size = 1
    ours, theirs = (list(each(images)) for each in (both, one))
    assert len(ours) == 5
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a.features, b.features)
        np.testing.assert_array_equal(a.logits, b.logits)


def test_what_is_not_finite_on_one_replica_is_no_step_of_any():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        gan, step, distribute = tiny(**PLAIN, precision="mixed_float16")
    finally:
        keras.config.set_dtype_policy("float32")
    before = [variable.numpy() for variable in gan.discriminator.trainable_variables]
    scale = float(gan.d_optimizer.dynamic_scale.numpy())
    spoilt = pictures(1).map(lambda images, labels: (tf.where(tf.range(BATCH)[:, None, None, None] < 3, images, np.inf),
                                                     labels))  # fmt: skip
    train(gan, step, distribute, spoilt)
    for old, variable in zip(before, gan.discriminator.trainable_variables, strict=True):
        np.testing.assert_array_equal(old, variable.numpy())
    assert float(gan.d_optimizer.dynamic_scale.numpy()) == scale / 2
    gan.d_loss.reset_state()
    train(gan, step, distribute, pictures(1))
    assert np.isfinite(float(gan.d_loss.result()))
    assert any((old != v.numpy()).any() for old, v in zip(before, gan.discriminator.trainable_variables, strict=True))
