"""The targets of a batch: plain numbers by default, noisy, flipped and inverted where a recipe asks."""

import keras
import numpy as np
import pytest

from common.errors import UserError
from common.targets import BatchTargets
from dcgan.recipes import BENDALE, RECIPES

COUNT = 20_000


def draw(recipe=BENDALE, **changes):
    settings = recipe.override(changes).settings
    targets = BatchTargets(settings).draw(COUNT, keras.random.SeedGenerator(1))
    return [np.asarray(part, float) for part in targets]


def test_plain_targets_are_numbers_and_draw_nothing():
    seed = keras.random.SeedGenerator(1)
    before = np.array(seed.state)
    targets = BatchTargets(BENDALE.override({"real_target": 0.9, "fake_target": 0.1}).settings).draw(8, seed)
    assert targets == (0.9, 0.1, 1.0)
    np.testing.assert_array_equal(seed.state, before)


def test_noise_moves_targets_inwards_each_by_its_own_draw():
    real, fake, generator = draw(target_noise=0.1)
    assert real.shape == fake.shape == (COUNT, 1) and generator == 1
    assert real.min() >= 0.9 and real.max() <= 1 and real.mean() == pytest.approx(0.95, abs=2e-3)
    assert fake.min() >= 0 and fake.max() <= 0.1 and fake.mean() == pytest.approx(0.05, abs=2e-3)
    assert abs(np.corrcoef(real[:, 0], fake[:, 0])[0, 1]) < 0.05


def test_flips_exchange_their_share():
    real, fake, _ = draw(target_flips=0.05)
    assert set(np.unique(real)) == set(np.unique(fake)) == {0, 1}
    assert real.mean() == pytest.approx(0.95, abs=0.01) and fake.mean() == pytest.approx(0.05, abs=0.01)


def test_desai_calls_reals_0_and_fakes_1():
    real, fake, generator = draw(RECIPES["desai"], target_flips=0.05)
    assert np.median(real) == pytest.approx(0.05, abs=0.01) and np.median(fake) == pytest.approx(0.95, abs=0.01)
    assert generator == 0 and BatchTargets(RECIPES["desai"].settings).plain == (0, 1, 0)
    assert ((real > 0.5).mean(), (fake < 0.5).mean()) == pytest.approx((0.05, 0.05), abs=0.01)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"loss": "hinge", "target_noise": 0.1}, "no meaning for loss=hinge"),
        ({"update": "staged", "loss": "hinge"}, "update=staged needs loss=bce"),
        ({"replay": "naive"}, "replay needs"),
        ({"replay": "store", "update": "alternating", "replay_size": 8}, "less than a batch of 64"),
    ],
)
def test_what_cannot_work_is_refused(changes, words):
    with pytest.raises(UserError, match=words):
        BENDALE.override(changes)
