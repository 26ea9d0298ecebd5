"""`on_nan=rollback`: back to the start of the epoch when something is no longer finite, with other random numbers.

The start of the epoch and not the newest checkpoint, whose place is the clock's choice: a run that was stopped and gone
on with, before a rollback or after it, goes back to where one goes that never stopped, and has its bytes.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

MOST = 3  # rollbacks of a run
APART = 2**28  # epochs whose orders of the images no attempt shares with another
RANDOM_STATE = "seed_generator_state"  # ends the names of what latents, dropout and replay are drawn from


def order_of(epoch: int, attempt: int) -> int:
    """The number of an epoch that `Batches.epoch` draws its order and mirroring from; at first the epoch's own."""
    return epoch + attempt * APART


def redraw(variables: Mapping[str, Any], attempt: int) -> None:
    """Fold the attempt's number into every random state of a run."""
    for name, variable in variables.items():
        if name.endswith(RANDOM_STATE):
            state = tf.constant(np.asarray(variable))
            variable.assign(tf.random.experimental.stateless_fold_in(state, attempt))
