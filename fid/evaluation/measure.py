"""From two sets of images to results: features once, through the cache, then every metric asked for."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common.data.cifar10 import CLASS_NAMES
from common.errors import UserError
from common.system.files import save_arrays
from common.system.progress import ImageProgress
from fid.evaluation.cache import Cache
from fid.evaluation.metric import Measured, Need, Pair, Value
from fid.evaluation.metrics import METRICS, labels_as, needed
from fid.evaluation.result import Result
from fid.inputs.image_set import ImageSet
from fid.inputs.saved_moments import SavedMoments
from fid.metrics.by_class import classes_of
from fid.metrics.moments import Moments
from fid.protocols import CLASSIFIER, PROTOCOLS, Protocol

if TYPE_CHECKING:  # TensorFlow is imported only when the inputs are known to be good
    from fid.networks.extractor import Extractor, Outputs

Source = ImageSet | SavedMoments


def check_metrics(names: Sequence[str], protocol: Protocol) -> None:
    """Find out from names alone whether a protocol can give the metrics.

    Raises:
        UserError: an unknown metric, or one that needs class scores from a network without them.
    """
    for name in names:
        if name not in METRICS:
            raise UserError(f"unknown metric {name!r}; choose from {', '.join(METRICS)}")
        if METRICS[name].classifier and protocol.extractor != CLASSIFIER:
            raise UserError(f"{name} needs the CIFAR-10 classifier: protocol cifar, not {protocol.name}")
        if "logits" in METRICS[name].fake and not protocol.score:
            scored = ", ".join(other.name for other in PROTOCOLS.values() if other.score)
            raise UserError(f"protocol {protocol.name} has no class scores; {name} needs one of {scored}")


def check_sources(names: Sequence[str], real: Source, fake: Source | None = None) -> None:
    """Find out whether two sets have what the metrics need.

    Raises:
        UserError: moments where images are needed, images without labels, or too few of them.
    """
    for source in (real, fake):
        if isinstance(source, ImageSet) and len(source) < 2:
            raise UserError(f"{source.name} has {len(source)} image; a distance needs at least 2")
    for name in names:
        metric = METRICS[name]
        for source, needs in ((real, metric.real), (fake, metric.fake)):
            if needs and isinstance(source, SavedMoments):
                raise UserError(f"{name} needs images; {source.name} holds moments alone, which do for fid only")
            if "labels" in needs and source.labels is None:
                raise UserError(f"{name} needs labels, which {source.name} has none of")
            if needs and len(source) < metric.least:
                raise UserError(f"{name} needs {metric.least} images at least; {source.name} has {len(source)}")
        _check_classes(name, real, fake)


def _check_classes(name: str, real: Source, fake: Source) -> None:
    metric = METRICS[name]
    if metric.classifier and "labels" in metric.fake:
        labels_as(fake, CLASS_NAMES)
    if "labels" in metric.real and "labels" in metric.fake:
        try:
            classes_of(real.ordered_labels(), labels_as(fake, real.class_names or fake.class_names))
        except ValueError as error:
            raise UserError(f"{name}: {error}") from error


def measure(names: Sequence[str], real: Source, fake: Source, extractor: "Extractor", cache: Cache, seed: int) -> Pair:
    """Take from both sets what the metrics need; the real side goes through the cache."""
    a = extract(real, extractor, needed(names, "real"), cache)
    return Pair(a, extract(fake, extractor, needed(names, "fake")), extractor.protocol, seed)


def values(name: str, pair: Pair) -> list[Value]:
    """Compute a metric.

    Raises:
        UserError: sets that it cannot be computed of, such as fewer images than neighbours.
    """
    try:
        return METRICS[name].measure(pair)
    except ValueError as error:
        raise UserError(f"{name}: {error}") from error


def results(names: Sequence[str], pair: Pair, extractor: "Extractor") -> list[Result]:
    """Compute every metric and attach the protocol to its values.

    Raises:
        UserError: see `values`.
    """
    found = []
    for name in names:
        columns = iter(METRICS[name].columns)
        for value in values(name, pair):
            title = next(columns).title(pair.protocol) if value.logged else ""
            found.append(
                Result(
                    metric=value.metric or title,
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
            )
    return found


def conditions(extractor: "Extractor") -> dict[str, str | int | float]:
    """Return everything about the network and what comes before it that shapes features."""
    protocol = extractor.protocol
    return {
        "extractor": protocol.network,
        "dimension": protocol.dimension,
        "weights": extractor.weights_sha256,
        "resize": protocol.resize,
        "size": protocol.size,
        "centre": protocol.centre,
        "scale": protocol.scale,
        "precision": extractor.precision,
    }


def extract(
    source: Source,
    extractor: "Extractor",
    needs: Collection[Need] = (),
    cache: Cache | None = None,
    progress: bool = True,
) -> Measured:
    """Measure a set: its moments, and where needed all its features (N, D) and logits (N, classes), float32.

    Without those, memory does not grow with the number of images. `progress` is shown on standard error.

    Raises:
        UserError: saved moments of another network, resize or precision.
    """
    if isinstance(source, SavedMoments):
        _check_moments(source, extractor)
        return Measured(source, source.mean, source.covariance, source.count)
    kept = [need for need in ("features", "logits") if need in needs]
    kind = "+".join(kept) or "moments"
    key = {"kind": kind, "data": source.fingerprint, "split": source.split, "count": len(source), "seed": source.seed}
    key |= conditions(extractor)
    stored = cache.load(key, ("mean", "covariance", *kept)) if cache else None
    if stored is None:
        stored = _run(source, extractor, kept, progress)
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


def _run(source: ImageSet, extractor: "Extractor", kept: Sequence[str], progress: bool) -> dict[str, np.ndarray]:
    from fid.networks.extractor import gather  # here, since it imports TensorFlow

    moments, arrays = Moments(extractor.dimension), {}
    batches = extractor(source.batches())
    for outputs in gather(_counted(batches, source) if progress else batches):
        for name in kept:
            part = getattr(outputs, name)
            whole = arrays.setdefault(name, np.empty((len(source), part.shape[1]), np.float32))
            whole[moments.count : moments.count + len(part)] = part
        moments.update(outputs.features)
    return {"mean": moments.mean, "covariance": moments.covariance, **arrays}


def _check_moments(source: SavedMoments, extractor: "Extractor") -> None:
    if source.mean.size != extractor.dimension:
        raise UserError(
            f"{source.name} has {source.mean.size} dimensions, protocol {extractor.protocol.name} has "
            f"{extractor.dimension}: it comes from another network"
        )
    if source.conditions:
        theirs, ours = source.conditions, conditions(extractor)
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
