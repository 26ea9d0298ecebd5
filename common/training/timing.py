"""Timings that can be compared: several pieces of work in turns, within one process."""

import time
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # TensorFlow is imported only when the arguments are known to be good
    from common.gan import GAN
    from common.settings import Settings

Work = Callable[[], list]  # does one step; returns tensors, of which the last one tells when it is done


def as_in_training() -> None:
    """Set what a training sets."""
    import tensorflow as tf

    from common.training.determinism import make_deterministic

    make_deterministic(0)
    tf.get_logger().setLevel("ERROR")  # it takes one function a case for one function traced again and again


def training_step(gan: "GAN", settings: "Settings") -> Work:
    """A compiled training step of a GAN, on random images that stay the same."""
    import tensorflow as tf

    from common.training.fast_step import speed_up

    speed_up(gan)
    shape = (settings.step_images, settings.image_size, settings.image_size, 3)
    data = tf.random.stateless_uniform(shape, (0, 1), -1.0, 1.0), tf.zeros(shape[:1], tf.int32)
    return tf.function(lambda: list(gan.train_step(data).values()))


def shortest(works: Mapping[Hashable, Work], steps: int, turns: int = 5) -> dict[Hashable, float]:
    """Seconds of a step of each work, the shortest of all turns; the turns go round, so that all meet the same load.

    Args:
        works: each is called once before, which compiles it.
        steps: calls of a turn.
        turns: of each work.
    """
    for work in works.values():
        work()[-1].numpy()
    seconds = dict.fromkeys(works, float("inf"))
    for _ in range(turns):
        for key, work in works.items():
            start = time.perf_counter()
            for _ in range(steps):
                result = work()
            result[-1].numpy()
            seconds[key] = min(seconds[key], (time.perf_counter() - start) / steps)
    return seconds
