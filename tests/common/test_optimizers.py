"""Optimizers by name, with the settings that each uses."""

import keras
import pytest

from common.errors import UserError
from common.optimizers import OPTIMIZERS, build_optimizer
from dcgan.recipes import BENDALE


def test_each_has_the_settings_that_it_names():
    settings = BENDALE.override({"beta_1": 0.3, "beta_2": 0.8}).settings
    adam = build_optimizer(settings, 0.25)
    assert type(adam) is keras.optimizers.Adam
    assert (float(adam.learning_rate), adam.beta_1, adam.beta_2) == (0.25, 0.3, 0.8)
    rmsprop = build_optimizer(BENDALE.override({"optimizer": "rmsprop"}).settings, 0.5)
    assert type(rmsprop) is keras.optimizers.RMSprop and float(rmsprop.learning_rate) == 0.5


def test_a_new_optimizer_is_one_function_and_one_row(monkeypatch):
    with pytest.raises(UserError, match="optimizer=sgd is not one of adam, rmsprop"):
        BENDALE.override({"optimizer": "sgd"})

    def sgd(learning_rate, *, beta_1):
        return keras.optimizers.SGD(learning_rate, momentum=beta_1)

    monkeypatch.setitem(OPTIMIZERS, "sgd", sgd)
    optimizer = build_optimizer(BENDALE.override({"optimizer": "sgd", "beta_1": "0.7"}).settings, 0.1)
    assert type(optimizer) is keras.optimizers.SGD and optimizer.momentum == 0.7
