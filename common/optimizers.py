"""The optimizers of D and G: each a function of a learning rate and of the settings that its keywords name.

A new one is one function and one row of `OPTIMIZERS`; a keyword that is no setting yet is one field more of
`common.settings.GameSettings`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from common.system.tensorflow_import import keras  # lazily: the settings read the table before Keras is there


def adam(learning_rate: float, *, beta_1: float, beta_2: float) -> keras.optimizers.Optimizer:
    """Adam (1412.6980)."""
    return keras.optimizers.Adam(learning_rate, beta_1=beta_1, beta_2=beta_2)


def rmsprop(learning_rate: float) -> keras.optimizers.Optimizer:
    """RMSprop (Tieleman and Hinton, 2012) with Keras' decay of 0.9."""
    return keras.optimizers.RMSprop(learning_rate)


OPTIMIZERS: dict[str, Callable[..., keras.optimizers.Optimizer]] = {"adam": adam, "rmsprop": rmsprop}


def linear_decay(step: Any, start: float, end: float) -> Any:
    """What is left of a learning rate: 1 up to the step `start`, then linearly down to 0 at `end`."""
    return keras.ops.clip((end - keras.ops.cast(step, "float32")) / (end - start), 0.0, 1.0)


def build_optimizer(settings: Any, learning_rate: float | Callable[[], Any]) -> keras.optimizers.Optimizer:
    """Make the optimizer of a run's `common.settings.Settings`; a rate may be a function, called in every step.

    Under `mixed_float16` it scales its loss, which Keras would do only for `model.optimizer`.
    """
    function = OPTIMIZERS[settings.optimizer]
    _, *keywords = inspect.signature(function).parameters
    optimizer = function(learning_rate, **{keyword: getattr(settings, keyword) for keyword in keywords})
    if settings.precision == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer
