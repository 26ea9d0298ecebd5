"""Peak memory of a piece of work. A peak never falls, so each piece has a process of its own."""

import multiprocessing
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

HOW = {True: "TensorFlow's count of the GPU memory in use", False: "the resident memory of a process (rusage)"}


def each_in_a_process(function: Callable, cases: Iterable[tuple]) -> Iterator[Any]:
    """Call a function of a module with each case, one after the other, each in a fresh process; yield the results."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, max_tasks_per_child=1) as pool:
        for case in cases:
            yield pool.submit(function, *case).result()


def peak_memory() -> float:
    """The peak so far in MiB, of what `HOW` names. Imports TensorFlow."""
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        return tf.config.experimental.get_memory_info("GPU:0")["peak"] / 2**20
    import resource  # here: there is none on Windows

    unit = 1 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
