"""Nearest neighbours in feature space, in blocks, so that no N x M matrix is ever held."""

from collections.abc import Iterator

import numpy as np

_BLOCK_VALUES = 4_000_000  # distances held at a time: 32 MB


def distance_blocks(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield rows of the Euclidean distances between a (N, D) and b (M, D): a slice of a, and its distances (n, M)."""
    centre = b.mean(axis=0, dtype=np.float64)  # small norms lose fewer digits in the subtraction below
    b = b - centre
    b_squares = np.einsum("md,md->m", b, b)
    step = max(1, _BLOCK_VALUES // max(len(b), a.shape[1]))
    for start in range(0, len(a), step):
        rows = slice(start, min(start + step, len(a)))
        x = a[rows] - centre
        squares = np.einsum("nd,nd->n", x, x)[:, None] + b_squares - 2 * (x @ b.T)
        yield rows, np.sqrt(np.maximum(squares, 0, out=squares), out=squares)


def nearest(a: np.ndarray, b: np.ndarray | None = None, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return the k nearest neighbours in b of every row of a, nearest first: distances and indices into b, both (N, k).

    With no `b` they are sought in `a` itself, and no row is its own neighbour.

    Raises:
        ValueError: k below 1, or more than there are neighbours.
    """
    itself = b is None
    b = a if itself else b
    if not 1 <= k <= len(b) - itself:
        raise ValueError(f"k = {k} neighbours cannot be found among {len(b) - itself}")
    distances, indices = np.empty((len(a), k)), np.empty((len(a), k), np.int64)
    for rows, block in distance_blocks(a, b):
        if itself:
            block[np.arange(len(block)), np.arange(rows.start, rows.stop)] = np.inf
        found = np.argpartition(block, k - 1, axis=1)[:, :k]
        values = np.take_along_axis(block, found, axis=1)
        order = np.argsort(values, axis=1, kind="stable")
        distances[rows] = np.take_along_axis(values, order, axis=1)
        indices[rows] = np.take_along_axis(found, order, axis=1)
    return distances, indices
