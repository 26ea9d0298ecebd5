"""The seam between training and metrics: `--metrics` of train.py, and a callable from a sampler to all its figures."""

import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from common.data.cifar10 import CLASS_NAMES
from common.data.dataset import Dataset
from common.errors import UserError
from fid.evaluation.followed import Followed, blank, generated_set
from fid.evaluation.measure import check_metrics, check_sources
from fid.inputs.find import Sample, dataset_set
from fid.inputs.image_set import ImageSet
from fid.networks.weights import MissingWeights
from fid.protocols import CLASSIFIER, Protocol, get_protocol

DISTANCE = ("fid",)
OTHER_SPLIT = {"train": "test", "test": "train"}
UNASKED = ("by-class", "accuracy")  # beside the distance, where the network knows the classes that are asked for


@dataclass(frozen=True)
class Request:
    """A protocol and its metrics; none named: its distance, and what tells about classes where that can be had."""

    protocol: Protocol
    metrics: tuple[str, ...]


def parse_metrics(texts: Sequence[str]) -> list[Request]:
    """Read protocols, each with metrics of the command behind a colon or not: `fid768`, `cifar:kid+prdc`.

    Raises:
        UserError: an unknown protocol or metric, one named twice, or a metric that the protocol cannot give.
    """
    requests = []
    for text in texts:
        name, colon, listed = text.partition(":")
        metrics = tuple(metric.strip() for metric in listed.split("+")) if colon else ()
        requests.append(Request(get_protocol(name.strip()), metrics))
        check_metrics(metrics, requests[-1].protocol)
        if len(set(metrics)) < len(metrics):
            raise UserError(f"--metrics {text}: a metric is named twice")
    names = [request.protocol.name for request in requests]
    if len(set(names)) < len(names):
        raise UserError(f"--metrics {','.join(texts)}: a protocol is named twice; join its metrics by +")
    return requests


class Evaluation:
    """The figures of the same generated images under several protocols; the first one decides which images are best."""

    def __init__(self, parts: Sequence[Followed]):
        self._parts = parts
        columns = {name: column for part in parts for name, column in part.columns.items()}
        self.names = tuple(columns)
        self.higher_is_better = next(iter(columns.values())).higher_is_better
        self.numbers: dict[str, float] = {}  # of the last images, beside the figures: `feature_spread`
        self._count = max(part.protocol.fake_count for part in parts)

    def __call__(self, sample: Sample) -> dict[str, float]:
        """Return all figures by name.

        Args:
            sample: count -> images (count, H, W, 3) uint8, rounded as if they had been saved.
        """
        images = sample(self._count)
        figures = {}
        for part in self._parts:
            figures |= part(images[: part.protocol.fake_count])
            if part.protocol.extractor == CLASSIFIER:
                self.numbers["feature_spread"] = part.spread
        return figures

    def describe(self) -> dict[str, dict]:
        """Return for each figure all that shapes it, ready for JSON; those of single classes are as their mean's."""
        return {name: about for part in self._parts for name, about in part.describe().items()}


def make_evaluation(
    metrics: Sequence[str],
    dataset: Dataset,
    real_count: int = 5000,
    fake_count: int = 2000,
    weights: Path | str | None = None,
    conditional: bool = False,
    required: Collection[str] = (),
) -> Evaluation | None:
    """Prepare the metrics of a training run.

    A protocol whose weights are nowhere to be found is left out, and a note on stderr says so. One with `own_counts`
    is measured with those, and beside it the floor: what as many real images of the other split have.

    Args:
        metrics: see `parse_metrics`.
        dataset: the real images.
        real_count: how many, drawn from the protocol's split without replacement; all of them where there are fewer.
        fake_count: generated images of a measurement.
        weights: a file of weights; None: see `fid.networks.weights.find_weights`.
        conditional: image i of the generator is of class i % classes. Then a protocol named without metrics, on a
            network that knows the classes, measures them one by one too: the distance within each class and its mean
            over the classes (intra-FID, 1802.05637), and the share of images that are taken for the class asked for.
            A class has a tenth of the images, which makes distances larger: compare them with those of equal counts.
        required: names of protocols that the run has measured before, and so must not be left out now.

    Returns:
        None where that leaves no protocol.

    Raises:
        UserError: see `parse_metrics`; metrics that these images cannot give; weights that were named and are not
            there, or are damaged; weights of a `required` protocol that are gone.
    """
    parts = []
    class_names = tuple(dataset.class_names) if conditional else ()
    for request in parse_metrics(metrics):
        protocol = request.protocol
        counts = (protocol.real_count, protocol.fake_count) if protocol.own_counts else (real_count, fake_count)
        real = _drawn(dataset, protocol.split, counts[0])
        names = request.metrics or _unnamed(protocol, real, counts[1], class_names)
        try:
            part = Followed(protocol, names, real, counts[1], class_names, weights=weights)
        except MissingWeights as error:
            if protocol.name in required:
                raise UserError(
                    f"this run measures {protocol.name}, and the weights for it are gone: {error}"
                ) from error
            print(f"note: no {protocol.metric} ({protocol.name}) is measured in this run: {error}", file=sys.stderr)
            continue
        if protocol.own_counts:
            part.set_floor(_drawn(dataset, OTHER_SPLIT[protocol.split], counts[1]))
        parts.append(part)
    return Evaluation(parts) if parts else None


def _drawn(dataset: Dataset, split: str, count: int) -> ImageSet:
    """Draw as the command does, so that they share the cache; all where there are fewer."""
    whole = dataset_set(dataset, split)
    return whole.draw(min(count, len(whole)), seed=0)


def _unnamed(protocol: Protocol, real: ImageSet, fake_count: int, class_names: tuple[str, ...]) -> tuple[str, ...]:
    """The metrics of a protocol that is named alone."""
    if protocol.extractor != CLASSIFIER or class_names != CLASS_NAMES:
        return DISTANCE
    try:
        check_sources(UNASKED, real, generated_set(blank(fake_count), class_names))
    except UserError:  # too few images of a class
        return DISTANCE
    return DISTANCE + UNASKED
