"""What makes a run repeatable: seeds, and operations that sum in a fixed order."""

import keras
import tensorflow as tf


def make_deterministic(seed: int, operations: bool = True) -> None:
    """Seed Python, NumPy and TensorFlow, and ask TensorFlow for deterministic operations, for the whole process.

    Without deterministic `operations` seeds, order and draws are still those of the run; rounding is not.
    """
    keras.utils.set_random_seed(seed)
    if operations:
        tf.config.experimental.enable_op_determinism()
    # Grappler's remapper cannot rewrite the loop (it prints an error); without it the step is no slower.
    tf.config.optimizer.set_experimental_options({"remapping": False})
