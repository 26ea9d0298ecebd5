"""Interpolation: its ends are the images themselves, its middle is between them, and what cannot be cut says so."""

import keras
import numpy as np
import pytest

from common.errors import UserError
from common.sampling.interpolation import between_classes, slerp, split_at_label
from common.sampling.latents import latents
from common.sampling.sampler import Sampler
from tests.helpers.conditional import tiny_generator


def test_slerp_ends_at_both_latents_and_keeps_their_length():
    a, b = latents(2, 100, 0, "test")
    way = slerp(a, b, 9)
    assert way.shape == (9, 100) and way.dtype == np.float32
    np.testing.assert_allclose(way[[0, -1]], [a, b], atol=1e-6)
    lengths = np.linalg.norm(way, axis=1)
    assert lengths.min() > 0.97 * min(lengths[0], lengths[-1])
    assert np.linalg.norm((a + b) / 2) < 0.85 * lengths[4]  # where a straight line would have gone


def test_slerp_on_the_unit_circle_by_hand():
    np.testing.assert_allclose(slerp([1, 0], [0, 1], 3)[1], [0.5**0.5, 0.5**0.5], atol=1e-6)
    np.testing.assert_allclose(slerp([1, 0], [3, 0], 3), [[1, 0], [2, 0], [3, 0]])
    np.testing.assert_allclose(slerp([1, 0], [-1, 0], 3), [[1, 0], [0, 0], [-1, 0]])


@pytest.mark.parametrize("encoding", ["one_hot", "embedding"])
def test_between_classes_ends_at_both_classes(encoding):
    generator = tiny_generator(encoding=encoding)
    z = latents(1, 4, 0, "test")
    way = between_classes(generator, z[0], 3, 5, 5)
    ends = Sampler(generator, 4, 10).from_latents(np.repeat(z, 2, axis=0), [3, 5])
    np.testing.assert_array_equal(way[[0, -1]], ends)
    apart = [np.abs(x.astype(int) - ends[0]).mean() for x in way]
    assert apart == sorted(apart) and 0 < apart[1] < apart[-1]
    four = Sampler(generator, 4, 10).from_latents(z, [4])[0]  # halfway in number, not in meaning
    assert np.abs(way[2].astype(int) - four).mean() > 3


def test_several_encodings_of_the_label_move_together():
    z, label = keras.Input((4,)), keras.Input((), dtype="int32")
    column = keras.layers.Reshape((1,))(label)  # still whole numbers: cut after it
    first = keras.layers.Flatten()(keras.layers.Embedding(10, 4, embeddings_initializer="normal")(column))
    second = keras.layers.Embedding(10, 12, embeddings_initializer="random_normal")(label)
    x = keras.layers.Dense(12)(keras.layers.Multiply()([z, first]))
    x = keras.layers.Reshape((2, 2, 3))(keras.layers.Add()([x, second]))
    generator = keras.Model([z, label], x)
    encode, decode = split_at_label(generator)
    assert len(encode.outputs) == 2 and len(decode.inputs) == 3
    way = between_classes(generator, np.ones(4, np.float32), 0, 9, 3)
    np.testing.assert_array_equal(way[[0, 2]], Sampler(generator, 4, 10).by_class(np.ones((1, 4), np.float32), [0, 9]))


class Mixing(keras.layers.Layer):
    def call(self, inputs):
        return inputs[0] * keras.ops.cast(inputs[1], "float32")[:, None]


def test_a_generator_without_a_place_to_cut_is_a_users_error():
    z, label = keras.Input((4,)), keras.Input((), dtype="int32")
    mixed = keras.Model([z, label], Mixing()([z, label]))
    with pytest.raises(UserError, match=r"cannot interpolate between classes .* together with other inputs"):
        split_at_label(mixed)
    number = keras.layers.Rescaling(0.5)(keras.layers.Reshape((1,))(label))  # a float, but the label's number still
    with pytest.raises(UserError, match="together with other inputs"):
        split_at_label(keras.Model([z, label], keras.layers.Add()([z, number])))
