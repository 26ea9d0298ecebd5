"""The networks that protocols take their features from, by name, with their published weights."""

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from common.errors import UserError
from fid.networks import classifier
from fid.networks.inception import IMAGE_SIZE, build_inception
from fid.networks.weights import INCEPTION_2015, KERAS_INCEPTION_V3, assign, find_weights, read_arrays, sha256
from fid.protocols import CLASSIFIER, Protocol

INPUT = (IMAGE_SIZE, IMAGE_SIZE, 3)  # a fixed size, which `with_winograd` needs


@dataclass(frozen=True)
class Network:
    """`model`: scaled images (B, size, size, 3) -> features (B, D) or [features, logits]; `sha256`: of the weights."""

    model: keras.Model
    sha256: str


def load_network(protocol: Protocol, weights: Path | str | None = None, logits: bool = False) -> Network:
    """Load the network of a protocol for inference.

    Args:
        protocol: its extractor is a name, or a Keras model, which is taken as it is.
        weights: a file of weights; None: see `fid.networks.weights.find_weights`. The classifier always has its own.
        logits: give the class scores too.

    Raises:
        UserError: weights that are missing or damaged, a network that has no logits, or a model that does not map
            images to features as the protocol says.
    """
    if keras.backend.backend() != "tensorflow":
        raise UserError(
            f"features are computed by Keras on TensorFlow, not on {keras.backend.backend()}; see KERAS_BACKEND"
        )
    if not isinstance(protocol.extractor, str):
        return _own(protocol, protocol.extractor, logits)
    if protocol.extractor not in _LOADERS:
        raise UserError(f"unknown extractor {protocol.extractor!r}; choose from {', '.join(_LOADERS)}, or give a model")
    return _LOADERS[protocol.extractor](protocol.dimension, weights, logits)


def _own(protocol: Protocol, model: keras.Model, logits: bool) -> Network:
    try:
        outputs = model(np.zeros((1, protocol.size, protocol.size, 3), np.float32), training=False)
    except Exception as error:  # whatever the model's layers raise
        size = f"{protocol.size}x{protocol.size}"
        raise UserError(f"protocol {protocol.name}: its model takes no images of {size}: {error}") from error
    shapes = [tuple(output.shape) for output in keras.tree.flatten(outputs)]
    if shapes[:1] != [(1, protocol.dimension)] or (logits and len(shapes) != 2):
        wanted = f"features (1, {protocol.dimension})" + ", logits" * logits
        raise UserError(f"protocol {protocol.name}: of one image, its model gives {shapes}, not {wanted}")
    return Network(model, _identity(model))


def _identity(model: keras.Model) -> str:
    """A SHA-256 of a model's layers, as far as it can tell them, and weights."""
    try:
        layers = model.to_json()
    except Exception:  # a subclass that does not say what it is made of
        layers = type(model).__qualname__
    digest = hashlib.sha256(layers.encode())
    for weight in model.weights:
        digest.update(f"{weight.path} {weight.dtype} {tuple(weight.shape)}".encode())
        digest.update(np.ascontiguousarray(weight.value.numpy()).tobytes())
    return digest.hexdigest()


def _inception_2015(dimension: int, weights, logits: bool) -> Network:
    path = find_weights(INCEPTION_2015, weights)
    model = build_inception(dimension, logits)
    assign(model, read_arrays(path), path)
    return Network(model, sha256(path))


def _keras_inception_v3(dimension: int, weights, logits: bool) -> Network:
    if logits:
        raise UserError("the network of the write-ups' protocol comes without class scores")
    path = find_weights(KERAS_INCEPTION_V3, weights)
    with _float32():  # keras.applications takes the policy of the process
        model = keras.applications.InceptionV3(include_top=False, weights=None, input_shape=INPUT, pooling="avg")
    try:
        model.load_weights(path)
    except Exception as error:  # whatever Keras' HDF5 readers raise
        raise UserError(f"{path} does not hold the weights of Keras' InceptionV3: {error}") from error
    return Network(model, sha256(path))


@contextlib.contextmanager
def _float32() -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _cifar_classifier(dimension: int, weights, logits: bool) -> Network:
    model = classifier.load_classifier()
    if not logits:
        model = keras.Model(model.inputs[0], model.outputs[0])
    return Network(model, sha256(classifier.WEIGHTS))


_LOADERS = {
    "inception-2015-12-05": _inception_2015,
    "keras-inception-v3": _keras_inception_v3,
    CLASSIFIER: _cifar_classifier,
}
