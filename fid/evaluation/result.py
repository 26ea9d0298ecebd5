"""A figure, and everything that it depends on."""

from dataclasses import dataclass, field
from typing import Any

from fid.protocols import Protocol


@dataclass(frozen=True)
class Result:
    """One measured value with its protocol attached; `str` gives both in one line."""

    metric: str  # what readers call it: "FID", "768-d FID", "KID", "precision"
    value: float
    protocol: Protocol  # extractor, feature dimension, resize
    real: str  # the sets, as they were named
    fake: str
    split: str  # of the real set: "train", "test", or "-" where it has none
    real_count: int | None  # None: saved moments that do not say
    fake_count: int | None
    seed: int  # of order, latents and subsets
    weights: str = ""  # SHA-256 of the extractor's weights
    precision: str = "float32"
    error: float | None = None  # standard error, or for the Inception Score the deviation over splits
    note: str = ""  # settings of the metric's own: "k=5"
    details: dict = field(default_factory=dict)  # what lies behind the value, for JSON

    def __str__(self) -> str:
        value = f"{self.value:.6g}" + ("" if self.error is None else f" +- {self.error:.2g}")
        return f"{self.metric} {value}  [{self.conditions()}]"

    def conditions(self) -> str:
        """Return in one line all that has to be the same for two values to be compared."""
        protocol = self.protocol
        parts = [
            f"{protocol.name}: {protocol.network} {protocol.dimension}-d",
            f"{protocol.resize} resize to {protocol.size}x{protocol.size}",
            f"{_count(self.real_count)} real (split {self.split}) against {_count(self.fake_count)} fake",
            f"seed {self.seed}",
            self.precision,
        ]
        return ", ".join(parts + [self.note] * bool(self.note))

    def as_dict(self) -> dict[str, Any]:
        """Return the same, flat, for JSON."""
        return {
            "metric": self.metric,
            "value": self.value,
            "error": self.error,
            "protocol": self.protocol.name,
            "extractor": self.protocol.network,
            "weights_sha256": self.weights,
            "feature_dimension": self.protocol.dimension,
            "resize": self.protocol.resize,
            "size": self.protocol.size,
            "precision": self.precision,
            "real": self.real,
            "split": self.split,
            "real_count": self.real_count,
            "fake": self.fake,
            "fake_count": self.fake_count,
            "seed": self.seed,
            "note": self.note,
            "details": self.details,
        }


def _count(count: int | None) -> str:
    return "an unknown number of" if count is None else f"{count:,}"
