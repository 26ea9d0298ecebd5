"""How long one measurement of a training takes."""

import time
from pathlib import Path

import numpy as np

from common.data.load import load_dataset
from common.errors import UserError
from fid.evaluation.training import make_evaluation

WARM_UP = 16  # images, of a first measurement, which compiles the network


def measurement(
    protocol: str, count: int, data: str = "cifar10", real_count: int = 5000, weights: Path | str | None = None
) -> float:
    """Seconds from `count` images of noise, in the place of generated ones, to their figure; the real side is cached.

    Raises:
        UserError: an unknown protocol or data set, or there are no weights.
    """
    dataset = load_dataset(data)
    evaluation = make_evaluation([protocol], dataset, real_count, count, weights)
    if evaluation is None:
        raise UserError(f"{protocol} cannot be measured here: it needs its weights")
    shape = (count, *dataset.train.images.shape[1:])
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    evaluation(lambda _: images[:WARM_UP])
    start = time.perf_counter()
    evaluation(lambda _: images)
    return time.perf_counter() - start


def measure(protocol: str, count: int, weights: Path | None) -> None:
    """Print the time of one measurement."""
    seconds = measurement(protocol, count, weights=weights)
    print(f"{count:,} images by {protocol}, the real side cached: {seconds:.1f} s, {count / seconds:.1f} images/s")
