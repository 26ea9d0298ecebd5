"""Ctrl-C and SIGTERM: stop at a step's end where the state is whole, at once where nothing is being changed."""

import contextlib
import signal
from collections.abc import Iterator


class Interrupt:
    """While entered, SIGINT and SIGTERM set `signal_number`, and raise KeyboardInterrupt only inside `at_once()`."""

    def __init__(self):
        self.signal_number: int | None = None
        self._at_once = False

    def __enter__(self) -> "Interrupt":
        self._before = {number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)}
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
