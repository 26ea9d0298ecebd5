"""Data sets of TensorFlow Datasets, with a short answer where TFDS would retry a dead network for minutes."""

import contextlib
import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common.errors import UserError
from common.system.files import expanded
from common.system.tensorflow_import import quiet_import

PROBE_SECONDS = 8  # name lookup, proxy and host together


def data_dir() -> Path:
    """`$TFDS_DATA_DIR`, or TFDS' own default."""
    return expanded(os.environ.get("TFDS_DATA_DIR", "~/tensorflow_datasets"), "set TFDS_DATA_DIR to the folder of TFDS")


def place() -> str:
    """Eight hex digits that tell one data folder from another, for the cache's key."""
    return hashlib.sha256(str(data_dir().resolve()).encode()).hexdigest()[:8]


@contextlib.contextmanager
def opened(name: str, title: str, host: str, advice: str) -> Iterator[Any]:
    """Yield the builder of a prepared data set, downloading it first if need be.

    Args:
        name: of the data set in TFDS.
        title: what to call it in messages.
        host: where TFDS fetches it from.
        advice: what to do where it is neither on disk nor in reach.

    Raises:
        UserError: it is neither, or reading it fails, in the block too.
    """
    folder = data_dir()
    prepared = sorted((folder / name).glob("*/dataset_info.json"))
    if not prepared and not reachable(host):
        raise UserError(
            f"{title} is not in {folder} and {host} cannot be reached to download it. Connect to the network, or set "
            f"TFDS_DATA_DIR to a folder where TFDS has prepared {name}, or {advice}"
        )
    with quiet_import():
        import tensorflow  # noqa: F401 - TFDS would import it later, and loudly
        import tensorflow_datasets as tfds

    tfds.disable_progress_bar()
    try:
        if prepared:
            builder = tfds.builder_from_directory(prepared[-1].parent)
        else:
            builder = tfds.builder(name, data_dir=folder)
            builder.download_and_prepare()
        yield builder
    except UserError:
        raise
    except Exception as error:  # TFDS raises whatever its readers and its downloader raise
        reason = " ".join(str(error).split())[:300]
        raise UserError(f"TFDS could not read {title} in {folder}: {type(error).__name__}: {reason}") from error


def reachable(host: str) -> bool:
    """Whether the host answers within eight seconds, asked as TFDS will ask it: by way of the proxies that are set."""
    import requests  # here, since only a download needs it

    answers = []

    def probe() -> None:
        with contextlib.suppress(requests.RequestException):
            try:
                answers.append(requests.head(f"https://{host}", timeout=PROBE_SECONDS, allow_redirects=False))
            except requests.exceptions.SSLError as error:
                answers.append(error)  # an answer all the same: what is wrong with it, TFDS says better

    thread = threading.Thread(target=probe, daemon=True)  # a name lookup knows no time limit
    thread.start()
    thread.join(PROBE_SECONDS)
    return bool(answers)
