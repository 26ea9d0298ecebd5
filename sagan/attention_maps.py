"""Where a generator's attention looks, over images that it makes (1805.08318, section 3)."""

from collections.abc import Sequence

import keras
import numpy as np

from common.data.pixel_range import to_uint8
from sagan.attention import find_attentions


def attention_maps(generator: keras.Model, inputs: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Generate images, and find where each position of the (first) attended feature map looks.

    Args:
        generator: with attention.
        inputs: its inputs, in its order: [z (N, latent_dim)], or [z, labels (N,) int32].

    Returns:
        Images (N, S, S, 3) uint8, and maps (N, H, W, key rows, key columns) float32: maps[n, i, j] are the weights of
        the position (i, j) of image n, which sum to 1 over the keys. The keys are H x W, or half that where pooled.
    """
    layer = find_attentions(generator)[0]
    network = keras.Model(generator.inputs, [layer.input, generator.outputs[0]])
    features, images = network(list(inputs), training=False)
    count, height, width, _ = features.shape
    step = 2 if layer.pool else 1
    shape = (count, height, width, -(-height // step), -(-width // step))
    return to_uint8(images), np.reshape(layer.attention_map(features), shape)


def share_beyond(maps: np.ndarray, kernel_size: int) -> float:
    """The share of attention (maps as above) on keys that a kernel of this size around the query does not cover.

    That is what attention adds to a convolution's reach. Even attention has a large share too: most keys are far.
    """
    height, width, *keys = maps.shape[1:]
    rows, columns = (_apart(side, count) > kernel_size / 2 for side, count in zip((height, width), keys, strict=True))
    beyond = rows[:, None, :, None] | columns[None, :, None, :]  # (H, W, key rows, key columns)
    return float(np.mean(np.sum(maps * beyond, axis=(3, 4), dtype=np.float64)))


def kernel_after_attention(generator: keras.Model) -> int:
    """The size of the next kernel on the feature map that the (first) attention follows."""
    after = generator.layers[generator.layers.index(find_attentions(generator)[0]) + 1 :]
    inner = (getattr(layer, "layer", layer) for layer in after)  # what spectral normalization wraps
    return next(layer.kernel_size[0] for layer in inner if hasattr(layer, "kernel_size"))


def _apart(side: int, keys: int) -> np.ndarray:
    """Distances, in positions, between the centres of `side` positions and those of the keys: (side, keys)."""
    return np.abs((np.arange(side) + 0.5)[:, None] - (np.arange(keys) + 0.5) * side / keys)
