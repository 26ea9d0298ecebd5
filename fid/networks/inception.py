"""The FID network: Inception v3 as trained in 2015 and published as `inception-2015-12-05` (1512.00567, 1706.08500).

It differs from the ImageNet network that Keras and torchvision ship: other weights, 1,008 classes, average pooling that
does not count the padding, and a max pool instead of an average in the pool branch of the last block. Batch norm is
folded into the convolutions, so every one of them has a bias. Layers carry the names of the original graph, with `_`
for `/`: `conv`, `mixed_3_tower_conv_2`, `mixed_10_tower_1_mixed_conv`.
"""

from collections.abc import Callable
from functools import partial

import keras
from keras import layers

IMAGE_SIZE = 299
FEATURES = (64, 192, 768, 2048)  # first max pool, second max pool, mixed_7, last block; each averaged over space
CLASSES = 1008
DTYPE = "float32"  # whatever the policy of the process; see fid/benchmarks/precision.py


def build_inception(dimension: int = 2048, logits: bool = False) -> keras.Model:
    """Build the network, its weights all zero, up to the features asked for and no further.

    Args:
        dimension: 64, 192, 768 or 2048, the same levels as `pytorch-fid --dims`.
        logits: add the class scores, which need `dimension=2048`. They come without the bias, as the Inception Score's
            authors take them (1606.03498).

    Returns:
        A model from images (B, 299, 299, 3) in [-1, 1] to features (B, dimension), or to (features, logits (B, 1008)).
    """
    if dimension not in FEATURES:
        raise ValueError(f"no features of dimension {dimension}; choose from {FEATURES}")
    if logits and dimension != 2048:
        raise ValueError("logits come after the 2,048 features")
    images = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3))
    x = images
    for stage in (_to_64, _to_192, _to_768, _to_2048)[: FEATURES.index(dimension) + 1]:
        x = stage(x)
    name = "pool_3" if dimension == 2048 else f"features_{dimension}"
    features = layers.GlobalAveragePooling2D(name=name, dtype=DTYPE)(x)
    if not logits:
        return keras.Model(images, features, name="inception-2015-12-05")
    softmax = layers.Dense(CLASSES, use_bias=False, kernel_initializer="zeros", name="softmax", dtype=DTYPE)
    return keras.Model(images, [features, softmax(features)], name="inception-2015-12-05")


def _conv(x, name: str, filters: int, size=1, strides: int = 1, padding: str = "same"):
    return layers.Conv2D(
        filters,
        size,
        strides,
        padding,
        activation="relu",
        kernel_initializer="zeros",  # published weights follow; random ones would draw from the process's state
        name=name,
        dtype=DTYPE,
    )(x)


def _max_pool(x, name: str, strides: int = 2, padding: str = "valid"):
    return layers.MaxPooling2D(3, strides, padding, name=name, dtype=DTYPE)(x)


def _average_pool(x, name: str):
    # "same" in TensorFlow divides by the number of real pixels under the window: the padding does not count.
    return layers.AveragePooling2D(3, 1, "same", name=name, dtype=DTYPE)(x)


def _join(branches: list, name: str):
    return layers.Concatenate(name=f"{name}_join", dtype=DTYPE)(branches)


def _to_64(x):  # 299 -> 73 pixels
    x = _conv(x, "conv", 32, 3, strides=2, padding="valid")
    x = _conv(x, "conv_1", 32, 3, padding="valid")
    x = _conv(x, "conv_2", 64, 3)
    return _max_pool(x, "pool")


def _to_192(x):  # 73 -> 35
    x = _conv(x, "conv_3", 80, padding="valid")
    x = _conv(x, "conv_4", 192, 3, padding="valid")
    return _max_pool(x, "pool_1")


def _to_768(x):  # 35 -> 17
    for name, pool_filters in (("mixed", 32), ("mixed_1", 64), ("mixed_2", 64)):
        x = _block_35(x, name, pool_filters)
    x = _reduce_to_17(x, "mixed_3")
    for name, filters in (("mixed_4", 128), ("mixed_5", 160), ("mixed_6", 160), ("mixed_7", 192)):
        x = _block_17(x, name, filters)
    return x


def _to_2048(x):  # 17 -> 8
    x = _reduce_to_8(x, "mixed_8")
    x = _block_8(x, "mixed_9", _average_pool)
    return _block_8(x, "mixed_10", partial(_max_pool, strides=1, padding="same"))


def _block_35(x, name: str, pool_filters: int):
    one = _conv(x, f"{name}_conv", 64)
    five = _conv(x, f"{name}_tower_conv", 48)
    five = _conv(five, f"{name}_tower_conv_1", 64, 5)
    three = _conv(x, f"{name}_tower_1_conv", 64)
    three = _conv(three, f"{name}_tower_1_conv_1", 96, 3)
    three = _conv(three, f"{name}_tower_1_conv_2", 96, 3)
    pool = _average_pool(x, f"{name}_tower_2_pool")
    pool = _conv(pool, f"{name}_tower_2_conv", pool_filters)
    return _join([one, five, three, pool], name)


def _reduce_to_17(x, name: str):
    one = _conv(x, f"{name}_conv", 384, 3, strides=2, padding="valid")
    two = _conv(x, f"{name}_tower_conv", 64)
    two = _conv(two, f"{name}_tower_conv_1", 96, 3)
    two = _conv(two, f"{name}_tower_conv_2", 96, 3, strides=2, padding="valid")
    return _join([one, two, _max_pool(x, f"{name}_pool")], name)


def _block_17(x, name: str, filters: int):
    one = _conv(x, f"{name}_conv", 192)
    seven = _conv(x, f"{name}_tower_conv", filters)
    seven = _conv(seven, f"{name}_tower_conv_1", filters, (1, 7))
    seven = _conv(seven, f"{name}_tower_conv_2", 192, (7, 1))
    twice = _conv(x, f"{name}_tower_1_conv", filters)
    twice = _conv(twice, f"{name}_tower_1_conv_1", filters, (7, 1))
    twice = _conv(twice, f"{name}_tower_1_conv_2", filters, (1, 7))
    twice = _conv(twice, f"{name}_tower_1_conv_3", filters, (7, 1))
    twice = _conv(twice, f"{name}_tower_1_conv_4", 192, (1, 7))
    pool = _average_pool(x, f"{name}_tower_2_pool")
    pool = _conv(pool, f"{name}_tower_2_conv", 192)
    return _join([one, seven, twice, pool], name)


def _reduce_to_8(x, name: str):
    three = _conv(x, f"{name}_tower_conv", 192)
    three = _conv(three, f"{name}_tower_conv_1", 320, 3, strides=2, padding="valid")
    seven = _conv(x, f"{name}_tower_1_conv", 192)
    seven = _conv(seven, f"{name}_tower_1_conv_1", 192, (1, 7))
    seven = _conv(seven, f"{name}_tower_1_conv_2", 192, (7, 1))
    seven = _conv(seven, f"{name}_tower_1_conv_3", 192, 3, strides=2, padding="valid")
    return _join([three, seven, _max_pool(x, f"{name}_pool")], name)


def _block_8(x, name: str, pool_layer: Callable):
    def split(x, name):  # a 1x3 and a 3x1 convolution side by side
        wide = _conv(x, f"{name}_conv", 384, (1, 3))
        return _join([wide, _conv(x, f"{name}_conv_1", 384, (3, 1))], name)

    one = _conv(x, f"{name}_conv", 320)
    three = _conv(x, f"{name}_tower_conv", 384)
    three = split(three, f"{name}_tower_mixed")
    twice = _conv(x, f"{name}_tower_1_conv", 448)
    twice = _conv(twice, f"{name}_tower_1_conv_1", 384, 3)
    twice = split(twice, f"{name}_tower_1_mixed")
    pool = _conv(pool_layer(x, f"{name}_tower_2_pool"), f"{name}_tower_2_conv", 192)
    return _join([one, three, twice, pool], name)
