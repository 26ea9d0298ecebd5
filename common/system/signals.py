"""Ctrl-C, SIGTERM, SIGHUP: stop at a step's end where the state is whole, at once where nothing is being changed."""

import contextlib
import signal
from collections.abc import Iterator

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # the last one: a terminal that closes; not on every system


class Interrupt:
    """While entered, signals of `NAMES` set `signal_number`, and raise KeyboardInterrupt only inside `at_once()`.

    A SIGHUP that is ignored already stays so: that is what `nohup` is for.
    """

    def __init__(self):
        self.signal_number: int | None = None
        self._at_once = False

    def __enter__(self) -> "Interrupt":
        numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
        if signal.getsignal(numbers[-1]) == signal.SIG_IGN:
            numbers.pop()
        self._before = {number: signal.signal(number, self._handle) for number in numbers}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """Mark a stretch that only reads and computes, and so may be broken off anywhere."""
        self.check()
        self._at_once = True
        try:
            yield
        finally:
            self._at_once = False

    def check(self) -> None:
        """Raise KeyboardInterrupt if a signal has come."""
        if self.signal_number is not None:
            raise KeyboardInterrupt

    def _handle(self, number: int, frame: object) -> None:
        self.signal_number = number
        if self._at_once:
            raise KeyboardInterrupt


class SystemExitBySignal(SystemExit):
    """The run was stopped by a signal and saved; the code is the shell's own, 128 + the signal's number."""

    def __init__(self, signal_number: int):
        super().__init__(128 + signal_number)
