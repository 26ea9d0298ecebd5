"""The embedded extractor of protocol `cifar`: a small CIFAR-10 classifier, trained here by `train_classifier.py`.

Six 3x3 convolutions over a fixed whitening of 2x2 patches (Page, How to train your ResNet, 2019; Jordan,
arXiv:2404.00498). Its Frechet distance compares with figures of this protocol only.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from common.errors import UserError
from common.system.files import Damaged, load_arrays

WEIGHTS = Path(__file__).with_name("cifar_classifier.npz")
WIDTHS = (64, 128, 256)  # channels at 15x15, 7x7 and 3x3 pixels, two convolutions each
FEATURES = WIDTHS[-1]
CLASSES = 10
WHITENED = 24  # the 12 principal directions of a 2x2 RGB patch and their negatives, so that ReLU loses nothing
MEAN, DEVIATION = 120.0, 64.0  # of CIFAR-10's pixels, rounded


def build_classifier(normalization: Callable | None = None, dtype: str = "float32", size: int = 32):
    """Build the network with random weights.

    Args:
        normalization: makes the layer that stands in for a convolution's bias in training; None: the bias itself.
        dtype: a Keras dtype policy.
        size: height and width of the images, 16 at least.

    Returns:
        A `keras.Model`: images (B, size, size, 3), 0 to 255 -> [features (B, 256), logits (B, 10)], float32.
    """
    from keras import Input, Model, layers

    images = Input((size, size, 3), name="images")
    # In float32: bfloat16 would round 0 to 255 before it is centred.
    x = layers.Rescaling(1 / DEVIATION, -MEAN / DEVIATION, dtype="float32")(images)
    x = layers.Conv2D(WHITENED, 2, use_bias=False, trainable=False, dtype=dtype, name="whitening")(x)
    x = layers.ReLU(dtype=dtype)(x)
    for index, width in enumerate(width for width in WIDTHS for _ in range(2)):
        conv = layers.Conv2D(
            width, 3, padding="same", use_bias=normalization is None, dtype=dtype, name=f"conv_{index + 1}"
        )
        x = conv(x)
        if index % 2 == 0:
            x = layers.MaxPooling2D(dtype=dtype)(x)
        if normalization is not None:
            x = normalization()(x)
        x = layers.ReLU(dtype=dtype)(x)
    features = layers.GlobalAveragePooling2D(dtype="float32", name="features")(x)
    logits = layers.Dense(CLASSES, use_bias=False, dtype="float32", name="logits")(features)
    return Model(images, [features, logits], name="cifar_classifier")


def load_classifier(path: Path | str = WEIGHTS, dtype: str = "float32", size: int = 32):
    """Build the classifier with trained weights, batch norm folded into its convolutions.

    Args:
        path: the file of its weights.
        dtype, size: as in `build_classifier`.

    Returns:
        A `keras.Model` as `build_classifier` makes it, for inference.

    Raises:
        UserError: the file is missing, damaged, or not this network's.
    """
    model = build_classifier(dtype=dtype, size=size)
    stored = _read(Path(path))
    if set(stored) != {weight.path for weight in model.weights}:
        raise UserError(f"{path} is not a file of the CIFAR-10 classifier's weights")
    for weight in model.weights:
        value = stored[weight.path].astype(np.float32)
        if value.shape != tuple(weight.shape) or not np.isfinite(value).all():
            raise UserError(f"{path} is damaged: {weight.path} is not finite numbers of shape {tuple(weight.shape)}")
        weight.assign(value)
    return model


def load_feature_maps(dtype: str = "float32", size: int = 32):
    """Build what is before the classifier's pooled features, with trained weights that stay as they are.

    Returns:
        A `keras.Model`: images (B, size, size, 3), 0 to 255 -> the maps after every second convolution, at a size of 32
        (B, 15, 15, 64), (B, 7, 7, 128) and (B, 3, 3, 256), each size 2 n + 1 of the next one's n. Differentiable.

    Raises:
        UserError: as `load_classifier`.
    """
    from keras import Model, layers

    classifier = load_classifier(dtype=dtype, size=size)
    _, *activated = (layer.output for layer in classifier.layers if isinstance(layer, layers.ReLU))
    maps = Model(classifier.input, activated[1::2], name="feature_maps")
    maps.trainable = False
    return maps


def _read(path: Path) -> dict[str, np.ndarray]:
    try:
        return load_arrays(path)
    except FileNotFoundError as error:
        raise UserError(f"{path} is missing; restore it or run python fid/networks/train_classifier.py") from error
    except Damaged as error:
        raise UserError(f"{path} is damaged; restore it or run python fid/networks/train_classifier.py") from error
