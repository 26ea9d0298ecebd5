"""The residual networks of SNGAN for 32x32 (Miyato et al., 1802.05957, table 4), between the ends of `dcgan/model.py`.

With a width of 256 in the generator and of 128 in the discriminator:

    generator                                 discriminator
    z (128)                                   image 32x32x3
    Dense to 4x4x256                          block /2 to 16x16x128
    block x2 to 8x8x256                       block /2 to 8x8x128
    block x2 to 16x16x256                     block to 8x8x128
    block x2 to 32x32x256                     block to 8x8x128
    BN  ReLU  Conv 3x3 to 32x32x3  tanh       ReLU  sum over the 8x8  Dense to 1 logit

    a block of G: BN  ReLU  x2  Conv 3x3  BN  ReLU  Conv 3x3     + its input, through Conv 1x1  x2
    a block of D: ReLU  Conv 3x3  ReLU  Conv 3x3  /2             + its input, through /2  Conv 1x1, where they differ

x2 repeats pixels, /2 averages 2x2; D's first block has no first ReLU, which would lose half of the image. The 1x1
convolutions are on the smaller map: there they are the same function, for less. Every doubling of the image size adds a
block to both.
"""

from collections.abc import Callable

import keras
from keras import layers, ops

from dcgan.layers import NetworkLayers

Tensor = keras.KerasTensor
Layer = Callable[[Tensor], Tensor]


def grow(x: Tensor, rows: int, make: NetworkLayers, normalised: Layer, between: Layer) -> Tensor:
    """G's blocks and its last BN and ReLU: (B, 4, 4, C) -> (B, 4 * 2^rows, 4 * 2^rows, C).

    Args:
        x: the first feature map.
        rows: how many blocks; each doubles height and width.
        make: applies layers.
        normalised: BN and activation.
        between: applied to the first feature map and to that after every block.
    """
    x = between(x)
    for _ in range(rows):
        x = between(_block_up(x, make, normalised))
    return normalised(x)


def _block_up(x: Tensor, make: NetworkLayers, normalised: Layer) -> Tensor:
    width = x.shape[-1]
    residual = layers.UpSampling2D(2)(normalised(x))
    residual = normalised(make.conv(residual, width, size=3, strides=1))
    residual = make.conv(residual, width, size=3, strides=1)
    return layers.Add()([residual, layers.UpSampling2D(2)(make.conv(x, width, size=1, strides=1))])


def shrink(x: Tensor, rows: int, width: int, make: NetworkLayers, activated: Layer, between: Layer) -> Tensor:
    """D's blocks and its last ReLU: (B, 4 * 2^rows, 4 * 2^rows, C) -> (B, 8, 8, width).

    Args:
        x: the images, or what D sees of them.
        rows: how often 4x4 doubles to their size.
        width: channels of every block.
        make: applies layers.
        activated: the activation.
        between: applied to the feature map after every block that halves height and width.
    """
    blocks = [True] * (rows - 1) + [False] * 2
    for index, halved in enumerate(blocks):
        x = _block_down(x, width, halved, make, activated, first=index == 0)
        x = between(x) if halved else x
    return activated(x)


def _block_down(x: Tensor, width: int, halved: bool, make: NetworkLayers, activated: Layer, first: bool) -> Tensor:
    pool = layers.AveragePooling2D(2) if halved else lambda x: x
    residual = make.conv(x if first else activated(x), width, size=3, strides=1)
    residual = pool(make.conv(activated(residual), width, size=3, strides=1))
    x = pool(x)
    if halved or x.shape[-1] != width:
        x = make.conv(x, width, size=1, strides=1)
    return layers.Add()([residual, x])


def sum_over_places(x: Tensor) -> Tensor:
    """(B, H, W, C) -> (B, C) float32: the paper's global sum pooling."""
    return ops.sum(ops.cast(x, "float32"), axis=(1, 2))
