"""The targets of D and G for a batch: smoothed, noisy, flipped or inverted, as the recipe says."""

import keras
import tensorflow as tf

from common.losses import PLAIN, Targets
from common.settings import Settings


class BatchTargets:
    """Draw `Targets` for a batch.

    D's targets are moved inwards by noise, exchanged at random, and last of all inverted where the recipe says so
    ("flipped labels": real is 0, fake is 1). G's target is always what D calls real, hard.
    """

    def __init__(self, settings: Settings):
        self.real, self.fake = settings.real_target, settings.fake_target
        self.plain = Targets(0.0, 1.0, 0.0) if settings.inverted_targets else PLAIN
        self.noise, self.flips, self.inverted = settings.target_noise, settings.target_flips, settings.inverted_targets

    def draw(self, count: tf.Tensor, seed: keras.random.SeedGenerator) -> Targets:
        """Targets for `count` reals and as many fakes: numbers where nothing is random, else (count, 1) float32."""
        real, fake = (self._disturb(target, count, seed) for target in (self.real, self.fake))
        if self.inverted:
            real, fake = 1.0 - real, 1.0 - fake
        return Targets(real, fake, self.plain.generator)

    def _disturb(self, target: float, count: tf.Tensor, seed: keras.random.SeedGenerator) -> tf.Tensor | float:
        inwards = 1.0 if target < 0.5 else -1.0
        if self.noise:
            target = target + inwards * keras.random.uniform((count, 1), 0.0, self.noise, seed=seed)
        if self.flips:
            flipped = keras.random.uniform((count, 1), seed=seed) < self.flips
            target = tf.where(flipped, 1.0 - target, target * tf.ones((count, 1)))
        return target
