"""A temporary folder a process, so that what a killed one leaves behind is found, and cleared by the next start.

TensorFlow writes the code that AutoGraph generates into the temporary folder, and deletes it when the process ends by
itself; killed processes would leave one file more there each time.
"""

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from common.system.files import exclusive

PREFIX = "cifar-gans-"
YOUNG = 60  # seconds: a folder may not be locked yet


@contextlib.contextmanager
def temporary_folder() -> Iterator[None]:
    """Have `tempfile` make its files in a folder of this process, locked while it lives, deleted at its end.

    What processes that were killed have left is deleted first. Where there is no room for a folder nothing changes.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            before = tempfile.tempdir
            _clear(Path(tempfile.gettempdir()))
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True))
            stack.enter_context(exclusive(Path(folder)))
            stack.callback(setattr, tempfile, "tempdir", before)
            tempfile.tempdir = folder
        yield


def _clear(parent: Path) -> None:
    for old in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # a process holds it, or it is another user's
            if time.time() - old.stat().st_mtime > YOUNG:
                with exclusive(old) as is_free:
                    if is_free:
                        shutil.rmtree(old, ignore_errors=True)
