"""Training batches in an order that only seed, epoch and step decide, so that a stopped run finds its place."""

import numpy as np
import tensorflow as tf

from common.data.dataset import Split
from common.data.pixel_range import from_uint8


class Batches:
    """Endless-by-epoch batches of a split: uint8 in memory or mapped, normalised after batching.

    Args:
        split: the training images; of a `numpy.memmap` only what a batch needs is read.
        batch_size: images a batch; a last partial batch is left out.
        seed: decides every epoch's order and mirroring.
        flip: mirror each image with probability 1/2.
        shuffle: an order of its own for every epoch; else the split's.
        device: where the images lie and `load` makes the batch of them, within the training step, such as "/GPU:0";
            None: in the computer's memory, where batches are made while the step computes.
    """

    def __init__(self, split: Split, batch_size: int, seed: int, flip: bool = False, shuffle: bool = True,
                 device: str | None = None):  # fmt: skip
        mapped = isinstance(split.images, np.memmap)
        self.image_shape, self.on_device = split.images.shape[1:], device is not None
        self._gather = self._gather_mapped if mapped else self._gather_packed
        with tf.device("/CPU:0"):
            self.labels = tf.constant(split.labels)
        with tf.device(device or "/CPU:0"):
            self.images = split.images if mapped else tf.constant(_packed(split.images))
        self.batch_size, self.seed, self.flip, self.shuffle = batch_size, seed, flip, shuffle

    @property
    def steps(self) -> int:
        """Full batches in the split."""
        return len(self.labels) // self.batch_size

    def epoch(self, epoch: int, start: int, stop: int) -> tf.data.Dataset:
        """Batches `start` to `stop - 1` of an epoch, each to be unpacked into `load`."""
        order = np.arange(len(self.labels))
        if self.shuffle:
            order = np.random.default_rng((self.seed, epoch)).permutation(len(self.labels))
        order = order.astype(np.int32)
        order = order[: self.steps * self.batch_size].reshape(self.steps, self.batch_size)
        steps = np.arange(start, stop, dtype=np.int32)
        places = tf.data.Dataset.from_tensor_slices((order[start:stop], np.full_like(steps, epoch), steps))
        options = tf.data.Options()
        # Nothing here is for tf.data to tune, and the end of an iterator waits for its tuner: seconds, on two cores.
        options.autotune.enabled = False
        return (places if self.on_device else places.map(self._batch).prefetch(4)).with_options(options)

    def load(self, *item: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Make a batch of an item of `epoch`: (images (B, H, W, 3) float32 in [-1, 1], labels (B,) int32)."""
        return self._batch(*item) if self.on_device else item

    def _batch(self, chosen: tf.Tensor, epoch: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        images = self._gather(chosen)
        if self.flip:
            # One seed for a run, an epoch and a step: nothing to remember, nothing drawn twice.
            seed = tf.random.experimental.stateless_fold_in(tf.stack([self.seed, epoch]), step)
            mirrored = tf.random.stateless_uniform((self.batch_size, 1, 1, 1), seed) < 0.5
            images = tf.where(mirrored, images[:, :, ::-1], images)
        return from_uint8(images), tf.gather(self.labels, chosen)

    def _gather_packed(self, chosen: tf.Tensor) -> tf.Tensor:
        pixels = tf.bitcast(tf.gather(self.images, chosen), tf.uint8)
        return tf.reshape(pixels, (self.batch_size, *self.image_shape))

    def _gather_mapped(self, chosen: tf.Tensor) -> tf.Tensor:
        images = tf.numpy_function(self.images.__getitem__, [chosen], tf.uint8, stateful=False)
        return tf.ensure_shape(images, (self.batch_size, *self.image_shape))


def _packed(images: np.ndarray) -> np.ndarray:
    """Images (N, H, W, 3) uint8 as rows (N, H * W * 3 / 8) int64.

    On a GPU TensorFlow gathers no uint8, and an int32 tensor that a function captures lies outside of it.
    """
    return np.ascontiguousarray(images).reshape(len(images), -1).view(np.int64)
