"""Figures of merit for sets of images: pure functions on features and moments, and the command `python -m fid A B`.

Importing this package loads NumPy alone. What needs images and networks comes in when it is first asked for: `compare`,
`Protocol`, and, with TensorFlow, `FIDCallback`.

Each package within says what it may import; this is what the files beside them may. May import: `common.errors`,
`common.system`, `common.data`, `common.figures`, all of `fid`.
"""

from importlib import import_module
from typing import Any

from fid.metrics.frechet import frechet_distance, frechet_distance_features
from fid.metrics.kernel import kernel_distance
from fid.metrics.moments import Moments
from fid.metrics.prdc import prdc

_LATER = {
    "FIDCallback": "fid.evaluation.callback",
    "Protocol": "fid.protocols",
    "compare": "fid.evaluation.compare",
}
__all__ = [
    "FIDCallback",
    "Moments",
    "Protocol",
    "compare",
    "frechet_distance",
    "frechet_distance_features",
    "kernel_distance",
    "prdc",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)
