"""What extraction in bfloat16 would do to a value, measured: the reason why there is no such option."""

import time
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from common.data.load import load_dataset
from fid.metrics.frechet import frechet_distance_features
from fid.networks.extractor import compile_network
from fid.networks.load import load_network
from fid.protocols import get_protocol


def precision(weights: Path, count: int) -> None:
    """Print the 768-d FID of CIFAR-10's train images to its test images and to poor copies of those, in both."""
    protocol = get_protocol("fid768")
    dataset = load_dataset("cifar10")
    test = dataset.test.images[:count]
    sets = {"train": dataset.train.images[:count], "test": test, "blurred and noisy test": _poor(test)}
    model = load_network(protocol, weights).model
    distances = {}
    for name, network in (("float32", model), ("bfloat16", _in_bfloat16(model))):
        run, start = compile_network(protocol, network), time.perf_counter()
        features = {key: _features(run, images) for key, images in sets.items()}
        print(f"{name}: {len(sets) * count / (time.perf_counter() - start):.1f} images/s")
        real = features.pop("train")
        distances[name] = {key: frechet_distance_features(real, fake) for key, fake in features.items()}
    for key, value in distances["float32"].items():
        rounded = distances["bfloat16"][key]
        print(f"{count:,} train images to {key}: {value:.5f}, in bfloat16 {rounded:.5f} ({rounded / value - 1:+.2%})")


def _in_bfloat16(model: keras.Model) -> keras.Model:
    """Copy a network so that it computes in bfloat16 on float32 weights."""
    copy = keras.models.clone_model(
        model, clone_function=lambda layer: type(layer).from_config(layer.get_config() | {"dtype": "mixed_bfloat16"})
    )
    copy.set_weights(model.get_weights())
    return copy


def _features(run, images: np.ndarray) -> np.ndarray:
    return np.concatenate([run(images[start : start + 32])[0] for start in range(0, len(images), 32)])


def _poor(images: np.ndarray) -> np.ndarray:
    """Copies that lost detail and gained noise, about as far from real images as a young GAN's."""
    small = [Image.fromarray(image).resize((12, 12), Image.Resampling.BILINEAR) for image in images]
    soft = np.stack([image.resize((32, 32), Image.Resampling.BICUBIC) for image in small])
    noise = np.random.default_rng(0).normal(0, 6, soft.shape)
    return np.clip(np.rint(soft + noise), 0, 255).astype(np.uint8)
