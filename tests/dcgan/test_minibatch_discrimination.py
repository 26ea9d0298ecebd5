"""Minibatch discrimination: the sums of the paper, and what they tell of a batch."""

import keras
import numpy as np
import pytest

from dcgan.minibatch_discrimination import MinibatchDiscrimination
from dcgan.model import build_discriminator
from dcgan.recipes import RECIPES


def test_it_equals_the_paper_s_sums():
    features = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)
    layer = MinibatchDiscrimination(3, dimensions=4)
    joined = layer(features).numpy()
    rows = (features @ layer.tensor.numpy()).reshape(5, 3, 4)
    for i in range(5):
        for b in range(3):
            others = sum(np.exp(-np.abs(rows[i, b] - rows[j, b]).sum()) for j in range(5) if j != i)
            assert joined[i, 7 + b] == pytest.approx(others, rel=1e-5, abs=1e-6)
    np.testing.assert_array_equal(joined[:, :7], features)


def test_a_collapsed_batch_stands_out():
    layer = MinibatchDiscrimination(2)
    varied = np.random.default_rng(0).normal(size=(8, 30)).astype(np.float32)
    same = np.repeat(varied[:1], 8, axis=0)
    assert layer(same).numpy()[:, 30:] == pytest.approx(7.0) and layer(varied).numpy()[:, 30:].max() < 1.0


@pytest.mark.parametrize("name", ["bendale", "desai"])
def test_it_is_a_setting_of_the_discriminators(name):
    small = {"minibatch_kernels": 5} | ({"d_width": 4} if name == "bendale" else {"width": 4, "hidden": 8})
    model = build_discriminator(RECIPES[name].override(small).settings)
    assert [type(layer).__name__ for layer in model.layers].count("MinibatchDiscrimination") == 1
    restored = keras.models.clone_model(model)
    assert restored.count_params() == model.count_params()
