"""`--init-from RUN`: a run that begins with the weights of another instead of random ones.

Taken are all weights of both networks, batch norm's moving statistics and spectral norm's u among them, and those of
the averaged generator. Optimizers, random states and counts of steps begin anew: moments of another loss or learning
rate would be wrong here, and Adam corrects for having none.
"""

import re
from typing import Any

import keras
import numpy as np

from common.errors import UserError
from common.gan import GAN
from common.run.checkpoints import Checkpoints
from common.run.generator_file import load_generator
from common.run.run_folder import RunFolder

Weights = list[tuple[str, np.ndarray]]  # path and values, in the order of a network's weights
NAMED = re.compile(r"([^/]+)/(\d+)/(.+)")  # a variable in a checkpoint: network, number, path
NETWORKS = ("generator", "discriminator", "ema_generator")


def init_from(gan: GAN, source: RunFolder) -> dict[str, Any]:
    """Give a GAN the weights of a run's newest checkpoint; where it has none, those of its `generator.keras` to G.

    Returns:
        For config.json: which run and recipe, the networks taken, and the checkpoint's epoch and step in the next one.

    Raises:
        UserError: the run has neither, or a network of it is not like that of this recipe.
    """
    config = source.read_config()
    about = {"run": str(source.path), "recipe": f"{config['family']}/{config['recipe']}"}
    newest = Checkpoints(source.checkpoints).newest()
    if newest:
        meta, arrays = newest
        stored = {name: _group(arrays, name) for name in NETWORKS}
        about |= {key: meta.get(key) for key in ("epoch", "step")}
    else:
        generator = load_generator(source.generator)
        stored = {"generator": [(weight.path, weight.numpy()) for weight in generator.weights], "discriminator": []}
    taken = [name for name in NETWORKS[:2] if stored[name]]
    for name in taken:
        _assign(getattr(gan, name), stored[name], f"--init-from {source.path}: its {name}")
    if gan.ema_generator:
        averaged = stored.get("ema_generator") or stored["generator"]
        _assign(gan.ema_generator, averaged, f"--init-from {source.path}: its averaged generator")
    return about | {"networks": taken}


def _group(arrays: dict[str, np.ndarray], network: str) -> Weights:
    """A network's weights out of a checkpoint, where a name is `network/number/path`; without dropout's seeds."""
    named = {name: found for name in arrays if (found := NAMED.fullmatch(name)) and found[1] == network}
    own = sorted((int(found[2]), found[3], name) for name, found in named.items())
    return [(path, arrays[name]) for _, path, name in own if "seed_generator" not in path]


def _assign(network: keras.Model, stored: Weights, whose: str) -> None:
    weights = network.weights
    if len(weights) != len(stored):
        raise UserError(f"{whose} does not fit this recipe's: {len(stored)} weights there, {len(weights)} here")
    for weight, (path, array) in zip(weights, stored, strict=True):
        if array.shape != tuple(weight.shape) or path.split("/")[-1] != weight.path.split("/")[-1]:
            here = f"{weight.path} {tuple(weight.shape)}"
            raise UserError(f"{whose} does not fit this recipe's: {path} {array.shape} there, {here} here")
        if array.dtype != "float32" or not np.isfinite(array).all():
            raise UserError(f"{whose} cannot be used: {path} is {array.dtype}, or not all of it is finite")
    for weight, (_, array) in zip(weights, stored, strict=True):
        weight.assign(array)
