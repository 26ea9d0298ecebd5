"""Timings that can be compared: several pieces of work in turns, within one process or each in its own."""

import contextlib
import multiprocessing
import time
from collections.abc import Callable, Hashable, Mapping
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from common.errors import UserError

if TYPE_CHECKING:  # TensorFlow is imported only when the arguments are known to be good
    from common.gan import GAN
    from common.settings import Settings

Work = Callable[[], list]  # does one step; returns tensors, of which the last one tells when it is done
Steps = Callable[[int], object]  # does so many steps and waits for the last
WARM_UP = 3  # steps before the first turn


def as_in_training() -> None:
    """Set what a training sets, deterministic operations by its own choice."""
    import tensorflow as tf

    from common.settings import MachineSettings
    from common.training.automatic import deterministic, this_machine
    from common.training.determinism import make_deterministic

    choice, _ = deterministic(this_machine(), MachineSettings())
    make_deterministic(0, choice == "true")
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


def in_processes(ways: Mapping[str, Callable[[], Steps]], steps: int, turns: int) -> dict[str, list[float]]:
    """Seconds of a step of each way, turn by turn; the turns go round, so that all meet the same load.

    Each way has a process of its own, so that none meets the settings and threads of another; one computes at a time.

    Args:
        ways: builders, which a process can be given: functions of a module, or `functools.partial` of them.
        steps: of a turn.
        turns: of each way.

    Raises:
        UserError: a way does not run here; what it said is on stderr.
    """
    context, lines = multiprocessing.get_context("spawn"), {}
    with contextlib.ExitStack() as stack:
        for name, build in ways.items():
            lines[name], theirs = context.Pipe()
            process = context.Process(target=_serve, args=(build, theirs), daemon=True)
            process.start()
            theirs.close()
            stack.callback(process.join)
            stack.callback(lines[name].close)
            _answer(name, lines[name])
        rounds = [{name: _turn(name, line, steps) for name, line in lines.items()} for _ in range(turns)]
    return {name: [seconds[name] for seconds in rounds] for name in ways}


def _serve(build: Callable[[], Steps], line: Connection) -> None:
    """Do as many steps as are asked for and answer with the seconds of each, until the other end hangs up."""
    run = build()
    run(WARM_UP)
    line.send(0.0)
    with contextlib.suppress(EOFError):
        while True:
            steps = line.recv()
            start = time.perf_counter()
            run(steps)
            line.send((time.perf_counter() - start) / steps)


def _turn(name: str, line: Connection, steps: int) -> float:
    line.send(steps)
    return _answer(name, line)


def _answer(name: str, line: Connection) -> float:
    try:
        return line.recv()
    except EOFError:
        raise UserError(f"{name} does not run here; what it said is above") from None
