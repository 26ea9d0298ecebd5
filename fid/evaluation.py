"""The seam between training and metrics: a callable that takes a sampler and gives one figure a protocol."""

import dataclasses
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from common.datasets import Dataset
from fid.cache import Cache
from fid.frechet import frechet_distance
from fid.images import ImageSet
from fid.measure import extract
from fid.moments import Moments
from fid.protocols import Protocol, get_protocol
from fid.weights import MissingWeights

Sample = Callable[[int], np.ndarray]  # count -> images (count, H, W, 3) uint8


class Measure:
    """The Frechet distance of generated images to a data set under one protocol.

    The real side is measured once and kept in the cache, so that a resumed run compares with the same numbers.
    """

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
            weights: a file of weights; None: see `fid.weights.find_weights`.

        Raises:
            MissingWeights: there are none here and none can be fetched.
            UserError: weights that were named and are not there, or are damaged.
        """
        from fid.extractor import Extractor  # here, since it imports TensorFlow

        self._extractor = Extractor(protocol, weights)
        real = _real_images(dataset, protocol.split, real_count, seed)
        self._real = extract(real, self._extractor, features=False, cache=Cache())
        self.protocol = dataclasses.replace(protocol, real_count=len(real), fake_count=fake_count)
        self.description = dataclasses.asdict(self.protocol) | {
            "real": real.name,
            "real_fingerprint": real.fingerprint,
            "seed": seed,
            "weights_sha256": self._extractor.weights_sha256,
            "precision": self._extractor.precision,
        }

    def __call__(self, images: np.ndarray) -> float:
        """Return the distance of images (N, H, W, 3) uint8; lower is better."""
        fake = Moments(self.protocol.dimension)
        for outputs in self._extractor(images):
            fake.update(outputs.features)
        return frechet_distance(self._real.mean, self._real.covariance, fake.mean, fake.covariance)


class Evaluation:
    """Several measures of the same generated images; `names` are those of their protocols."""

    def __init__(self, measures: Sequence[Measure]):
        self._measures = {measure.protocol.name: measure for measure in measures}
        self.names = tuple(self._measures)
        self._count = max(measure.protocol.fake_count for measure in measures)

    def __call__(self, sample: Sample) -> dict[str, float]:
        """Return a figure for each protocol.

        Args:
            sample: count -> images (count, H, W, 3) uint8, rounded as if they had been saved.
        """
        images = sample(self._count)
        return {name: measure(images[: measure.protocol.fake_count]) for name, measure in self._measures.items()}

    def describe(self) -> dict[str, dict]:
        """Return for each protocol all that shapes its figure, ready for JSON."""
        return {name: measure.description for name, measure in self._measures.items()}


def make_evaluation(
    protocols: Sequence[str],
    dataset: Dataset,
    real_count: int = 5000,
    fake_count: int = 2000,
    weights: Path | str | None = None,
) -> Evaluation | None:
    """Prepare the measures of a training run.

    A protocol whose weights are nowhere to be found is left out, and a note on stderr says so.

    Returns:
        None where that leaves no protocol.

    Raises:
        UserError: an unknown protocol, or weights that were named and are not there, or are damaged.
    """
    measures = []
    for protocol in [get_protocol(name) for name in protocols]:
        try:
            measures.append(Measure(protocol, dataset, real_count, fake_count, weights=weights))
        except MissingWeights as error:
            print(f"note: no {protocol.metric} ({protocol.name}) is measured in this run: {error}", file=sys.stderr)
    return Evaluation(measures) if measures else None


def _real_images(dataset: Dataset, split: str, count: int, seed: int) -> ImageSet:
    """Draw the same images, under the same fingerprint, as `python -m fid NAME:SPLIT`, so that they share the cache."""
    images = getattr(dataset, split).images
    whole = ImageSet(
        name=f"{dataset.name}:{split}",
        split=split,
        fingerprint=f"{dataset.fingerprint} {split}",
        height=images.shape[1],
        width=images.shape[2],
        order=np.arange(len(images)),
        read=lambda indices: images[indices],
    )
    return whole.draw(min(count, len(images)), seed)
