"""A discriminator on fixed features (Projected GANs, Sauer et al., 2111.01007), of the project's own classifier.

At 32x32, on the maps of `fid/networks/classifier.py`, which is frozen, with d_width=64:

    image 32x32x3 -> classifier -> 15x15x64        7x7x128          3x3x256
    mixed at random, fixed:        Conv 1x1        Conv 1x1         Conv 1x1
      and over the scales          + ConvT /2  <-  + ConvT /2  <-
    a head each, learned:          Conv /2 to 8x8  Conv /2 to 4x4   Conv 3x3
                                   Conv /2 to 4x4
    logits, one a place:           Conv 1x1: 16    Conv 1x1: 16     Conv 1x1: 9

D can tell reals from fakes by what a classifier sees from the first step on, and the mixing keeps it from looking at a
few features alone. As the paper's: 1x1 convolutions mix channels, convolutions and an upsampled sum mix scales. Here
one transposed 3x3 convolution does both of the latter: it takes n places to 2 n + 1, just what the maps need. Labels
are seen by projection (1802.05637) at every place. Batch norm, spectral norm and dropout are the heads' as the
settings have them for D.
"""

from collections.abc import Callable, Sequence

import keras
from keras import layers, ops

from dcgan.layers import NetworkLayers
from dcgan.minibatch_deviation import MinibatchDeviation
from dcgan.settings import DCGANSettings
from fid.networks.classifier import load_feature_maps

Tensor = keras.KerasTensor
END = 4  # height and width at which a head says what it thinks, at most


def build_logits(
    images: Tensor,
    label: Tensor | None,
    classes: int,
    settings: DCGANSettings,
    make: NetworkLayers,
    activated: Callable[[Tensor], Tensor],
) -> Tensor:
    """Images (B, H, W, 3) in [-1, 1] -> the logits of all heads at all their places, (B, K) float32.

    Args:
        images: what D sees.
        label: (B,) int32; used with d_condition=projection.
        classes: of the labels.
        settings: of the networks.
        make: applies layers.
        activated: the activation.
    """
    features = load_feature_maps(keras.config.dtype_policy(), settings.image_size)
    pixels = layers.Rescaling(127.5, 127.5, dtype="float32")(images)
    heads = (_head(x, settings, make, activated) for x in mix(features(pixels)))
    logits = [_logits(x, label, classes, settings, make) for x in heads]
    return layers.Concatenate(dtype="float32")(logits)


def mix(maps: Sequence[Tensor]) -> list[Tensor]:
    """Mix channels within maps and from coarse maps into finer ones, by fixed random convolutions; shapes stay.

    Args:
        maps: (B, H, W, C), the finest first; each has 2 n + 1 rows and columns where the next one has n.
    """
    fixed = {"use_bias": False, "kernel_initializer": "he_normal", "trainable": False}
    mixed = []
    for x in reversed(maps):
        width, x = x.shape[-1], layers.Conv2D(x.shape[-1], 1, **fixed)(x)
        if mixed:
            x = layers.Add()([x, layers.Conv2DTranspose(width, 3, 2, **fixed)(mixed[-1])])
        mixed.append(x)
    return mixed[::-1]


def _head(x: Tensor, settings: DCGANSettings, make: NetworkLayers, activated: Callable[[Tensor], Tensor]) -> Tensor:
    """The learned rows of one scale, each of d_width channels: at least one, and down to 4x4."""

    def row(convolve: Callable[..., Tensor], **options) -> Tensor:
        y = convolve(x, settings.d_width, use_bias=not settings.d_batch_norm, **options)
        return activated(layers.BatchNormalization()(y) if settings.d_batch_norm else y)

    if x.shape[1] <= END:
        x = row(make.conv, size=3, strides=1)
    while x.shape[1] > END:
        x = row(make.downsampled)
    return MinibatchDeviation()(x) if settings.minibatch_deviation else x


def _logits(x: Tensor, label: Tensor | None, classes: int, settings: DCGANSettings, make: NetworkLayers) -> Tensor:
    """(B, H, W, C) -> (B, H * W), in float32 whatever the precision: the loss saturates on rounded logits."""
    logits = make.conv(x, 1, size=1, strides=1, dtype="float32")
    if settings.d_condition == "projection":
        embedded = layers.Reshape((1, 1, -1))(make.embedding(label, classes, x.shape[-1], dtype="float32"))
        logits += ops.sum(ops.cast(x, "float32") * embedded, axis=-1, keepdims=True)
    return layers.Flatten(dtype="float32")(logits)
