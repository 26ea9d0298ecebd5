"""A network that computes something, without its weights."""

import keras
import numpy as np


def randomise(model: keras.Model) -> dict[str, np.ndarray]:
    """Give a network random weights that keep the scale of what passes through; return them by name."""
    rng, arrays = np.random.default_rng(0), {}
    for layer in model.layers:
        for weight in layer.weights:
            fan_in = np.prod(weight.shape[:-1])
            scale = np.sqrt(2 / fan_in) if weight.name == "kernel" else 0.1
            arrays[f"{layer.name}/{weight.name}"] = (scale * rng.standard_normal(weight.shape)).astype(np.float32)
            weight.assign(arrays[f"{layer.name}/{weight.name}"])
    return arrays
