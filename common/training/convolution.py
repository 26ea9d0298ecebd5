"""Strided convolutions in the form that a CPU computes fastest in bfloat16: the same sums in another order.

A strided convolution x * w = y is three bilinear maps: (x, w) -> y, (y, w) -> x's gradient, which is also what a
transposed convolution computes, and (x, y) -> w's gradient. Each map's gradients are the other two, so all of them
have derivatives of every order, whichever form computes them:

- w's gradient as a convolution of stride 1, with images as channels, channels as images and y as a dilated kernel;
- x's gradient, where x has few channels, as a convolution of stride 1 to one group of channels for every phase of the
  stride, then depth to space.

The shape decides; where the direct form is as fast, it is taken.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

FEW_CHANNELS = 4  # of x; with more, the direct form of its gradient is faster
MANY_CHANNELS = 32  # of x and of y; with fewer, the direct form of w's gradient is


class Strided(NamedTuple):
    """What is fixed of a convolution, besides its kernel: x is (B, *size, C), y (B, *size / stride, K)."""

    size: tuple[int, int]
    stride: int
    padding: str  # SAME or VALID

    def pads(self, taps: tuple[int, int]) -> list[tuple[int, int]]:
        """Zeros before and after each axis of x, for kernels of `taps`; below 0 where x has rows that none touches."""
        pads = []
        for length, count in zip(self.size, taps, strict=True):
            outputs = -(-length // self.stride) if self.padding == "SAME" else (length - count) // self.stride + 1
            total = (outputs - 1) * self.stride + count - length
            before = max(total, 0) // 2 if self.padding == "SAME" else 0
            pads.append((before, total - before))
        return pads


def convolve(x: tf.Tensor, w: tf.Tensor, strided: Strided) -> tf.Tensor:
    """x (B, H, W, C) and w (h, w, C, K) -> y (B, H', W', K), as `tf.nn.conv2d`; its gradients take the fast forms."""

    @tf.custom_gradient
    def function(x, w):
        y = tf.nn.conv2d(x, w, strided.stride, strided.padding)
        return y, lambda dy: (input_gradient(dy, w, strided), filter_gradient(x, dy, w.shape[:2], strided))

    return function(x, w)


def input_gradient(y: tf.Tensor, w: tf.Tensor, strided: Strided) -> tf.Tensor:
    """y (B, H', W', K) and w (h, w, C, K) -> (B, H, W, C), as `tf.nn.conv2d_transpose`."""
    few = w.shape[2] <= FEW_CHANNELS and strided.padding == "SAME" and not any(s % strided.stride for s in strided.size)
    form = _input_gradient_by_phases if few else _input_gradient_direct

    @tf.custom_gradient
    def function(y, w):
        x = form(y, w, strided)
        return x, lambda dx: (convolve(dx, w, strided), filter_gradient(dx, y, w.shape[:2], strided))

    return function(y, w)


def filter_gradient(x: tf.Tensor, y: tf.Tensor, taps: tuple[int, int], strided: Strided) -> tf.Tensor:
    """x (B, H, W, C) and y (B, H', W', K) -> (h, w, C, K), `taps` being (h, w)."""
    many = min(x.shape[3], y.shape[3]) >= MANY_CHANNELS and min(map(min, strided.pads(taps))) >= 0
    form = _filter_gradient_dilated if many else _filter_gradient_direct

    @tf.custom_gradient
    def function(x, y):
        w = form(x, y, taps, strided)
        return w, lambda dw: (input_gradient(y, dw, strided), convolve(x, dw, strided))

    return function(x, y)


def _input_gradient_direct(y: tf.Tensor, w: tf.Tensor, strided: Strided) -> tf.Tensor:
    shape = (tf.shape(y)[0], *strided.size, w.shape[2])
    return tf.nn.conv2d_transpose(y, w, shape, strided.stride, strided.padding)


def _input_gradient_by_phases(y: tf.Tensor, w: tf.Tensor, strided: Strided) -> tf.Tensor:
    """Pixel s i + r of x, of phase r, sums y at i + j times w at r + before - s j, over all j."""
    stride, pads, places = strided.stride, [], []
    for taps, (before, _) in zip(w.shape[:2], strided.pads(w.shape[:2]), strict=True):
        low, high = -((taps - 1 - before) // stride), (stride - 1 + before) // stride
        place = np.arange(stride) + before - stride * np.arange(low, high + 1)[:, None]
        pads.append((-low, high))
        places.append(np.where((place >= 0) & (place < taps), place, taps))  # behind the last tap there are zeros
    w = tf.pad(w, [(0, 1), (0, 1), (0, 0), (0, 0)])
    w = tf.gather(tf.gather(w, places[1], axis=1), places[0], axis=0)  # (rows, s, columns, s, C, K)
    rows, _, columns, _, channels, filters = w.shape
    w = tf.reshape(tf.transpose(w, (0, 2, 5, 1, 3, 4)), (rows, columns, filters, stride * stride * channels))
    return tf.nn.depth_to_space(tf.nn.conv2d(y, w, 1, [(0, 0), *pads, (0, 0)]), stride)


def _filter_gradient_direct(x: tf.Tensor, y: tf.Tensor, taps: tuple[int, int], strided: Strided) -> tf.Tensor:
    shape, strides = (*taps, x.shape[3], y.shape[3]), [1, strided.stride, strided.stride, 1]
    return tf.raw_ops.Conv2DBackpropFilter(
        input=x, filter_sizes=shape, out_backprop=y, strides=strides, padding=strided.padding
    )


def _filter_gradient_dilated(x: tf.Tensor, y: tf.Tensor, taps: tuple[int, int], strided: Strided) -> tf.Tensor:
    images, kernel = tf.transpose(x, (3, 1, 2, 0)), tf.transpose(y, (1, 2, 0, 3))
    pads = [(0, 0), *strided.pads(taps), (0, 0)]
    return tf.transpose(tf.nn.conv2d(images, kernel, 1, pads, dilations=strided.stride), (1, 2, 0, 3))
