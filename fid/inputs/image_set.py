"""A set of images that is read batch by batch, wherever it comes from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from common.errors import UserError

BATCH = 256  # images held at a time


@dataclass(frozen=True)
class ImageSet:
    """Images in a fixed order, uint8 (N, H, W, 3); `read` fetches those at the given indices.

    `fingerprint` is a hash of every pixel in the source's own order; together with `count` and `seed` it says which
    images these are.
    """

    name: str  # as the user typed it
    split: str  # "train", "test", "generated", or "-" where the source has none
    fingerprint: str
    height: int
    width: int
    order: np.ndarray  # (N,) int64, indices into the source
    read: Callable[[np.ndarray], np.ndarray]
    labels: np.ndarray | None = None  # (source,) integers, indices into class_names
    class_names: tuple[str, ...] = ()
    seed: int | None = None  # of the order; None: the source's own

    def __len__(self) -> int:
        return len(self.order)

    def batches(self, size: int = BATCH) -> Iterator[np.ndarray]:
        """Yield uint8 (n, H, W, 3), the last partial batch included."""
        for start in range(0, len(self), size):
            yield self.read(self.order[start : start + size])

    def at(self, indices: np.ndarray) -> np.ndarray:
        """Return the images at these places of the set, uint8 (n, H, W, 3)."""
        return self.read(self.order[indices])

    def ordered_labels(self) -> np.ndarray | None:
        """Return the labels (N,) in the order of the images."""
        return None if self.labels is None else self.labels[self.order]

    def draw(self, count: int, seed: int) -> "ImageSet":
        """Return `count` of the images, in an order that `seed` decides.

        Raises:
            UserError: there are fewer.
        """
        if count > len(self):
            raise UserError(f"{self.name} has {len(self):,} images, fewer than the {count:,} asked for")
        chosen = np.random.default_rng(seed).permutation(len(self))[:count]
        drawn = f"{self.fingerprint}, {len(self)} drawn by {self.seed}"  # of which these are then drawn
        fingerprint = self.fingerprint if self.seed is None else drawn
        return replace(self, order=self.order[chosen], seed=seed, fingerprint=fingerprint)


def array_set(
    name: str,
    split: str,
    fingerprint: str,
    images: np.ndarray,
    labels: np.ndarray | None = None,
    class_names: tuple[str, ...] = (),
) -> ImageSet:
    """Make a set of an array (N, H, W, 3) uint8, in memory or mapped; labels: (N,) integers."""
    return ImageSet(
        name,
        split,
        fingerprint,
        *images.shape[1:3],
        np.arange(len(images)),
        lambda indices: np.asarray(images[indices]),
        labels=labels,
        class_names=class_names,
    )
