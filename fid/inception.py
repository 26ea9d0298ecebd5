"""The FID network: Inception v3 as trained in 2015 and published as `inception-2015-12-05` (1512.00567, 1706.08500).

It differs from the ImageNet network that Keras and torchvision ship: other weights, 1,008 classes, average pooling that
does not count the padding, and a max pool instead of an average in the pool branch of the last block. Batch norm is
folded into the convolutions, so every one of them has a bias. Layers carry the names of the original graph, with `_`
for `/`: `conv`, `mixed_3_tower_conv_2`, `mixed_10_tower_1_mixed_conv`.
"""

from collections.abc import Callable

import keras

IMAGE_SIZE = 299
FEATURES = (64, 192, 768, 2048)  # first max pool, second max pool, mixed_7, last block; each averaged over space
CLASSES = 1008


def build_inception(dimension: int = 2048, logits: bool = False, dtype: str = "float32") -> keras.Model:
    """Build the network, its weights all zero, up to the features asked for and no further.

    Args:
        dimension: 64, 192, 768 or 2048, the same levels as `pytorch-fid --dims`.
        logits: add the class scores, which need `dimension=2048`. They come without the bias, as the Inception Score's
            authors take them (1606.03498).
        dtype: a Keras dtype policy, `float32` or `mixed_bfloat16`.

    Returns:
        A model from images (B, 299, 299, 3) in [-1, 1] to features (B, dimension), or to (features, logits (B, 1008)).
    """
    if dimension not in FEATURES:
        raise ValueError(f"no features of dimension {dimension}; choose from {FEATURES}")
    if logits and dimension != 2048:
        raise ValueError("logits come after the 2,048 features")
    net = _Layers(dtype)
    images = keras.Input((IMAGE_SIZE, IMAGE_SIZE, 3))
    x = images
    for stage in _stages(net)[: FEATURES.index(dimension) + 1]:
        x = stage(x)
    features = net.global_average(x, "pool_3" if dimension == 2048 else f"features_{dimension}")
    if not logits:
        return keras.Model(images, features, name="inception-2015-12-05")
    scores = keras.layers.Dense(CLASSES, use_bias=False, kernel_initializer="zeros", name="softmax", dtype="float32")(
        features
    )
    return keras.Model(images, [features, scores], name="inception-2015-12-05")


class _Layers:
    """The kinds of layer that the network is made of, in one precision."""

    def __init__(self, dtype: str):
        self._dtype = dtype

    def conv(self, x, name: str, filters: int, size=1, strides: int = 1, padding: str = "same"):
        return keras.layers.Conv2D(filters, size, strides, padding, activation="relu", name=name, dtype=self._dtype)(x)

    def max_pool(self, x, name: str, strides: int = 2, padding: str = "valid"):
        return keras.layers.MaxPooling2D(3, strides, padding, name=name, dtype=self._dtype)(x)

    def average_pool(self, x, name: str):
        # "same" in TensorFlow divides by the number of real pixels under the window: the padding does not count.
        return keras.layers.AveragePooling2D(3, 1, "same", name=name, dtype=self._dtype)(x)

    def global_average(self, x, name: str):
        return keras.layers.GlobalAveragePooling2D(name=name, dtype="float32")(x)

    def join(self, branches: list, name: str):
        return keras.layers.Concatenate(name=f"{name}_join", dtype=self._dtype)(branches)


def _stages(net: _Layers) -> tuple[Callable, ...]:
    """Four parts of the network, each ending where features are taken."""

    def to_64(x):  # 299 -> 73
        x = net.conv(x, "conv", 32, 3, strides=2, padding="valid")
        x = net.conv(x, "conv_1", 32, 3, padding="valid")
        x = net.conv(x, "conv_2", 64, 3)
        return net.max_pool(x, "pool")

    def to_192(x):  # 73 -> 35
        x = net.conv(x, "conv_3", 80, padding="valid")
        x = net.conv(x, "conv_4", 192, 3, padding="valid")
        return net.max_pool(x, "pool_1")

    def to_768(x):  # 35 -> 17
        for name, pool_filters in (("mixed", 32), ("mixed_1", 64), ("mixed_2", 64)):
            x = _block_35(net, x, name, pool_filters)
        x = _reduce_to_17(net, x, "mixed_3")
        for name, filters in (("mixed_4", 128), ("mixed_5", 160), ("mixed_6", 160), ("mixed_7", 192)):
            x = _block_17(net, x, name, filters)
        return x

    def to_2048(x):  # 17 -> 8
        x = _reduce_to_8(net, x, "mixed_8")
        x = _block_8(net, x, "mixed_9", net.average_pool)
        return _block_8(net, x, "mixed_10", lambda x, name: net.max_pool(x, name, strides=1, padding="same"))

    return to_64, to_192, to_768, to_2048


def _block_35(net: _Layers, x, name: str, pool_filters: int):
    one = net.conv(x, f"{name}_conv", 64)
    five = net.conv(x, f"{name}_tower_conv", 48)
    five = net.conv(five, f"{name}_tower_conv_1", 64, 5)
    three = net.conv(x, f"{name}_tower_1_conv", 64)
    three = net.conv(three, f"{name}_tower_1_conv_1", 96, 3)
    three = net.conv(three, f"{name}_tower_1_conv_2", 96, 3)
    pool = net.average_pool(x, f"{name}_tower_2_pool")
    pool = net.conv(pool, f"{name}_tower_2_conv", pool_filters)
    return net.join([one, five, three, pool], name)


def _reduce_to_17(net: _Layers, x, name: str):
    one = net.conv(x, f"{name}_conv", 384, 3, strides=2, padding="valid")
    two = net.conv(x, f"{name}_tower_conv", 64)
    two = net.conv(two, f"{name}_tower_conv_1", 96, 3)
    two = net.conv(two, f"{name}_tower_conv_2", 96, 3, strides=2, padding="valid")
    return net.join([one, two, net.max_pool(x, f"{name}_pool")], name)


def _block_17(net: _Layers, x, name: str, filters: int):
    one = net.conv(x, f"{name}_conv", 192)
    seven = net.conv(x, f"{name}_tower_conv", filters)
    seven = net.conv(seven, f"{name}_tower_conv_1", filters, (1, 7))
    seven = net.conv(seven, f"{name}_tower_conv_2", 192, (7, 1))
    twice = net.conv(x, f"{name}_tower_1_conv", filters)
    twice = net.conv(twice, f"{name}_tower_1_conv_1", filters, (7, 1))
    twice = net.conv(twice, f"{name}_tower_1_conv_2", filters, (1, 7))
    twice = net.conv(twice, f"{name}_tower_1_conv_3", filters, (7, 1))
    twice = net.conv(twice, f"{name}_tower_1_conv_4", 192, (1, 7))
    pool = net.average_pool(x, f"{name}_tower_2_pool")
    pool = net.conv(pool, f"{name}_tower_2_conv", 192)
    return net.join([one, seven, twice, pool], name)


def _reduce_to_8(net: _Layers, x, name: str):
    three = net.conv(x, f"{name}_tower_conv", 192)
    three = net.conv(three, f"{name}_tower_conv_1", 320, 3, strides=2, padding="valid")
    seven = net.conv(x, f"{name}_tower_1_conv", 192)
    seven = net.conv(seven, f"{name}_tower_1_conv_1", 192, (1, 7))
    seven = net.conv(seven, f"{name}_tower_1_conv_2", 192, (7, 1))
    seven = net.conv(seven, f"{name}_tower_1_conv_3", 192, 3, strides=2, padding="valid")
    return net.join([three, seven, net.max_pool(x, f"{name}_pool")], name)


def _block_8(net: _Layers, x, name: str, pool_layer: Callable):
    def split(x, name):  # a 1x3 and a 3x1 convolution side by side
        wide = net.conv(x, f"{name}_conv", 384, (1, 3))
        return net.join([wide, net.conv(x, f"{name}_conv_1", 384, (3, 1))], name)

    one = net.conv(x, f"{name}_conv", 320)
    three = net.conv(x, f"{name}_tower_conv", 384)
    three = split(three, f"{name}_tower_mixed")
    twice = net.conv(x, f"{name}_tower_1_conv", 448)
    twice = net.conv(twice, f"{name}_tower_1_conv_1", 384, 3)
    twice = split(twice, f"{name}_tower_1_mixed")
    pool = net.conv(pool_layer(x, f"{name}_tower_2_pool"), f"{name}_tower_2_conv", 192)
    return net.join([one, three, twice, pool], name)
