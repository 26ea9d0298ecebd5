"""Figures of merit for sets of images: pure functions on features and moments, and the command `python -m fid A B`.

Importing this package loads nothing: each name comes in when it is first asked for, those of arrays with NumPy alone,
`compare` and `Protocol` with what reads images, `FIDCallback` with TensorFlow.

Each package within says what it may import; this is what the files beside them may. May import: `common.errors`,
`common.system`, `common.data`, `common.figures`, all of `fid`.
"""

from importlib import import_module

_WHERE = {
    "FIDCallback": "fid.evaluation.callback",
    "Moments": "fid.metrics.moments",
    "Protocol": "fid.protocols",
    "compare": "fid.evaluation.compare",
    "frechet_distance": "fid.metrics.frechet",
    "frechet_distance_features": "fid.metrics.frechet",
    "kernel_distance": "fid.metrics.kernel",
    "prdc": "fid.metrics.prdc",
}
__all__ = list(_WHERE)


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
