"""Looks at a training now and then, and keeps what it notices: in remarks.json, and once each for the terminal."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import keras
import numpy as np
import tensorflow as tf

from common.data.batches import Batches
from common.gan import GAN
from common.run.log import Log
from common.run.remarks import Remark, cut, merge, read_remarks, write_remarks
from common.run.run_folder import RunFolder
from common.sampling.sampler import Sampler
from common.settings import Settings
from common.training.probe import LOOKED_AT, Probe
from common.training.rules import judge
from common.training.seen import Seen

SHARE = 0.01  # of the time, at most, for looks at the networks; at the log alone it takes none to speak of


class Watcher:
    """Remarks of a run, brought up to date after an epoch; it changes nothing that training reads."""

    def __init__(self, gan: GAN, batches: Batches, run: RunFolder, settings: Settings):
        self._gan, self._run, self._settings = gan, run, settings
        self._attended = Attended({"g": gan.sampler, "d": gan.discriminator})
        self._probe, self._remarks, self._due = self._make_probe(batches), None, 0.0
        self._measured: Mapping[str, float] = {}
        self._probed: Mapping[str, float] = {}

    def look(self, log: Log, measured: Mapping[str, float] | None = None) -> list[Remark]:
        """Look at the log, and at the networks where it is time to; return what is noticed for the first time.

        `measured`: numbers for the rules from this epoch's measurement; they hold until the next one, as the networks'
        own hold until the next look at them.
        """
        self._measured = measured or self._measured
        epoch = int(log.rows[-1]["epoch"])
        if self._remarks is None:  # of the run that is gone on with
            self._remarks = cut(read_remarks(self._run), epoch - 1)
        if epoch == self._settings.epochs or time.monotonic() >= self._due:
            self._look_at_networks()
        config = self._run.read_config()
        metrics, rollbacks = config.get("metrics") or {}, config.get("rollbacks", ())
        numbers, settings = {**self._measured, **self._probed}, self._settings
        before = len(self._remarks)
        seen = judge(Seen(log, asdict(settings), metrics, numbers, rollbacks, type(settings)))
        self._remarks = merge(self._remarks, seen, epoch)
        write_remarks(self._run, self._remarks)
        return self._remarks[before:]

    def _look_at_networks(self) -> None:
        """Probe them, and stay away from them for as long as that is worth; the first time, which traces, is free."""
        first, began = not self._probed, time.monotonic()
        self._probed = self._probe()
        ended = time.monotonic()
        self._due = ended if first else ended + (ended - began) / SHARE

    def _make_probe(self, batches: Batches) -> Probe:
        sampler = Sampler(self._gan.sampler, self._settings.latent_dim, self._gan.classes)
        return Probe(self._score, sampler, *first_images(batches), self._settings.seed,
                     self._settings.inverted_targets, self._peaks)  # fmt: skip

    def _score(self, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Each image's mean logit (N,) as in training, with the batch's own statistics, but no variable is written."""
        d = self._gan.discriminator
        inputs = [tf.constant(images), tf.constant(labels)] if self._gan.classes else tf.constant(images)
        trained, others = ([v.value for v in group] for group in (d.trainable_variables, d.non_trainable_variables))
        scores, _ = d.stateless_call(trained, others, inputs, training=True)
        return tf.reduce_mean(self._gan.logits(scores), axis=1).numpy()

    def _peaks(self, images: np.ndarray, labels: np.ndarray) -> dict[str, float]:
        z = attended_latents(len(images), self._settings.latent_dim, self._settings.seed)
        given = [labels] if self._gan.classes else []
        return self._attended({"g": [z, *given], "d": [images, *given]})


class Attended:
    """Of every layer that tells where it looks. `networks`: by the name that their layers get, `g`, `g_2`, ..."""

    def __init__(self, networks: Mapping[str, keras.Model]):
        self._layers = list(_find(networks))

    def __call__(self, inputs: Mapping[str, Sequence[np.ndarray | tf.Tensor]]) -> dict[str, float]:
        """By layer, the largest weight of a position, on average over positions and images.

        `inputs`: each network's, by its name, in its order.
        """
        tensors = {network: [tf.convert_to_tensor(x) for x in given] for network, given in inputs.items()}
        maps = {name: layer.attention_map(until(tensors[network], training=False))
                for network, name, until, layer in self._layers}  # fmt: skip
        return {name: float(tf.reduce_mean(tf.reduce_max(weights, axis=-1))) for name, weights in maps.items()}


def _find(networks: Mapping[str, keras.Model]) -> Iterator[tuple[str, str, keras.Model, keras.Layer]]:
    for network, model in networks.items():
        layers = [layer for layer in model.layers if hasattr(layer, "attention_map")]
        for number, layer in enumerate(layers, 1):
            name = network if number == 1 else f"{network}_{number}"
            yield network, name, keras.Model(model.inputs, layer.input), layer


def attended_latents(count: int, latent_dim: int, seed: int) -> tf.Tensor:
    """The latents (count, latent_dim) over which attention is looked at."""
    return tf.random.stateless_normal((count, latent_dim), (0, seed))


def first_images(batches: Batches) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of the first batches that are trained on, as `Probe` takes them."""
    count = min(batches.steps, -(-LOOKED_AT // batches.batch_size))
    loaded = [batches.load(*item) for item in batches.epoch(0, 0, count)]
    images, labels = (np.concatenate([batch[i].numpy() for batch in loaded]) for i in (0, 1))
    return images, labels
