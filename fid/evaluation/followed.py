"""A real set that generated images are compared with again and again, as a training goes on."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from common.data.cifar10 import CLASS_NAMES
from common.data.class_labels import in_turn
from fid.evaluation.cache import Cache
from fid.evaluation.measure import Source, check_metrics, check_sources, extract, values
from fid.evaluation.metric import Column, Pair
from fid.evaluation.metrics import METRICS, needed
from fid.inputs.image_set import ImageSet, array_set
from fid.protocols import Protocol


class Followed:
    """The metrics of one protocol: images in, figures by column out.

    The real side is measured once and kept in the cache, so that a resumed run compares with the same numbers; one
    pass of the network over the generated images serves all metrics.
    """

    def __init__(
        self,
        protocol: Protocol,
        metrics: Sequence[str],
        real: Source,
        fake_count: int,
        class_names: tuple[str, ...] = (),
        seed: int = 0,
        weights: Path | str | None = None,
    ):
        """Load the network and measure the real images, or fail before training begins.

        Args:
            protocol: network, features, resize.
            metrics: names, the deciding one first.
            real: the real images, or their moments where the metrics need no more.
            fake_count: generated images of a measurement.
            class_names: of a conditional generator, whose image i is of class i % classes.
            seed: of subsets.
            weights: a file of weights; None: see `fid.networks.weights.find_weights`.

        Raises:
            MissingWeights: there are none here and none can be fetched.
            UserError: metrics that the protocol or the images cannot give, or weights that were named and are not
                there, or are damaged.
        """
        check_metrics(metrics, protocol)
        self.class_names, self._metrics, self._seed = class_names, tuple(metrics), seed
        check_sources(metrics, real, generated_set(blank(fake_count), class_names))

        from fid.networks.extractor import Extractor  # here, since it imports TensorFlow

        self._extractor = Extractor(protocol, weights, logits="logits" in needed(metrics, "fake"))
        self._real = extract(real, self._extractor, needed(metrics, "real"), Cache())
        self.protocol = replace(protocol, real_count=self._real.count, fake_count=fake_count)
        self._floor: dict[str, float] = {}
        self.spread = math.nan  # of the last images' features against the real ones': a ratio of deviations

    def set_floor(self, images: ImageSet) -> None:
        """Measure other real images in place of generated ones: nothing generated can be told from real below that."""
        self._floor = self._figures(images, cache=Cache())

    @property
    def columns(self) -> dict[str, Column]:
        """Of the figures by name, the deciding one first; NAME/CLASS, the figure NAME of one class, come last."""
        pairs = [(name, column) for name in self._metrics for column in METRICS[name].columns]
        whole = {column.key(self.protocol): column for _, column in pairs}
        by_class = {
            key: column
            for name, column in pairs
            for key in column.of_classes(self.protocol, self._labels(name)).values()
        }
        return whole | by_class

    def describe(self) -> dict[str, dict[str, Any]]:
        """Return for each figure all that shapes it, ready for JSON; those of single classes are as their mean's."""
        shared = self.protocol.as_dict() | {
            "real": self._real.source.name,
            "real_fingerprint": getattr(self._real.source, "fingerprint", None),
            "seed": self._seed,
            "weights_sha256": self._extractor.weights_sha256,
            "precision": self._extractor.precision,
        }
        return {
            key: shared
            | {"metric": column.title(self.protocol)}
            | ({"higher_is_better": True} if column.higher_is_better else {})
            | ({"floor": self._floor[key]} if key in self._floor else {})
            for key, column in self.columns.items()
            if "/" not in key
        }

    def __call__(self, images: np.ndarray) -> dict[str, float]:
        """Return the figures of images (N, H, W, 3) uint8 by column."""
        return self._figures(generated_set(images, self.class_names))

    def _figures(self, images: ImageSet, cache: Cache | None = None) -> dict[str, float]:
        fake = extract(images, self._extractor, needed(self._metrics, "fake"), cache, progress=cache is not None)
        self.spread = math.sqrt(np.trace(fake.covariance) / max(np.trace(self._real.covariance), 1e-12))
        pair, found = Pair(self._real, fake, self.protocol, self._seed), {}
        for name in self._metrics:
            logged = [value for value in values(name, pair) if value.logged]
            for column, value in zip(METRICS[name].columns, logged, strict=True):
                key = column.key(self.protocol)
                found[key] = value.value
                for label, place in column.of_classes(self.protocol, value.details).items():
                    found[place] = value.details[label]
        return {key: found[key] for key in self.columns if key in found}

    def _labels(self, metric: str) -> tuple[str, ...]:
        """Names of the classes that a metric tells apart: those asked for, or those that the classifier knows."""
        return self.class_names if "labels" in METRICS[metric].fake else CLASS_NAMES


def generated_set(images: np.ndarray, class_names: tuple[str, ...] = ()) -> ImageSet:
    """A set of generated images (N, H, W, 3) uint8; with class names, image i is of class i % classes."""
    labels = in_turn(len(images), len(class_names)) if class_names else None
    return array_set("the generated set", "generated", "", images, labels, class_names)


def blank(count: int) -> np.ndarray:
    """Stand-ins for `count` images that are not made yet."""
    return np.broadcast_to(np.uint8(0), (count, 1, 1, 3))
