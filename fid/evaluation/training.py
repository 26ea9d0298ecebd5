"""The seam between training and metrics: a callable that takes a sampler and gives the figures of every protocol."""

import dataclasses
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common.data.cifar10 import CLASS_NAMES
from common.data.class_labels import in_turn
from common.data.dataset import Dataset
from fid.evaluation.cache import Cache
from fid.evaluation.measure import CLASSIFIER, extract
from fid.inputs.image_set import ImageSet
from fid.metrics.by_class import class_accuracy, frechet_by_class
from fid.metrics.frechet import frechet_distance
from fid.metrics.moments import Moments
from fid.networks.weights import MissingWeights
from fid.protocols import Protocol, get_protocol

if TYPE_CHECKING:  # TensorFlow is imported only when a network is needed
    from fid.networks.extractor import Outputs

Sample = Callable[[int], np.ndarray]  # count -> images (count, H, W, 3) uint8; a conditional run's: classes in turn


class Measure:
    """The Frechet distance of generated images to a data set under one protocol.

    The real side is measured once and kept in the cache, so that a resumed run compares with the same numbers.
    """

    by_class = False  # whether features and logits of single images are needed, beside moments

    def __init__(
        self,
        protocol: Protocol,
        dataset: Dataset,
        real_count: int,
        fake_count: int,
        seed: int = 0,
        weights: Path | str | None = None,
    ):
        """Load the network and measure the real images, or fail before training begins.

        Args:
            protocol: network, features, resize, and which split is real.
            dataset: the real images.
            real_count: how many, drawn from the split without replacement; all of them where there are fewer.
            fake_count: generated images of a measurement.
            seed: of the draw of real images.
            weights: a file of weights; None: see `fid.networks.weights.find_weights`.

        Raises:
            MissingWeights: there are none here and none can be fetched.
            UserError: weights that were named and are not there, or are damaged.
        """
        from fid.networks.extractor import Extractor  # here, since it imports TensorFlow

        self._extractor = Extractor(protocol, weights, logits=self.by_class)
        real = _real_images(dataset, protocol.split, real_count, seed)
        self._real = extract(real, self._extractor, features=self.by_class, cache=Cache())
        self.protocol = dataclasses.replace(protocol, real_count=len(real), fake_count=fake_count)
        self._description = dataclasses.asdict(self.protocol) | {
            "real": real.name,
            "real_fingerprint": real.fingerprint,
            "seed": seed,
            "weights_sha256": self._extractor.weights_sha256,
            "precision": self._extractor.precision,
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Of the figures, the protocol's own distance first; `NAME/CLASS` is NAME of one class."""
        return (self.protocol.name,)

    def describe(self) -> dict[str, dict]:
        """Return for each figure all that shapes it, ready for JSON."""
        return {self.protocol.name: self._description}

    def __call__(self, images: np.ndarray) -> dict[str, float]:
        """Return the distance of images (N, H, W, 3) uint8 under the protocol's name; lower is better."""
        return {self.protocol.name: self._distance(self._extractor(images))}

    def _distance(self, batches: "Iterable[Outputs]") -> float:
        from fid.networks.extractor import gather

        fake = Moments(self.protocol.dimension)
        for outputs in gather(batches):
            fake.update(outputs.features)
        return frechet_distance(self._real.mean, self._real.covariance, fake.mean, fake.covariance)


class ClassMeasure(Measure):
    """Protocol `cifar` on a conditional generator of CIFAR-10: class by class too, from the same pass of the network.

    The distance within each class and its mean over the classes (intra-FID, 1802.05637, on the classifier's features),
    and the share of images that the classifier takes for the class asked for. Image i is of class i % 10. A class has
    a tenth of the images, which makes distances larger: compare them with those of equal counts only.
    """

    by_class = True
    accuracy = "class_accuracy"

    @staticmethod
    def fits(protocol: Protocol, dataset: Dataset, real_count: int, fake_count: int) -> bool:
        """Whether the classifier knows these classes, and each has two images at least on both sides."""
        if protocol.extractor != CLASSIFIER or tuple(dataset.class_names) != CLASS_NAMES:
            return False
        real = np.bincount(
            _real_images(dataset, protocol.split, real_count, 0).ordered_labels(), minlength=len(CLASS_NAMES)
        )
        return min(real.min(), fake_count // len(CLASS_NAMES)) >= 2

    @property
    def intra(self) -> str:
        """Name of the mean distance within a class."""
        return f"{self.protocol.name}_intra"

    @property
    def names(self) -> tuple[str, ...]:
        """See `Measure.names`."""
        own = (self.intra, self.accuracy)
        return (self.protocol.name, *own, *(f"{name}/{label}" for name in own for label in CLASS_NAMES))

    def describe(self) -> dict[str, dict]:
        """See `Measure.describe`."""
        return {
            self.protocol.name: self._description,
            self.intra: self._description | {"metric": f"{self.protocol.metric} within a class, mean over classes"},
            self.accuracy: self._description | {"metric": "class accuracy", "higher_is_better": True},
        }

    def __call__(self, images: np.ndarray) -> dict[str, float]:
        """Return the figures of images (N, H, W, 3) uint8 by name; accuracies are shares, higher is better."""
        batches, labels = list(self._extractor(images)), in_turn(len(images), len(CLASS_NAMES))
        features = np.concatenate([outputs.features for outputs in batches])
        logits = np.concatenate([outputs.logits for outputs in batches])
        real = self._real
        distances = frechet_by_class(real.features, real.source.ordered_labels(), features, labels)
        accuracy = class_accuracy(logits, labels)
        overall = (self._distance(batches), float(np.mean(list(distances.values()))), accuracy.overall)
        return dict(zip(self.names, (*overall, *distances.values(), *accuracy.by_class.values()), strict=True))


class Evaluation:
    """Several measures of the same generated images; the first name is the first measure's distance."""

    def __init__(self, measures: Sequence[Measure]):
        self._measures = measures
        self.names = tuple(name for measure in measures for name in measure.names)
        self._count = max(measure.protocol.fake_count for measure in measures)

    def __call__(self, sample: Sample) -> dict[str, float]:
        """Return all figures by name.

        Args:
            sample: count -> images (count, H, W, 3) uint8, rounded as if they had been saved.
        """
        images = sample(self._count)
        figures = {}
        for measure in self._measures:
            figures |= measure(images[: measure.protocol.fake_count])
        return figures

    def describe(self) -> dict[str, dict]:
        """Return for each figure all that shapes it, ready for JSON; those of single classes are as their mean's."""
        return {name: about for measure in self._measures for name, about in measure.describe().items()}


def make_evaluation(
    protocols: Sequence[str],
    dataset: Dataset,
    real_count: int = 5000,
    fake_count: int = 2000,
    weights: Path | str | None = None,
    conditional: bool = False,
) -> Evaluation | None:
    """Prepare the measures of a training run.

    A protocol whose weights are nowhere to be found is left out, and a note on stderr says so. Of a conditional
    generator, whose image i is of class i % classes, protocol `cifar` measures CIFAR-10's classes one by one too.

    Returns:
        None where that leaves no protocol.

    Raises:
        UserError: an unknown protocol, or weights that were named and are not there, or are damaged.
    """
    measures = []
    for protocol in [get_protocol(name) for name in protocols]:
        by_class = conditional and ClassMeasure.fits(protocol, dataset, real_count, fake_count)
        kind = ClassMeasure if by_class else Measure
        try:
            measures.append(kind(protocol, dataset, real_count, fake_count, weights=weights))
        except MissingWeights as error:
            print(f"note: no {protocol.metric} ({protocol.name}) is measured in this run: {error}", file=sys.stderr)
    return Evaluation(measures) if measures else None


def _real_images(dataset: Dataset, split: str, count: int, seed: int) -> ImageSet:
    """Draw the same images, under the same fingerprint, as `python -m fid NAME:SPLIT`, so that they share the cache."""
    part = getattr(dataset, split)
    whole = ImageSet(
        name=f"{dataset.name}:{split}",
        split=split,
        fingerprint=f"{dataset.fingerprint} {split}",
        height=part.images.shape[1],
        width=part.images.shape[2],
        order=np.arange(len(part)),
        read=lambda indices: part.images[indices],
        labels=part.labels,
        class_names=dataset.class_names,
    )
    return whole.draw(min(count, len(part)), seed)
