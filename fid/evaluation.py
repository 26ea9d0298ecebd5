"""The seam between training and metrics: a callable that takes a sampler and gives one figure a protocol."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from common.datasets import Dataset
from common.errors import UserError
from common.files import cache_dir
from fid.extractor import Extractor
from fid.frechet import frechet_distance
from fid.moments import Moments
from fid.protocols import Protocol, get_protocol

Sample = Callable[[int], np.ndarray]  # count -> images (count, H, W, 3) uint8


class Evaluation:
    """Frechet distances between a data set and generated images, one for each protocol.

    The real side is measured once and kept in the cache, so that a resumed run compares with the same numbers.
    """

    def __init__(
        self,
        protocols: Sequence[str],
        dataset: Dataset,
        real_count: int = 5000,
        fake_count: int = 2000,
        seed: int = 0,
        weights: Path | str | None = None,
        precision: str = "float32",
    ):
        """Load the networks and measure the real images, or fail before training begins.

        Args:
            protocols: names, as in `fid.protocols.PROTOCOLS`; the figures come under the same names.
            dataset: the real images; each protocol says which split.
            real_count: real images, drawn from the split without replacement; all of them where there are fewer.
            fake_count: generated images to ask for.
            seed: of the draw of real images.
            weights: a file of Inception weights; None: see `fid.weights.find_weights`.
            precision: of the extraction, `float32` or `bfloat16`.

        Raises:
            UserError: an unknown protocol, or weights that are missing or damaged.
        """
        self._measures = [
            _Measure(get_protocol(name), dataset, real_count, fake_count, seed, weights, precision)
            for name in protocols
        ]
        self.names = tuple(protocols)
        self.fake_count = fake_count

    def __call__(self, sample: Sample) -> dict[str, float]:
        """Return a figure for each protocol, on one set of generated images; lower is better.

        Args:
            sample: count -> images (count, H, W, 3) uint8, rounded as if they had been saved.
        """
        images = sample(self.fake_count)
        return {measure.protocol.name: measure.distance(images) for measure in self._measures}

    def describe(self) -> dict[str, dict]:
        """Return for each protocol all that shapes its figure, ready for JSON."""
        return {measure.protocol.name: measure.description for measure in self._measures}


def make_evaluation(
    protocols: Sequence[str], dataset: Dataset, real_count: int, fake_count: int, weights: Path | str | None = None
) -> Evaluation | None:
    """Make an `Evaluation` of those protocols whose weights are here, and say plainly which figures will be missing.

    Raises:
        UserError: an unknown protocol.
    """
    found = []
    for name in protocols:
        get_protocol(name)
        try:
            Evaluation([name], dataset, real_count, fake_count, weights=weights)
            found.append(name)
        except UserError as error:
            print(f"note: no {name} is measured: {error}", flush=True)
    return Evaluation(found, dataset, real_count, fake_count, weights=weights) if found else None


class _Measure:
    """One protocol's extractor and the moments of its real images."""

    def __init__(self, protocol: Protocol, dataset: Dataset, real_count, fake_count, seed, weights, precision):
        images = getattr(dataset, protocol.split).images
        real_count = min(real_count, len(images))
        self.protocol = dataclasses.replace(protocol, real_count=real_count, fake_count=fake_count)
        self._extractor = Extractor(protocol, weights, precision)
        self.description = dataclasses.asdict(self.protocol) | {
            "data": dataset.name,
            "data_fingerprint": dataset.fingerprint,
            "seed": seed,
            "weights_sha256": self._extractor.weights_sha256,
            "precision": precision,
        }
        chosen = np.sort(np.random.default_rng(seed).permutation(len(images))[:real_count])
        self._real = _cached_moments(self.description, lambda: self._moments(images[chosen]))

    def distance(self, images: np.ndarray) -> float:
        fake = self._moments(images)
        return frechet_distance(self._real.mean, self._real.covariance, fake.mean, fake.covariance)

    def _moments(self, images: np.ndarray) -> Moments:
        moments = Moments(self.protocol.dimension)
        for outputs in self._extractor(images):
            moments.update(outputs.features)
        return moments


def _cached_moments(description: dict, measure: Callable[[], Moments]) -> Moments:
    key = {name: value for name, value in description.items() if name not in ("name", "metric", "about", "fake_count")}
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    path = cache_dir() / "moments" / f"{digest[:32]}.npz"
    try:
        return Moments.load(path)
    except (OSError, ValueError):
        count, extractor = description["real_count"], description["extractor"]
        print(f"Measuring {count:,} real images with {extractor}; this is done once and kept.", flush=True)
        moments = measure()
    try:
        moments.save(path)
    except OSError as error:
        print(f"note: the real statistics could not be cached in {path.parent}: {error}")
    return moments
