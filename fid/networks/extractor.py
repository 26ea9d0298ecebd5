"""Features of images, streamed through a protocol's network in batches: memory does not grow with their number.

Where there are several devices, batches go to each in turn.
"""

import collections
import itertools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from common.errors import UserError
from fid.networks.load import load_network
from fid.networks.resize import RESIZES
from fid.networks.winograd import with_winograd
from fid.protocols import Protocol

AT_ONCE = 2  # batches a device: where an operation of one leaves a processor idle, the other has work
BATCH_SIZE = 64
CPU_PIXELS = 8 * 299 * 299  # of a batch at most, on a CPU: what the layers make of more leaves the cache
Graph = Callable[[np.ndarray], list[tf.Tensor]]


class Outputs(NamedTuple):
    """Of one batch: features (B, D) float32, and logits (B, classes) float32 where they were asked for."""

    features: np.ndarray
    logits: np.ndarray | None


class Extractor:
    """A protocol's resize, scaling and network in one compiled graph."""

    precision = "float32"  # bfloat16 moves the 768-d FID by up to 1.7 %: python fid/benchmark.py precision

    def __init__(self, protocol: Protocol, weights: Path | str | None = None, logits: bool = False):
        """Load the network.

        Args:
            protocol: which network, features and resize.
            weights: a file of weights; None: see `fid.networks.weights.find_weights`.
            logits: give class scores too.

        Raises:
            UserError: an unknown resize; otherwise see `load_network`.
        """
        if protocol.resize not in RESIZES:
            raise UserError(f"unknown resize {protocol.resize!r}; choose from {', '.join(RESIZES)}")
        self.protocol, self.logits = protocol, logits
        network = load_network(protocol, weights, logits)
        self.weights_sha256 = network.sha256
        devices = _devices()
        on_cpu = devices[0].startswith("CPU")  # a GPU's own library knows such shortcuts
        self._batch_size = min(BATCH_SIZE, max(1, CPU_PIXELS // protocol.size**2)) if on_cpu else BATCH_SIZE
        faster = on_cpu and isinstance(protocol.extractor, str)  # a model of the user's own may be no graph of layers
        model = with_winograd(network.model) if faster else network.model
        alone = len(devices) == 1
        self._runs = [compile_network(protocol, model) if alone else _compile_on(device, protocol, model)
                      for device in devices]  # fmt: skip

    @property
    def dimension(self) -> int:
        """D, the number of features of an image."""
        return self.protocol.dimension

    def __call__(self, images: np.ndarray | Iterable[np.ndarray]) -> Iterator[Outputs]:
        """Yield the outputs of every image, in order, the last partial batch included.

        Args:
            images: (N, H, W, 3) uint8, or an iterable of such arrays, each of one size.

        Raises:
            ValueError: images that are not (N, H, W, 3) uint8.
        """
        at_once = AT_ONCE * len(self._runs)
        with ThreadPoolExecutor(at_once) as pool:
            running = collections.deque()
            for run, batch in zip(itertools.cycle(self._runs), _batches(images, self._batch_size), strict=False):
                running.append(pool.submit(self._evaluate, run, batch))
                if len(running) == at_once:
                    yield running.popleft().result()
            yield from (outputs.result() for outputs in running)

    def _evaluate(self, run: Graph, batch: np.ndarray) -> Outputs:
        outputs = [output.numpy() for output in run(batch)]
        return Outputs(outputs[0], outputs[1] if self.logits else None)


def _batches(images: np.ndarray | Iterable[np.ndarray], size: int) -> Iterator[np.ndarray]:
    for part in [images] if isinstance(images, np.ndarray) else images:
        if part.dtype != np.uint8 or part.ndim != 4 or part.shape[3] != 3:
            raise ValueError(f"images must be (N, H, W, 3) uint8, got {part.shape} {part.dtype}")
        for start in range(0, len(part), size):
            yield part[start : start + size]


def gather(batches: Iterable[Outputs], count: int = 256) -> Iterator[Outputs]:
    """Join batches into larger ones of at least `count` images, but for the last.

    Moments are summed over those: a sum of outer products costs about as much over a few images as over 256, and the
    threads of NumPy's linear algebra linger on the processors that the network needs.
    """
    pending, size = [], 0
    for outputs in batches:
        pending.append(outputs)
        size += len(outputs.features)
        if size >= count:
            yield _join(pending)
            pending, size = [], 0
    if pending:
        yield _join(pending)


def _join(parts: list[Outputs]) -> Outputs:
    features, logits = zip(*parts, strict=True)
    return Outputs(np.concatenate(features), None if logits[0] is None else np.concatenate(logits))


def compile_network(protocol: Protocol, model: Callable[..., tf.Tensor | list[tf.Tensor]]) -> Graph:
    """Return a graph from images (B, H, W, 3) uint8 to the outputs of a protocol's network, float32."""

    def forward(images: tf.Tensor) -> list[tf.Tensor]:
        resized = RESIZES[protocol.resize](tf.cast(images, tf.float32), protocol.size)
        outputs = model((resized - protocol.centre) / protocol.scale, training=False)
        return [tf.cast(output, tf.float32) for output in tf.nest.flatten(outputs)]

    return tf.function(forward, input_signature=[tf.TensorSpec((None, None, None, 3), tf.uint8)], autograph=False)


def _devices() -> list[str]:
    """Every GPU of this process, else every part of the CPU: one, unless it was divided."""
    if gpus := tf.config.get_visible_devices("GPU"):
        return [f"GPU:{index}" for index in range(len(gpus))]
    (cpu,) = tf.config.get_visible_devices("CPU")
    return [f"CPU:{index}" for index in range(len(tf.config.get_logical_device_configuration(cpu) or [None]))]


def _compile_on(device: str, protocol: Protocol, model: keras.Model) -> Graph:
    """`compile_network` for a device, with copies of the weights that lie there."""
    with tf.device(device):
        weights = [
            [tf.identity(variable.value) for variable in group]
            for group in (model.trainable_variables, model.non_trainable_variables)
        ]

    def copied(images: tf.Tensor, training: bool) -> tf.Tensor | list[tf.Tensor]:
        return model.stateless_call(*weights, images, training=training)[0]

    run = compile_network(protocol, copied)

    def run_there(images: np.ndarray) -> list[tf.Tensor]:
        with tf.device(device):
            return run(images)

    return run_there
