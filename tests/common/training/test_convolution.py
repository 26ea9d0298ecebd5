"""The fast forms of convolutions give what the direct ones give, and so do their first and second derivatives."""

import numpy as np
import pytest
import tensorflow as tf

from common.training.convolution import FEW_CHANNELS, MANY_CHANNELS, Strided, convolve, filter_gradient, input_gradient

FEW, MANY = FEW_CHANNELS - 1, MANY_CHANNELS
SHAPES = [  # size, stride, padding, taps
    ((8, 8), 2, "SAME", (5, 5)), ((8, 4), 2, "SAME", (4, 4)), ((7, 8), 2, "SAME", (3, 5)), ((9, 6), 3, "SAME", (5, 4)),
    ((8, 8), 2, "VALID", (4, 4)), ((9, 8), 2, "VALID", (3, 5)), ((6, 6), 3, "SAME", (2, 2)),
]  # fmt: skip


def draw(*shape, seed=0):
    return tf.constant(np.random.default_rng(seed).standard_normal(shape))


def operands(size, stride, padding, taps, channels, filters):
    x, w = draw(2, *size, channels), draw(*taps, channels, filters, seed=1)
    return x, w, draw(*tf.nn.conv2d(x, w, stride, padding).shape, seed=2)


def derivatives(function, x, w, dy):
    """y of x and w, the gradients of both for y's, and how those, in a sum of their sines, change with x, w and dy."""
    with tf.GradientTape() as outer:
        outer.watch([x, w, dy])
        with tf.GradientTape() as tape:
            tape.watch([x, w])
            y = function(x, w)
        dx, dw = tape.gradient(y, [x, w], output_gradients=dy)
        total = tf.reduce_sum(tf.sin(dx)) + tf.reduce_sum(tf.sin(dw))
    return [y, dx, dw, *outer.gradient(total, [x, w, dy])]


@pytest.mark.parametrize("channels", [FEW, MANY])
@pytest.mark.parametrize(("size", "stride", "padding", "taps"), SHAPES)
def test_values_and_derivatives_of_two_orders_are_the_direct_ones(size, stride, padding, taps, channels):
    x, w, dy = operands(size, stride, padding, taps, channels, MANY)
    found = derivatives(lambda x, w: convolve(x, w, Strided(size, stride, padding)), x, w, dy)
    direct = derivatives(lambda x, w: tf.nn.conv2d(x, w, stride, padding), x, w, dy)
    for ours, expected in zip(found, direct, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("function", ["input", "filter"])
def test_gradients_are_the_numerical_ones(function):
    x, w, y = operands((4, 4), 2, "SAME", (3, 3), FEW, 2)
    strided = Strided((4, 4), 2, "SAME")
    calls = {"input": (lambda y, w: input_gradient(y, w, strided), [y, w]),
             "filter": (lambda x, y: filter_gradient(x, y, (3, 3), strided), [x, y])}  # fmt: skip
    theoretical, numerical = tf.test.compute_gradient(*calls[function])
    for ours, expected in zip(theoretical, numerical, strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-7)


@pytest.mark.parametrize(("channels", "operation"), [(MANY, "Conv2DBackpropFilter"), (FEW, "Conv2DBackpropInput")])
def test_the_fast_forms_are_taken(channels, operation):
    """Of many channels w's gradient, of few x's gradient, is a plain convolution."""
    x, w, dy = operands((8, 8), 2, "SAME", (5, 5), channels, MANY)
    function = tf.function(lambda: derivatives(lambda *xw: convolve(*xw, Strided((8, 8), 2, "SAME")), x, w, dy)[:3])
    assert operation not in {op.type for op in function.get_concrete_function().graph.get_operations()}
