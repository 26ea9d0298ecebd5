"""The optimizers of D and G from a run's settings."""

import keras

from common.settings import Settings


def build_optimizer(settings: Settings, learning_rate: float) -> keras.optimizers.Optimizer:
    """Make an optimizer; under `mixed_float16` it scales its loss, which Keras would do only for `model.optimizer`."""
    if settings.optimizer == "adam":
        optimizer = keras.optimizers.Adam(learning_rate, beta_1=settings.beta_1, beta_2=settings.beta_2)
    else:
        optimizer = keras.optimizers.RMSprop(learning_rate)
    if settings.precision == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer
