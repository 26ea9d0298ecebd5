"""The metrics by name: each a function of two measured sets. The command, training and `fid.compare` have all of them.

A new metric is one such function and one row in `METRICS`.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np

from common.data.cifar10 import CLASS_NAMES
from common.errors import UserError
from fid.evaluation.metric import Column, Metric, Need, Pair, Value
from fid.inputs.image_set import ImageSet
from fid.metrics.by_class import class_accuracy, class_shares, frechet_by_class
from fid.metrics.copies import closest_pairs, near_duplicates, nearest_training
from fid.metrics.frechet import frechet_distance
from fid.metrics.inception_score import inception_score
from fid.metrics.infinity import frechet_infinity
from fid.metrics.kernel import kernel_distance
from fid.metrics.prdc import prdc

SUBSETS, SUBSET_SIZE, K, SPLITS, PAIRS = 100, 1000, 5, 10, 10


def _frechet(pair: Pair) -> list[Value]:
    real, fake = pair.real, pair.fake
    return [Value(frechet_distance(real.mean, real.covariance, fake.mean, fake.covariance))]


def _infinity(pair: Pair) -> list[Value]:
    fit = frechet_infinity(pair.real.mean, pair.real.covariance, pair.fake.features, seed=pair.seed)
    note = f"{fit.value:.6g} + {fit.slope:.6g} / N through {len(fit.counts)} N from {fit.counts[0]} to {fit.counts[-1]}"
    details = {"slope": fit.slope, "counts": fit.counts.tolist(), "distances": fit.distances.tolist()}
    return [Value(fit.value, note=note, details=details)]


def _kid(pair: Pair) -> list[Value]:
    real, fake = pair.real.features, pair.fake.features
    size = min(SUBSET_SIZE, len(real), len(fake))
    value, error = kernel_distance(real, fake, SUBSETS, size, pair.seed)
    drawn = "the whole sets" if size == len(real) == len(fake) else f"{SUBSETS} subsets of {size}"
    return [Value(value, error, f"{drawn}, error: standard error")]


def _prdc(pair: Pair) -> list[Value]:
    values = prdc(pair.real.features, pair.fake.features, K)
    return [Value(value, note=f"k={K}") for value in values.values()]


def _inception_score(pair: Pair) -> list[Value]:
    mean, deviation = inception_score(pair.fake.logits, SPLITS)
    return [Value(mean, deviation, f"{SPLITS} splits of B, error: deviation over splits")]


def _duplicates(pair: Pair) -> list[Value]:
    found = near_duplicates(pair.fake.features, pair.real.features, seed=pair.seed)
    note = f"nearer than {found.threshold:.4g}, as 1 % of as many real images are to their nearest"
    details = {"closest": closest_pairs(pair.fake.features, PAIRS)}
    return [
        Value(found.images, note=f"{note}; real: {found.real_images:.4g}", details=details),
        Value(found.pairs, note=f"{note}; real: {found.real_pairs:.4g}"),
    ]


def _copies(pair: Pair) -> list[Value]:
    found = nearest_training(pair.fake.features, pair.real.features)
    closest = np.argsort(found.distances, kind="stable")[:PAIRS]
    details = {"closest": [(int(i), int(found.indices[i]), float(found.distances[i])) for i in closest]}
    note = f"nearer to an image of A than {found.threshold:.4g}, as 1 % of A's own are to one another"
    return [
        Value(found.copies, note=note, details=details),
        Value(float(np.median(found.distances)), metric="median distance to the nearest of A", logged=False),
    ]


def labels_as(source: ImageSet, names: tuple[str, ...]) -> np.ndarray:
    """Return a set's labels as indices into `names`; labels without names are taken to be such indices already.

    Raises:
        UserError: a class that is none of them.
    """
    labels = source.ordered_labels()
    if not source.class_names or not names or source.class_names == names:
        return labels
    unknown = set(source.class_names) - set(names)
    if unknown:
        raise UserError(f"{source.name} has the class {min(unknown)!r}, which is none of {', '.join(names)}")
    return np.array([names.index(name) for name in source.class_names], np.int32)[labels]


def _by_class(pair: Pair) -> list[Value]:
    real, fake = pair.real.source, pair.fake.source
    names = real.class_names or fake.class_names
    fake_labels = labels_as(fake, names)
    distances = frechet_by_class(pair.real.features, real.ordered_labels(), pair.fake.features, fake_labels)
    counts, distance = np.bincount(fake_labels), pair.protocol.metric
    by_class = {(names[c] if names else f"class {c}"): (value, counts[c]) for c, value in distances.items()}
    rows = [
        Value(value, note=f"{count} of B", metric=f"{distance} of {name}", logged=False)
        for name, (value, count) in by_class.items()
    ]
    mean, details = float(np.mean(list(distances.values()))), {name: value for name, (value, _) in by_class.items()}
    return [*rows, Value(mean, metric=f"mean {distance} over classes", details=details)]


def _accuracy(pair: Pair) -> list[Value]:
    accuracy = class_accuracy(pair.fake.logits, labels_as(pair.fake.source, CLASS_NAMES))
    details = {CLASS_NAMES[c]: share for c, share in accuracy.by_class.items()}
    return [Value(accuracy.overall, note="share of B that is classified as labelled", details=details)]


def _classes(pair: Pair) -> list[Value]:
    real, fake = class_shares(pair.real.logits), class_shares(pair.fake.logits)
    rows = [
        Value(float(share), note=f"confidence {sure:.4g}; real: {real_share:.4g}, confidence {real_sure:.4g}",
              metric=f"share of {name}", logged=False)
        for name, share, sure, real_share, real_sure in zip(
            CLASS_NAMES, fake.shares, fake.confidence, real.shares, real.confidence, strict=True)
    ]  # fmt: skip
    details = dict(zip(CLASS_NAMES, map(float, fake.shares), strict=True))
    uneven = float(np.abs(fake.shares - real.shares).sum() / 2)
    return [
        *rows,
        Value(uneven, note="0: as real images; 1: of classes that those have none of", details=details),
        Value(fake.overall, note=f"real: {real.overall:.4g}"),
    ]


METRICS = {
    "fid": Metric(
        _frechet,
        "Frechet distance, under the name that the protocol gives it",
        columns=(Column("{protocol}", "{distance}"),),
    ),
    "infinity": Metric(
        _infinity,
        "Frechet distance at infinite N, with the fitted line",
        columns=(Column("{protocol}_infinity", "{distance} at infinite N"),),
        fake=("features",),
        least=3,
    ),
    "kid": Metric(
        _kid,
        "kernel distance with its standard error",
        columns=(Column("{protocol}_kid", "KID"),),
        real=("features",),
        fake=("features",),
    ),
    "prdc": Metric(
        _prdc,
        "precision, recall, density, coverage",
        columns=tuple(
            Column(f"{{protocol}}_{name}", name, higher_is_better=True)
            for name in ("precision", "recall", "density", "coverage")
        ),
        real=("features",),
        fake=("features",),
        least=K + 1,
    ),
    "is": Metric(
        _inception_score,
        "Inception Score of B (protocols fid, fid-clean, cifar)",
        columns=(Column("{protocol}_score", "{score}", higher_is_better=True),),
        fake=("logits",),
        least=SPLITS,
    ),
    "duplicates": Metric(
        _duplicates,
        "collapsed? share of near-duplicates within B; --pairs FILE marks the most alike",
        columns=(
            Column("{protocol}_duplicates", "images with a near-duplicate"),
            Column("{protocol}_duplicate_pairs", "near-duplicate pairs"),
        ),
        real=("features",),
        fake=("features",),
    ),
    "copies": Metric(
        _copies,
        "copying? nearest images of A; --pairs FILE draws them",
        columns=(Column("{protocol}_copies", "copies"),),
        real=("features",),
        fake=("features",),
    ),
    "by-class": Metric(
        _by_class,
        "Frechet distance class by class, of labelled sets",
        columns=(
            Column("{protocol}_intra", "{distance} within a class, mean over classes", by_class="{protocol}_intra"),
        ),
        real=("features", "labels"),
        fake=("features", "labels"),
    ),
    "accuracy": Metric(
        _accuracy,
        "class accuracy of a labelled B (protocol cifar)",
        columns=(Column("class_accuracy", "class accuracy", higher_is_better=True, by_class="class_accuracy"),),
        fake=("logits", "labels"),
        least=1,
        classifier=True,
    ),
    "classes": Metric(
        _classes,
        "what B is taken for, and how surely: shares of the ten classes beside A's (protocol cifar)",
        columns=(
            Column(
                "{protocol}_uneven", "distance of the classes' shares from the real ones'", by_class="{protocol}_share"
            ),
            Column("{protocol}_confidence", "mean confidence of the classifier", higher_is_better=True),
        ),
        real=("logits",),
        fake=("logits",),
        classifier=True,
    ),
}


def as_names(metrics: str | Sequence[str]) -> list[str]:
    """The names of several metrics; one alone may be given as it is, and is not taken letter by letter."""
    return [metrics] if isinstance(metrics, str) else list(metrics)


def needed(names: Iterable[str], side: Literal["real", "fake"]) -> set[Need]:
    """What the metrics need of the real, or of the generated set."""
    return {need for name in names for need in getattr(METRICS[name], side)}
