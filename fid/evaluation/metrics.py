"""The metrics of the command by name: each a function of two measured sets.

A new metric is one such function and one line in `METRICS`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from common.data.cifar10 import CLASS_NAMES
from common.errors import UserError
from fid.inputs.image_set import ImageSet
from fid.inputs.saved_moments import SavedMoments
from fid.metrics.by_class import class_accuracy, frechet_by_class
from fid.metrics.copies import near_duplicates, nearest_training
from fid.metrics.frechet import frechet_distance
from fid.metrics.inception_score import inception_score
from fid.metrics.infinity import frechet_infinity
from fid.metrics.kernel import kernel_distance
from fid.metrics.prdc import prdc
from fid.protocols import Protocol

SUBSETS, SUBSET_SIZE, K, SPLITS, PAIRS = 100, 1000, 5, 10, 10


@dataclass(frozen=True)
class Measured:
    """A set and what the network made of it; features and logits only where a metric asked for them."""

    source: ImageSet | SavedMoments
    mean: np.ndarray  # (D,)
    covariance: np.ndarray  # (D, D)
    count: int | None
    features: np.ndarray | None = None  # (N, D) float32
    logits: np.ndarray | None = None  # (N, classes) float32


@dataclass(frozen=True)
class Pair:
    """The real and the generated set, under one protocol."""

    real: Measured
    fake: Measured
    protocol: Protocol
    seed: int


@dataclass(frozen=True)
class Value:
    """A figure, before its protocol is attached."""

    metric: str
    value: float
    error: float | None = None
    note: str = ""
    details: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Metric:
    """A function of a pair and what it needs of it: features of A or B, logits of B, labels."""

    measure: Callable[[Pair], list[Value]]
    about: str
    real_features: bool = False
    fake_features: bool = False
    logits: bool = False
    real_labels: bool = False
    fake_labels: bool = False


def _frechet(pair: Pair) -> list[Value]:
    real, fake = pair.real, pair.fake
    return [Value(pair.protocol.metric, frechet_distance(real.mean, real.covariance, fake.mean, fake.covariance))]


def _infinity(pair: Pair) -> list[Value]:
    fit = frechet_infinity(pair.real.mean, pair.real.covariance, pair.fake.features, seed=pair.seed)
    note = f"{fit.value:.6g} + {fit.slope:.6g} / N through {len(fit.counts)} N from {fit.counts[0]} to {fit.counts[-1]}"
    details = {"slope": fit.slope, "counts": fit.counts.tolist(), "distances": fit.distances.tolist()}
    return [Value(f"{pair.protocol.metric} at infinite N", fit.value, note=note, details=details)]


def _kid(pair: Pair) -> list[Value]:
    real, fake = pair.real.features, pair.fake.features
    size = min(SUBSET_SIZE, len(real), len(fake))
    value, error = kernel_distance(real, fake, SUBSETS, size, pair.seed)
    return [Value("KID", value, error, f"{SUBSETS} subsets of {size}, error: standard error")]


def _prdc(pair: Pair) -> list[Value]:
    values = prdc(pair.real.features, pair.fake.features, K)
    return [Value(name, value, note=f"k={K}") for name, value in values.items()]


def _inception_score(pair: Pair) -> list[Value]:
    mean, deviation = inception_score(pair.fake.logits, SPLITS)
    name = "Inception Score" if pair.protocol.extractor.startswith("inception") else "classifier score"
    return [Value(name, mean, deviation, f"{SPLITS} splits of B, error: deviation over splits")]


def _duplicates(pair: Pair) -> list[Value]:
    found = near_duplicates(pair.fake.features, pair.real.features, seed=pair.seed)
    note = f"nearer than {found.threshold:.4g}, as 1 % of as many real images are to their nearest"
    return [
        Value("images with a near-duplicate", found.images, note=f"{note}; real: {found.real_images:.4g}"),
        Value("near-duplicate pairs", found.pairs, note=f"{note}; real: {found.real_pairs:.4g}"),
    ]


def _copies(pair: Pair) -> list[Value]:
    found = nearest_training(pair.fake.features, pair.real.features)
    closest = np.argsort(found.distances, kind="stable")[:PAIRS]
    details = {"closest": [(int(i), int(found.indices[i]), float(found.distances[i])) for i in closest]}
    note = f"nearer to an image of A than {found.threshold:.4g}, as 1 % of A's own are to one another"
    return [
        Value("copies", found.copies, note=note, details=details),
        Value("median distance to the nearest of A", float(np.median(found.distances))),
    ]


def _by_class(pair: Pair) -> list[Value]:
    real, fake = pair.real.source, pair.fake.source
    names = real.class_names or fake.class_names
    fake_labels = _labels_as(fake, names)
    distances = frechet_by_class(pair.real.features, real.ordered_labels(), pair.fake.features, fake_labels)
    counts = np.bincount(fake_labels)
    rows = [
        Value(f"{pair.protocol.metric} of {names[c] if names else f'class {c}'}", value, note=f"{counts[c]} of B")
        for c, value in distances.items()
    ]
    return [*rows, Value(f"mean {pair.protocol.metric} over classes", float(np.mean(list(distances.values()))))]


def _accuracy(pair: Pair) -> list[Value]:
    source = pair.fake.source
    accuracy = class_accuracy(pair.fake.logits, _labels_as(source, CLASS_NAMES))
    details = {CLASS_NAMES[c]: share for c, share in accuracy.by_class.items()}
    return [
        Value("class accuracy", accuracy.overall, note="share of B that is classified as labelled", details=details)
    ]


def _labels_as(source: ImageSet, names: tuple[str, ...]) -> np.ndarray:
    """Return a set's labels as indices into `names`; labels without names are taken to be such indices already."""
    labels = source.ordered_labels()
    if not source.class_names or not names or source.class_names == names:
        return labels
    unknown = set(source.class_names) - set(names)
    if unknown:
        raise UserError(f"{source.name} has the class {min(unknown)!r}, which is none of {', '.join(names)}")
    return np.array([names.index(name) for name in source.class_names], np.int32)[labels]


METRICS = {
    "fid": Metric(_frechet, "Frechet distance, under the name that the protocol gives it"),
    "infinity": Metric(_infinity, "Frechet distance at infinite N, with the fitted line", fake_features=True),
    "kid": Metric(_kid, "kernel distance with its standard error", real_features=True, fake_features=True),
    "prdc": Metric(_prdc, "precision, recall, density, coverage", real_features=True, fake_features=True),
    "is": Metric(_inception_score, "Inception Score of B (protocols fid, fid-clean, cifar)", logits=True),
    "duplicates": Metric(
        _duplicates, "collapsed? share of near-duplicates within B", real_features=True, fake_features=True
    ),
    "copies": Metric(
        _copies, "copying? nearest images of A; --pairs FILE draws them", real_features=True, fake_features=True
    ),
    "by-class": Metric(
        _by_class,
        "Frechet distance class by class, of labelled sets",
        real_features=True,
        fake_features=True,
        real_labels=True,
        fake_labels=True,
    ),
    "accuracy": Metric(_accuracy, "class accuracy of a labelled B (protocol cifar)", logits=True, fake_labels=True),
}
