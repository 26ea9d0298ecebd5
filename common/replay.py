"""Experience replay: D sees earlier fakes again, so that G cannot win by going back to what D has forgotten."""

import keras
import tensorflow as tf


class ExperienceReplay(keras.layers.Layer):
    """A store of earlier fakes, in the graph and in the checkpoint.

    Of every batch one fake, picked at random, is stored; after as many as make a batch, one is due.

    Without `capacity` this is the naive scheme of Desai's write-up: the store is one batch, shown whole and then
    emptied. With it, the ideal scheme of the same text: the last `capacity` fakes are kept, the oldest is replaced, and
    a random subset, without repetition, is shown.

    Args:
        batch_size: images that D is shown at once.
        image_shape: (H, W, C).
        capacity: images kept; None: the naive scheme.
        seed: of the picks.
    """

    def __init__(
        self, batch_size: int, image_shape: tuple[int, int, int], capacity: int | None = None, seed: int = 0, **kwargs
    ):
        super().__init__(**{"dtype": "float32", "trainable": False} | kwargs)
        if capacity is not None and capacity < batch_size:
            raise ValueError(f"a store of {capacity} images cannot give a batch of {batch_size}")
        self.batch_size, self.capacity = batch_size, capacity
        self.size = capacity or batch_size
        self.images = self._store("images", (self.size, *image_shape), "float32")
        self.labels = self._store("labels", (self.size,), "int32")
        self.targets = self._store("targets", (self.size, 1), "float32")
        self.added = self._store("added", (), "int32")  # naive: since the store was last emptied
        self.seed = keras.random.SeedGenerator(seed)
        self.built = True

    def _store(self, name: str, shape: tuple[int, ...], dtype: str) -> keras.Variable:
        return self.add_weight(name=name, shape=shape, dtype=dtype, initializer="zeros", trainable=False)

    @property
    def count(self) -> tf.Tensor:
        """Images in the store, an int32 scalar."""
        return tf.minimum(tf.convert_to_tensor(self.added), self.size)

    def add(self, images: tf.Tensor, labels: tf.Tensor, targets: tf.Tensor | float) -> None:
        """Store one of the fakes (B, H, W, C) with its label of (B,) and its target, a number or one of (B, 1)."""
        pick = keras.random.randint((), 0, tf.shape(images)[0], seed=self.seed)
        targets = tf.broadcast_to(tf.cast(targets, tf.float32), (tf.shape(images)[0], 1))
        place = [tf.convert_to_tensor(self.added) % self.size]
        for store, values in ((self.images, images), (self.labels, labels), (self.targets, targets)):
            store.value.scatter_update(tf.IndexedSlices(tf.cast(values[pick][None], store.dtype), place))
        self.added.assign_add(1)

    @property
    def due(self) -> tf.Tensor:
        """Whether D should be shown a batch now, right after `add`: a bool scalar."""
        return tf.convert_to_tensor(self.added) % self.batch_size == 0

    def draw(self) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """A batch: images (B, H, W, C), labels (B,), targets (B, 1). The naive store is empty afterwards."""
        order = tf.argsort(keras.random.uniform((self.size,), seed=self.seed))
        chosen = tf.boolean_mask(order, order < self.count)[: self.batch_size]
        batch = tuple(
            tf.gather(tf.convert_to_tensor(store), chosen) for store in (self.images, self.labels, self.targets)
        )
        if self.capacity is None:
            with tf.control_dependencies(batch):
                self.added.assign(0)
        return batch
