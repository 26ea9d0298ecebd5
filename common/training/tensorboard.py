"""TensorBoard: figures and the grid of the fixed latents after every epoch, histograms of weights on request."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from common.gan import GAN


class Summaries:
    """Event files in one folder; TensorBoard reads them while the run goes on."""

    def __init__(self, folder: Path, histograms: bool = False):
        self.histograms = histograms
        self._writer = tf.summary.create_file_writer(str(folder))

    def write(self, epoch: int, values: Mapping[str, float], grid: np.ndarray, gan: GAN) -> None:
        """Write an epoch: figures by name, the grid (H, W, 3) uint8, where asked for all weights of both networks."""
        with self._writer.as_default(step=epoch):
            for name, value in values.items():
                if name not in ("epoch", "step"):
                    tf.summary.scalar(name, value)
            tf.summary.image("samples", grid[None])
            if self.histograms:
                for network in (gan.generator, gan.discriminator):
                    for weight in network.weights:
                        tf.summary.histogram(f"{network.name}/{weight.path}", weight.value)
        self._writer.flush()
