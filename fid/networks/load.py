"""The networks that protocols take their features from, by name, with their published weights."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import keras

from common.errors import UserError
from fid.networks import classifier
from fid.networks.inception import build_inception
from fid.networks.weights import INCEPTION_2015, KERAS_INCEPTION_V3, assign, find_weights, read_arrays, sha256


@dataclass(frozen=True)
class Network:
    """`model`: scaled images (B, size, size, 3) -> features (B, D) or [features, logits]; `sha256`: of the weights."""

    model: keras.Model
    sha256: str


def load_network(name: str, dimension: int, weights: Path | str | None = None, logits: bool = False) -> Network:
    """Load a network for inference.

    Args:
        name: an extractor's name, as in `Protocol.extractor`.
        dimension: of the features.
        weights: a file of weights; None: see `fid.networks.weights.find_weights`. The classifier always has its own.
        logits: give the class scores too.

    Raises:
        UserError: weights that are missing or damaged, or a network that has no logits.
    """
    return _LOADERS[name](dimension, weights, logits)


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
        model = keras.applications.InceptionV3(include_top=False, weights=str(path), pooling="avg")
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
    "cifar10-classifier": _cifar_classifier,
}
