"""Experience replay: known fakes are followed through the store, step by step, for both schemes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from common.replay import ExperienceReplay
from common.run.checkpoints import Checkpoints
from dcgan.model import DCGAN
from dcgan.recipes import RECIPES

SMALL = {"width": 4, "hidden": 8, "batch_size": 4}


def fakes(step, count=4):
    """Images that are all one number, 100 * step + place in the batch; label and target tell the same."""
    numbers = 100.0 * step + np.arange(count)
    images = np.broadcast_to(numbers[:, None, None, None], (count, 2, 2, 3)).astype(np.float32)
    return tf.constant(images), tf.constant(numbers.astype(np.int32)), tf.constant(numbers[:, None].astype(np.float32))


def follow(replay, steps):
    """Feed batches through a compiled step; return what was shown after each, as rows of numbers."""

    @tf.function
    def step(images, labels, targets):
        replay.add(images, labels, targets)
        empty = tf.zeros((0, 2, 2, 3)), tf.zeros((0,), tf.int32), tf.zeros((0, 1))
        return tf.cond(replay.due, replay.draw, lambda: empty)

    shown = []
    for number in steps:
        images, labels, targets = (part.numpy() for part in step(*fakes(number)))
        np.testing.assert_array_equal(images[:, 0, 0, 0], labels)  # an image keeps its own label and target
        np.testing.assert_array_equal(targets[:, 0], labels)
        shown.append(sorted(labels.tolist()))
    return shown


def test_naive_shows_one_fake_of_each_of_the_last_batches_and_empties():
    replay = ExperienceReplay(4, (2, 2, 3), seed=3)
    shown = follow(replay, range(1, 13))
    assert [len(batch) for batch in shown] == [0, 0, 0, 4] * 3
    assert [[number // 100 for number in batch] for batch in shown if batch] == [
        [1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]
    ]  # fmt: skip
    assert int(replay.count) == 0
    assert len({number % 100 for batch in shown for number in batch}) > 1  # picked at random from the batch


def test_store_keeps_the_newest_and_shows_a_random_subset_of_them():
    replay = ExperienceReplay(4, (2, 2, 3), capacity=8, seed=3)
    shown = follow(replay, range(1, 41))
    assert [len(batch) for batch in shown] == [0, 0, 0, 4] * 10
    for step, batch in enumerate(shown, 1):
        sources = [number // 100 for number in batch]
        assert len(set(sources)) == len(sources) and all(max(0, step - 8) < source <= step for source in sources)
    assert int(replay.count) == 8
    kept = sorted(int(label) // 100 for label in replay.labels.numpy())
    assert kept == list(range(33, 41))
    assert any(step // 4 * 4 - 4 >= number // 100 for step, batch in enumerate(shown, 1) for number in batch)


def test_a_restored_store_goes_on_as_the_first_would():
    first, second = (ExperienceReplay(4, (2, 2, 3), capacity=6, seed=seed) for seed in (1, 2))
    follow(first, range(1, 8))
    for source, target in zip(first.variables, second.variables, strict=True):
        target.assign(source)
    assert follow(first, range(8, 20)) == follow(second, range(8, 20))


def test_a_store_smaller_than_a_batch_is_refused():
    with pytest.raises(ValueError, match="a store of 3 images cannot give a batch of 4"):
        ExperienceReplay(4, (2, 2, 3), capacity=3)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["none", "naive", "store"])
def test_d_is_shown_the_store_once_a_batch_of_steps(scheme, monkeypatch):
    """Replay adds one update of D every `batch_size` steps, on fakes that D has seen before, under their own labels."""
    keras.utils.set_random_seed(0)
    gan = DCGAN(RECIPES["desai"].override(SMALL | {"replay": scheme, "replay_size": 6}).settings)
    step = tf.function(gan.train_step)
    images = tf.random.stateless_uniform((4, 32, 32, 3), (1, 2), -1, 1)
    updates = []
    for _ in range(8):
        before = int(gan.d_optimizer.iterations)
        step((images, tf.constant([0, 1, 2, 3])))
        updates.append(int(gan.d_optimizer.iterations) - before)
    assert updates == ([2] * 8 if scheme == "none" else [2, 2, 2, 3] * 2)
    assert ("replay" in {name.split("/")[0] for name in gan.state()}) == (scheme != "none")
    if scheme == "store":
        assert set(gan.replay.labels.numpy()) <= {0, 1, 2, 3}
        assert np.all((gan.replay.targets.numpy() >= 0) & (gan.replay.targets.numpy() <= 1))


@pytest.mark.parametrize(("update", "batches"), [("alternating", 1), ("staged", 2)])
def test_what_d_is_shown_again_are_its_own_earlier_fakes_as_the_fakes_that_they_were(update, batches):
    tiny = {"batch_size": 4, "image_size": 8, "latent_dim": 4, "g_width": 2, "d_width": 2, "fake_target": 0.2}
    gan = DCGAN(RECIPES["bendale"].override(tiny | {"replay": "naive", "update": update}).settings)
    made, shown, generate, classify = [], [], gan.generate, gan.classify
    gan.generate = lambda *args, **named: made.append(generate(*args, **named)) or made[-1]
    gan.classify = lambda *data: shown.append(data) or classify(*data)
    for _ in range(4):
        gan.train_step((tf.zeros((4, 8, 8, 3)), tf.zeros(4, tf.int32)))
    images, _, targets = shown[-1]
    for fakes in made[::batches]:  # of staged updates the second batch is G's
        assert sum(np.array_equal(image, fake) for image in images for fake in fakes) == 1
    np.testing.assert_allclose(targets, np.full((4, 1), 0.2))


@pytest.mark.slow
def test_a_run_goes_on_from_a_checkpoint_with_a_store_that_is_half_full(tmp_path):
    """Six steps and six more, against a fresh model that restores what the first wrote after six."""
    settings = RECIPES["desai"].override(SMALL).settings
    random = np.random.default_rng(0)
    steps = [(random.uniform(-1, 1, (4, 32, 32, 3)).astype(np.float32), random.integers(0, 10, 4)) for _ in range(12)]
    checkpoints = Checkpoints(tmp_path)
    keras.utils.clear_session()  # in a process of its own, a model's names are the same each time
    straight = DCGAN(settings)
    for number, (images, labels) in enumerate(steps):
        if number == 6:
            checkpoints.save(number, straight.state(), {})
        straight.train_step((tf.constant(images), tf.constant(labels, tf.int32)))
    keras.utils.clear_session()
    keras.utils.set_random_seed(99)
    resumed = DCGAN(settings)
    assert checkpoints.restore(resumed.state()) is not None
    assert int(resumed.replay.count) == 6 % 4
    for images, labels in steps[6:]:
        resumed.train_step((tf.constant(images), tf.constant(labels, tf.int32)))
    for (name, ours), theirs in zip(resumed.state().items(), straight.state().values(), strict=True):
        assert ours.numpy().tobytes() == theirs.numpy().tobytes(), name
