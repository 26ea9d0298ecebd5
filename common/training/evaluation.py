"""What the loop asks of metrics, which are handed in: the loop knows none."""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

Sample = Callable[[int], np.ndarray]


class Evaluation(Protocol):
    """What the loop asks of metrics: images in, figures by name out; the first one decides which images are best.

    `NAME/CLASS` is the figure NAME of one class.
    """

    names: tuple[str, ...]
    higher_is_better: bool  # of the first one
    numbers: Mapping[str, float]  # of the last measurement, for `common.training.rules`; in no log

    def __call__(self, sample: Sample) -> dict[str, float]:
        """Measure `sample(count)`, uint8 (count, H, W, 3); of a conditional run image i is of class i % classes."""
