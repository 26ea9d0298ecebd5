"""From two sets of images to results: features once, through the cache, then every metric asked for."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common.errors import UserError
from common.system.files import save_arrays
from common.system.progress import ImageProgress
from fid.evaluation.cache import Cache
from fid.evaluation.metrics import METRICS, Measured, Pair
from fid.evaluation.result import Result
from fid.inputs.image_set import ImageSet
from fid.inputs.saved_moments import SavedMoments
from fid.metrics.moments import Moments
from fid.protocols import Protocol

if TYPE_CHECKING:  # TensorFlow is imported only when the inputs are known to be good
    from fid.networks.extractor import Extractor, Outputs

WITH_LOGITS = (("inception-2015-12-05", 2048), ("cifar10-classifier", 256))
CLASSIFIER = "cifar10-classifier"
Source = ImageSet | SavedMoments


def check_metrics(names: Sequence[str], protocol: Protocol) -> None:
    """Find out from names alone whether a protocol can give the metrics.

    Raises:
        UserError: an unknown metric, or one that needs class scores from a network without them.
    """
    for name in names:
        if name not in METRICS:
            raise UserError(f"unknown metric {name!r}; choose from {', '.join(METRICS)}")
    if "accuracy" in names and protocol.extractor != CLASSIFIER:
        raise UserError(f"accuracy needs the CIFAR-10 classifier: --protocol cifar, not {protocol.name}")
    if "is" in names and (protocol.extractor, protocol.dimension) not in WITH_LOGITS:
        raise UserError(f"protocol {protocol.name} has no class scores; is needs --protocol fid, fid-clean or cifar")


def check_sources(names: Sequence[str], real: Source, fake: Source | None = None) -> None:
    """Find out whether two sets have what the metrics need.

    Raises:
        UserError: moments where images are needed, images without labels, or fewer than two of them.
    """
    for name in names:
        metric = METRICS[name]
        needs_images = ((real, metric.real_features), (fake, metric.fake_features or metric.logits))
        for source, needed in needs_images:
            if needed and isinstance(source, SavedMoments):
                raise UserError(f"{name} needs images; {source.name} holds moments alone, which do for fid only")
        for source, needed in ((real, metric.real_labels), (fake, metric.fake_labels)):
            if needed and source.labels is None:
                raise UserError(f"{name} needs labels, which {source.name} has none of")
    for source in (real, fake):
        if isinstance(source, ImageSet) and len(source) < 2:
            raise UserError(f"{source.name} has {len(source)} image; a distance needs at least 2")


def measure(names: Sequence[str], real: Source, fake: Source, extractor: "Extractor", cache: Cache, seed: int) -> Pair:
    """Take from both sets what the metrics need; the real side goes through the cache."""
    metrics = [METRICS[name] for name in names]
    a = extract(real, extractor, any(m.real_features for m in metrics), cache=cache)
    b = extract(fake, extractor, any(m.fake_features for m in metrics), logits=any(m.logits for m in metrics))
    return Pair(a, b, extractor.protocol, seed)


def results(names: Sequence[str], pair: Pair, extractor: "Extractor") -> list[Result]:
    """Compute every metric and attach the protocol to its values.

    Raises:
        UserError: sets that a metric cannot be computed of, such as fewer images than neighbours.
    """
    found = []
    for name in names:
        try:
            values = METRICS[name].measure(pair)
        except ValueError as error:
            raise UserError(f"{name}: {error}") from error
        found += [
            Result(
                metric=value.metric,
                value=value.value,
                protocol=pair.protocol,
                real=pair.real.source.name,
                fake=pair.fake.source.name,
                split=pair.real.source.split,
                real_count=pair.real.count,
                fake_count=pair.fake.count,
                seed=pair.seed,
                weights=extractor.weights_sha256,
                precision=extractor.precision,
                error=value.error,
                note=value.note,
                details=value.details,
            )
            for value in values
        ]
    return found


def conditions(extractor: "Extractor") -> dict[str, str | int | float]:
    """Return everything about the network and what comes before it that shapes features."""
    protocol = extractor.protocol
    return {
        "extractor": protocol.extractor,
        "dimension": protocol.dimension,
        "weights": extractor.weights_sha256,
        "resize": protocol.resize,
        "size": protocol.size,
        "centre": protocol.centre,
        "scale": protocol.scale,
        "precision": extractor.precision,
    }


def extract(
    source: Source, extractor: "Extractor", features: bool, logits: bool = False, cache: Cache | None = None
) -> Measured:
    """Measure a set: its moments, and where asked for all its features (N, D) and logits (N, classes), float32.

    Without those, memory does not grow with the number of images.

    Raises:
        UserError: saved moments of another network, resize or precision.
    """
    if isinstance(source, SavedMoments):
        _check_moments(source, extractor)
        return Measured(source, source.mean, source.covariance, source.count)
    kind = "features" if features else "moments"
    key = {"kind": kind, "data": source.fingerprint, "split": source.split, "count": len(source), "seed": source.seed}
    key |= conditions(extractor)
    stored = cache.load(key) if cache else None
    if stored is None:
        stored = _run(source, extractor, features, logits)
        if cache:
            cache.save(key, **stored)
    return Measured(
        source, stored["mean"], stored["covariance"], len(source), stored.get("features"), stored.get("logits")
    )


def save_moments(path: Path | str, measured: Measured, extractor: "Extractor") -> None:
    """Write moments to an `.npz` together with the conditions that they hold under.

    Raises:
        UserError: the file cannot be written, or they come from a file already.
    """
    if isinstance(measured.source, SavedMoments):
        raise UserError(f"{measured.source.name} holds moments already; there is nothing to save")
    arrays = {"mean": measured.mean, "covariance": measured.covariance, "count": np.array(measured.count)}
    try:
        save_arrays(path, conditions=np.array(json.dumps(conditions(extractor))), **arrays)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from error


def _run(source: ImageSet, extractor: "Extractor", features: bool, logits: bool) -> dict[str, np.ndarray]:
    from fid.networks.extractor import gather  # here, since it imports TensorFlow

    moments = Moments(extractor.dimension)
    all_features = np.empty((len(source), extractor.dimension), np.float32) if features else None
    all_logits = []
    for outputs in gather(_counted(extractor(source.batches()), source)):
        if features:
            all_features[moments.count : moments.count + len(outputs.features)] = outputs.features
        if logits:
            all_logits.append(outputs.logits)
        moments.update(outputs.features)
    arrays = {"mean": moments.mean, "covariance": moments.covariance}
    if features:
        arrays["features"] = all_features
    if logits:
        arrays["logits"] = np.concatenate(all_logits)
    return arrays


def _check_moments(source: SavedMoments, extractor: "Extractor") -> None:
    if source.mean.size != extractor.dimension:
        raise UserError(
            f"{source.name} has {source.mean.size} dimensions, protocol {extractor.protocol.name} has "
            f"{extractor.dimension}: it comes from another network"
        )
    if source.conditions:
        theirs, ours = json.loads(source.conditions), conditions(extractor)
        differing = [
            f"{name} {theirs.get(name)} instead of {ours[name]}" for name in ours if theirs.get(name) != ours[name]
        ]
        if differing:
            raise UserError(f"{source.name} was computed under other conditions: {', '.join(differing)}")


def _counted(batches: "Iterable[Outputs]", source: ImageSet) -> "Iterator[Outputs]":
    """Yield the batches, and show how many images have come."""
    progress = ImageProgress(source.name, len(source))
    for outputs in batches:
        progress.add(len(outputs.features))
        yield outputs
