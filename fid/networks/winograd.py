"""Convolutions with fewer multiplications, for a CPU: minimal filtering (Winograd 1980; Lavin and Gray, 1509.09308).

Of a filter g with r taps, m neighbouring outputs are A[(G g) * (B d)], where d are the n = m + r - 1 inputs under them:
n products instead of m r. Summed over channels, the products at each of the n points are a matrix product. The result
is the direct convolution's but for rounding: below 3e-5 of its largest value for the tiles used here (tested).
"""

import keras
import numpy as np
import tensorflow as tf
from numpy.polynomial.polynomial import polyfromroots

POINTS = (0, 1, -1, 1 / 2, -1 / 2, 2, -2, 3 / 4, -3 / 4, 3 / 2, -3 / 2)  # near 1, so that their powers round little
LINE_TILE = 6  # outputs at most, with taps along one axis: rounding grows with the points
SQUARE_POINTS = 8  # at most along each of two axes: the cost of the transforms grows as their fourth power
CHANNELS = 48  # with fewer, the transforms cost more than they save


def minimal_filter(outputs: int, taps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return A (m, n), G (n, r) and B (n, n), float64, for m outputs of r taps: Toom and Cook's, one point at infinity.

    A @ ((G @ g) * (B @ d)) is `np.correlate(d, g, "valid")`, d of n = m + r - 1 numbers and g of r.
    """
    count = outputs + taps - 1
    points = np.array(POINTS[: count - 1], float)
    a, g, b = np.zeros((outputs, count)), np.zeros((count, taps)), np.zeros((count, count))
    for index, point in enumerate(points):
        others = np.delete(points, index)
        a[:, index] = point ** np.arange(outputs)
        g[index] = point ** np.arange(taps) / np.prod(point - others)
        b[index, :-1] = polyfromroots(others)
    a[-1, -1] = g[-1, -1] = 1
    b[-1] = polyfromroots(points)
    return a, g, b


class WinogradConv2D(keras.layers.Layer):
    """A trained convolution of stride 1, for inference: (B, H, W, C) -> (B, H', W', K), float32, H and W fixed.

    Pixels come first while it computes, so that those under the tiles are picked whole batches at a time.

    Args:
        conv: the layer whose input size, kernel, bias, padding and activation are taken.
    """

    def __init__(self, conv: keras.layers.Conv2D):
        super().__init__(name=conv.name, dtype="float32", trainable=False)
        kernel = np.asarray(conv.kernel, np.float64)
        taps, self.size = kernel.shape[:2], conv.output.shape[1:3]
        tile = [_tile(length, r, min(taps) > 1) for length, r in zip(self.size, taps, strict=True)]
        count = [-(-length // m) for length, m in zip(self.size, tile, strict=True)]  # of tiles
        rows, columns = (minimal_filter(m, r) for m, r in zip(tile, taps, strict=True))
        at_points = np.einsum("ir,js,rsck->ijck", rows[1], columns[1], kernel)
        self.kernel = tf.constant(at_points.reshape(-1, *kernel.shape[2:]), tf.float32)
        self.to_outputs, self.to_points = (
            tf.constant(np.kron(rows[index], columns[index]), tf.float32) for index in (0, 2)
        )
        self.bias = tf.convert_to_tensor(conv.bias) if conv.use_bias else None
        self.activation = conv.activation

        covered = [tiles * m + r - 1 for tiles, m, r in zip(count, tile, taps, strict=True)]
        before = [(r - 1) // 2 if conv.padding == "same" else 0 for r in taps]
        after = [
            whole - first - length for whole, first, length in zip(covered, before, conv.input.shape[1:3], strict=True)
        ]
        self.padding = ((0, 0), *zip(before, after, strict=True), (0, 0))
        # Of the padded images' pixels, in rows, the one at every point of every tile ...
        pixels = np.arange(covered[0] * covered[1]).reshape(covered)
        windows = np.lib.stride_tricks.sliding_window_view(pixels, [m + r - 1 for m, r in zip(tile, taps, strict=True)])
        self.pixels = windows[:: tile[0], :: tile[1]].transpose(2, 3, 0, 1).ravel()
        # ... and of the outputs of all tiles the one at every pixel of the result.
        outputs = np.arange(np.prod(tile) * np.prod(count)).reshape(*tile, *count).transpose(2, 0, 3, 1)
        outputs = outputs.reshape(count[0] * tile[0], count[1] * tile[1])
        self.produced, self.outputs = outputs.size, outputs[: self.size[0], : self.size[1]].ravel()

    def call(self, images: tf.Tensor) -> tf.Tensor:
        """See the class; in the comments N counts points, T tiles and M outputs of a tile."""
        points, channels, filters = self.kernel.shape
        x = tf.pad(images, self.padding)
        x = tf.transpose(tf.reshape(x, (-1, x.shape[1] * x.shape[2], channels)), (1, 0, 2))
        x = tf.gather(x, self.pixels)  # (N T, B, C)
        x = self.to_points @ tf.reshape(x, (points, -1))  # (N, T B C)
        x = tf.reshape(x, (points, -1, channels)) @ self.kernel  # (N, T B, K)
        x = self.to_outputs @ tf.reshape(x, (points, -1))  # (M, T B K)
        x = tf.gather(tf.reshape(x, (self.produced, -1, filters)), self.outputs)  # (H' W', B, K)
        x = tf.reshape(tf.transpose(x, (1, 0, 2)), (-1, *self.size, filters))
        return self.activation(x if self.bias is None else tf.nn.bias_add(x, self.bias))


def _tile(length: int, taps: int, square: bool) -> int:
    """Return the tile that covers `length` outputs with the fewest products."""
    largest = min(LINE_TILE, SQUARE_POINTS - taps + 1) if square else LINE_TILE
    return min(range(1, largest + 1), key=lambda m: -(-length // m) * (m + taps - 1))


def with_winograd(model: keras.Model) -> keras.Model:
    """Return a model with the same outputs, for inference; the layers that would gain nothing are `model`'s own."""
    return keras.models.clone_model(model, clone_function=_faster)


def _faster(layer: keras.layers.Layer) -> keras.layers.Layer:
    gains = (
        isinstance(layer, keras.layers.Conv2D)
        and max(layer.kernel_size) > 1
        and min(layer.kernel.shape[2:]) >= CHANNELS
        and layer.strides == layer.dilation_rate == (1, 1)
        and layer.groups == 1
    )
    return WinogradConv2D(layer) if gains else layer
