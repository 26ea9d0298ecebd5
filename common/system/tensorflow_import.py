"""Import TensorFlow late, and without the lines that its C++ parts print before any log level applies."""

import contextlib
import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any


class LazyModule:
    """A module that is imported when something of it is first used: what names it can be read without it."""

    def __init__(self, name: str):
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self._name), attribute)


tf, keras = LazyModule("tensorflow"), LazyModule("keras")


@contextlib.contextmanager
def quiet_import() -> Iterator[None]:
    """Hold standard error back while the block runs; print it only if the block fails by an error.

    Does nothing where the user has set TF_CPP_MIN_LOG_LEVEL and so has asked for the log.
    """
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        yield
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except Exception:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            del os.environ["TF_CPP_MIN_LOG_LEVEL"]  # read once, by the import; children make their own choice
