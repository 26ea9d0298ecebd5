"""Figures of merit for sets of images: pure functions on features and moments, and the command `python -m fid A B`.

Importing this package loads NumPy alone; TensorFlow comes in with the feature extractors.

Each package within says what it may import; this is what the files beside them may. May import: `common.errors`,
`common.system`, `common.data`, `common.figures`, all of `fid`.
"""

from fid.metrics.frechet import frechet_distance, frechet_distance_features
from fid.metrics.kernel import kernel_distance
from fid.metrics.moments import Moments
from fid.metrics.prdc import prdc

__all__ = ["Moments", "frechet_distance", "frechet_distance_features", "kernel_distance", "prdc"]
