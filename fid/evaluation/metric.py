"""What a metric is: a function of two measured sets, the figures that it gives, and their columns in a log."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from fid.inputs.image_set import ImageSet
from fid.inputs.saved_moments import SavedMoments
from fid.protocols import Protocol


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
class Column:
    """A figure of a metric as the log of a training has it.

    In all texts `{protocol}`, `{distance}` and `{score}` stand for what the protocol is called and calls these.
    """

    name: str  # "{protocol}_kid"
    metric: str  # what readers call it
    higher_is_better: bool = False
    by_class: str = ""  # NAME of the columns NAME/CLASS that have the figure's details, class by class

    def key(self, protocol: Protocol) -> str:
        """The column's name under a protocol."""
        return _filled(self.name, protocol)

    def of_classes(self, protocol: Protocol, labels: Iterable[str]) -> dict[str, str]:
        """The columns of single classes by label; none where the figure has no such details."""
        return {label: f"{_filled(self.by_class, protocol)}/{label}" for label in labels if self.by_class}

    def title(self, protocol: Protocol) -> str:
        """What readers call the figure under a protocol."""
        return _filled(self.metric, protocol)


def _filled(text: str, protocol: Protocol) -> str:
    return text.format(protocol=protocol.name, distance=protocol.metric, score=protocol.score)


@dataclass(frozen=True)
class Value:
    """A figure, before its protocol is attached. Those that are `logged` are the metric's columns, in their order."""

    value: float
    error: float | None = None
    note: str = ""
    details: dict = field(default_factory=dict)
    metric: str = ""  # what readers call it, where that is not what its column says
    logged: bool = True


Need = Literal["features", "logits", "labels"]


@dataclass(frozen=True)
class Metric:
    """A function of a pair, the columns that it fills, and what it needs of the real and of the generated set."""

    measure: Callable[[Pair], list[Value]]
    about: str
    columns: tuple[Column, ...]
    real: tuple[Need, ...] = ()
    fake: tuple[Need, ...] = ()
    least: int = 2  # images of a set; of labelled sets, of a class
    classifier: bool = False  # knows the classes of CIFAR-10 alone
