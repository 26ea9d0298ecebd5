"""Standard output and error that cannot stop a command, and show no more than text.

A training is worth more than its lines: where their reader has gone (`| head -1`, a closed terminal, `>&-`, a full
disk), it goes on without. What its encoding does not have is escaped, and so are control characters, since a name from
a file may hold them; those that a progress line needs stay.
"""

import errno
import io
import os
import re
import sys

from common.system.names import UNPRINTABLE, escaped

KEPT = r"(?![\n\t])(?!\x1b\[K)(?!\A\r)"  # line ends, tabs, "clear the rest of the line", a return at the start
CONTROL = re.compile(KEPT + UNPRINTABLE.pattern)
GONE = (errno.EPIPE, errno.EIO, errno.EBADF)  # nobody reads any more: no reason to end with an error


class Output(io.TextIOWrapper):
    """A standard stream over another: its bytes go to the same place, for as long as that takes them."""

    def __init__(self, stream: io.TextIOWrapper):
        self._under = stream  # kept, or it would be closed
        self._sink = _Sink(getattr(stream.buffer, "raw", stream.buffer))
        super().__init__(io.BufferedWriter(self._sink), stream.encoding, "backslashreplace", line_buffering=True)

    def write(self, text: str) -> int:
        """Write text, control characters escaped."""
        return super().write(CONTROL.sub(escaped, text))

    def lost(self) -> OSError | None:
        """The error since which nothing is shown any more."""
        self.flush()
        return self._sink.error


class _Sink(io.RawIOBase):
    """Bytes to a stream; after its first error, to nowhere."""

    def __init__(self, raw: io.RawIOBase):
        self._raw, self.error = raw, None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def isatty(self) -> bool:
        return self._raw.isatty()

    def write(self, data: bytes) -> int | None:
        if self.error is None:
            try:
                return self._raw.write(data)
            except OSError as error:
                self.error = error
        return len(data)


def guard_output() -> None:
    """Put `Output` in the place of this process' own standard streams; of others (a notebook's, a test's) nothing.

    A stream that was closed is opened on nothing first, or the next file opened would take its number, and its lines.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            stream = open(os.devnull, "w")  # noqa: SIM115 - lives as long as the process
        elif stream is not getattr(sys, f"__{name}__"):
            continue
        setattr(sys, name, Output(stream))


def lost_output() -> OSError | None:
    """Why lines on standard output were lost, other than that nobody reads them; None where none were."""
    error = sys.stdout.lost() if isinstance(sys.stdout, Output) else None
    return None if error is None or error.errno in GONE else error
