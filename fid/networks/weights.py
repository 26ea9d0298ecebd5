"""Published weights of a network: given by path, in `$FID_WEIGHTS`, in the cache or downloaded; never unpickled."""

import contextlib
import hashlib
import os
import shutil
import sys
import tarfile
import threading
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from common.errors import UserError
from common.system.files import cache_dir, expanded, load_arrays, replacing
from fid.networks.graphdef import read_graphdef

if TYPE_CHECKING:
    import keras

TIMEOUT = 5  # seconds without an answer
GRAPH = "classify_image_graph_def.pb"


class MissingWeights(UserError):
    """No weights were named, none are in the cache, and none could be downloaded."""


@dataclass(frozen=True)
class Published:
    """Weights as their authors published them; `file` is the name in the cache, `digest` a hash of that file."""

    url: str
    file: str
    algorithm: str
    digest: str
    suffixes: tuple[str, ...]

    @property
    def cached(self) -> Path:
        return cache_dir() / "weights" / self.file


INCEPTION_2015 = Published(
    url="https://storage.googleapis.com/download.tensorflow.org/models/image/imagenet/inception-2015-12-05.tgz",
    file=GRAPH,
    algorithm="sha256",
    digest="009d6814d1bc560d4e7b236e170e9b2d5ca6f4b57bd8037f6db05776204415c6",
    suffixes=(".npz", ".pb", ".tgz"),
)
KERAS_INCEPTION_V3 = Published(
    url="https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/"
    "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
    file="inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
    algorithm="md5",  # Keras publishes no other
    digest="bcbd6486424b2319ff4ef7d526e38f63",
    suffixes=(".h5",),
)


def find_weights(published: Published, given: Path | str | None = None) -> Path:
    """Return the file to read: `given`, else `$FID_WEIGHTS`, else the cached one, else a download into the cache.

    A path whose suffix belongs to another network's weights is passed over, so that one command can measure with two.

    Raises:
        UserError: a path that does not exist or is of no known kind.
        MissingWeights: nothing was found and nothing could be downloaded.
    """
    path = at_hand(published, given)
    if path is None:
        _download(published)
    return path or published.cached


def at_hand(published: Published, given: Path | str | None = None) -> Path | None:
    """Return the file that `find_weights` would read without a download; None where there is none.

    Raises:
        UserError: a path that does not exist or is of no known kind.
    """
    known = INCEPTION_2015.suffixes + KERAS_INCEPTION_V3.suffixes
    for origin, value in (("--weights", given), ("$FID_WEIGHTS", os.environ.get("FID_WEIGHTS"))):
        if not value:
            continue
        path = expanded(value)
        if path.suffix not in known:
            raise UserError(f"{origin} {path}: weights come as {', '.join(known)}")
        if not path.is_file():
            raise UserError(f"{origin} {path}: no such file")
        if path.suffix in published.suffixes:
            return path
    return published.cached if published.cached.exists() else None


def reachable(published: Published) -> bool:
    """Whether its host answers within `TIMEOUT`, through a proxy where one is set."""
    answers = []

    def ask() -> None:
        request = urllib.request.Request(published.url, method="HEAD")
        with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=TIMEOUT):
            answers.append(True)

    asking = threading.Thread(target=ask, daemon=True)  # since looking up a name has no time limit of its own
    asking.start()
    asking.join(TIMEOUT)
    return bool(answers)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hex digits."""
    return _digest(path, "sha256")


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read `NAME/kernel` and `NAME/bias` from an `.npz`, a GraphDef `.pb` or the original `.tgz` archive.

    Raises:
        UserError: the file is damaged or is something else.
    """
    try:
        if path.suffix == ".npz":
            return load_arrays(path)
        if path.suffix == ".tgz":
            with tarfile.open(path) as archive:
                return read_graphdef(_member(archive, GRAPH).read())
        return read_graphdef(path.read_bytes())
    except Exception as error:  # their readers raise whatever the damage leads them to
        raise UserError(f"{path}: no weights can be read from it ({type(error).__name__}: {error})") from error


def assign(model: "keras.Model", arrays: Mapping[str, np.ndarray], origin: Path) -> None:
    """Give every layer of `model` the arrays `NAME/kernel` and, where it has one, `NAME/bias`.

    Raises:
        UserError: arrays that are missing (the message names their layers), of the wrong shape, or no finite numbers.
    """
    layers = [layer for layer in model.layers if layer.weights]
    wanted = {layer.name: [f"{layer.name}/{weight.name}" for weight in layer.weights] for layer in layers}
    missing = [name for name, keys in wanted.items() if any(key not in arrays for key in keys)]
    if missing:
        raise UserError(f"{origin} lacks {len(missing)} of the layers that are needed: {', '.join(missing)}")
    for layer in layers:
        values = [arrays[key] for key in wanted[layer.name]]
        for key, value, weight in zip(wanted[layer.name], values, layer.weights, strict=True):
            if value.shape != tuple(weight.shape):
                raise UserError(f"{origin}: {key} has the shape {value.shape} instead of {tuple(weight.shape)}")
            if value.dtype.kind not in "fiu" or not np.isfinite(value).all():
                raise UserError(f"{origin}: {key} has values that are no finite numbers")
        layer.set_weights(values)


def _download(published: Published) -> None:
    print(f"downloading {published.url}", file=sys.stderr)
    try:
        with replacing(published.cached) as part:
            _fetch(published, part)
            if _digest(part, published.algorithm) != published.digest:
                raise OSError("what arrived is not what was published: its hash is another")
    except (OSError, EOFError, tarfile.TarError) as error:
        reason = getattr(error, "reason", error)
        raise MissingWeights(
            f"{published.file} is not in {published.cached.parent} and cannot be downloaded from {published.url} "
            f"({reason}). Fetch it by other means and name the file ({', '.join(published.suffixes)}) with --weights "
            "or in $FID_WEIGHTS"
        ) from error


def _fetch(published: Published, path: Path) -> None:
    """Write the published file to `path`; from an archive, its member of that name."""
    with urllib.request.urlopen(published.url, timeout=TIMEOUT) as response, open(path, "wb") as file:
        if not published.url.endswith(".tgz"):
            shutil.copyfileobj(response, file)
            return
        with tarfile.open(fileobj=response, mode="r|gz") as archive:
            shutil.copyfileobj(_member(archive, published.file), file)


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    for member in archive:
        if Path(member.name).name == name and member.isfile():
            return archive.extractfile(member)
    raise OSError(f"there is no {name} in the archive")


def _digest(path: Path, algorithm: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
