"""The adversarial training step that every family shares."""

import functools

import keras
import tensorflow as tf

from common.gradient_penalty import gradient_penalty
from common.losses import Targets, get_loss
from common.optimizers import build_optimizer
from common.settings import Settings
from common.spectral_norm import find_spectral_layers


class GAN(keras.Model):
    """A generator and a discriminator that train against each other.

    Args:
        generator: z (B, latent_dim) -> images (B, H, W, 3) in [-1, 1].
        discriminator: images -> logits (B, 1) float32, positive for real.
        settings: loss, targets, optimizers, order of the updates, averaging.
    """

    def __init__(self, generator: keras.Model, discriminator: keras.Model, settings: Settings):
        super().__init__(name="gan")
        self.generator = generator
        self.discriminator = discriminator
        self.latent_dim = settings.latent_dim
        self.simultaneous = settings.update == "simultaneous"
        self.d_steps, self.clip, self.penalty_weight = settings.d_steps, settings.clip, settings.gradient_penalty
        self.spectral_layers = find_spectral_layers(discriminator) + find_spectral_layers(generator)
        self.adversarial_loss = get_loss(settings.loss)
        self.targets = Targets(real=settings.real_target, fake=settings.fake_target)
        self.latent_seed = keras.random.SeedGenerator(settings.seed)
        self.ema_decay = settings.ema_decay
        self.ema_generator = _copy(generator) if settings.ema_decay else None
        self.d_loss = keras.metrics.Mean("d_loss")
        self.g_loss = keras.metrics.Mean("g_loss")
        # Not Keras' compile(): that would make one optimizer more, and here each network has its own. Built at once, so
        # that a checkpoint never meets an optimizer without its slots.
        self.d_optimizer = build_optimizer(settings, settings.d_learning_rate)
        self.g_optimizer = build_optimizer(settings, settings.g_learning_rate)
        self.d_optimizer.build(discriminator.trainable_variables)
        self.g_optimizer.build(generator.trainable_variables)
        self.built = True

    @property
    def sampler(self) -> keras.Model:
        """The generator to sample from: the averaged one where the recipe keeps one."""
        return self.ema_generator or self.generator

    def call(self, z: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Generate images in [-1, 1] from latents (B, latent_dim)."""
        return self.sampler(z, training=training)

    def train_step(self, data: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Update D `d_steps` times and G once, on (images (d_steps * B, H, W, 3) in [-1, 1], labels (d_steps * B,)).

        Returns:
            The mean losses since their last reset.
        """
        real, _ = data
        d_loss, g_loss = self._update_together(real) if self.simultaneous else self._update_in_turn(real)
        if self.ema_generator:
            self._average_generator()
        self.d_loss.update_state(d_loss)
        self.g_loss.update_state(g_loss)
        return {"d_loss": self.d_loss.result(), "g_loss": self.g_loss.result()}

    def _update_together(self, real: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Both gradients at the same weights, from one pass through G and one pass of the fakes through D."""
        self._power_iteration()
        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator(self._latents(real), training=True)
            real_logits = self.discriminator(real, training=True)
            fake_logits = self.discriminator(fake, training=True)
            d_loss, g_loss = self.adversarial_loss(real_logits, fake_logits, self.targets)
            d_loss += self._penalty(real, fake)
            d_scaled, g_scaled = self.d_optimizer.scale_loss(d_loss), self.g_optimizer.scale_loss(g_loss)
        self._apply_to_d(tape.gradient(d_scaled, self.discriminator.trainable_variables))
        g_gradients = tape.gradient(g_scaled, self.generator.trainable_variables)
        self.g_optimizer.apply(g_gradients, self.generator.trainable_variables)
        return d_loss, g_loss

    def _update_in_turn(self, real: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """D first, then G through the updated D; one pass through G serves D's last update and G's."""
        *earlier, last = tf.split(real, self.d_steps)
        for batch in earlier:
            self._update_discriminator(batch, self.generator(self._latents(batch), training=True))
        with tf.GradientTape() as g_tape:
            fake = self.generator(self._latents(last), training=True)
            with g_tape.stop_recording():
                d_loss, real_logits = self._update_discriminator(last, fake)
            fake_logits = self.discriminator(fake, training=True)
            _, g_loss = self.adversarial_loss(real_logits, fake_logits, self.targets)
            g_scaled = self.g_optimizer.scale_loss(g_loss)
        g_gradients = g_tape.gradient(g_scaled, self.generator.trainable_variables)
        self.g_optimizer.apply(g_gradients, self.generator.trainable_variables)
        return d_loss, g_loss

    def _update_discriminator(self, real: tf.Tensor, fake: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        self._power_iteration()
        fake = tf.stop_gradient(fake)
        with tf.GradientTape() as tape:
            real_logits = self.discriminator(real, training=True)
            fake_logits = self.discriminator(fake, training=True)
            d_loss, _ = self.adversarial_loss(real_logits, fake_logits, self.targets)
            d_loss += self._penalty(real, fake)
            d_scaled = self.d_optimizer.scale_loss(d_loss)
        self._apply_to_d(tape.gradient(d_scaled, self.discriminator.trainable_variables))
        return d_loss, real_logits

    def _latents(self, images: tf.Tensor) -> tf.Tensor:
        return keras.random.normal((tf.shape(images)[0], self.latent_dim), seed=self.latent_seed)

    def _penalty(self, real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor | float:
        if not self.penalty_weight:
            return 0.0
        critic = functools.partial(self.discriminator, training=True)
        return self.penalty_weight * gradient_penalty(critic, real, tf.stop_gradient(fake), self.latent_seed)

    def _power_iteration(self) -> None:
        """Once per update of D, so that D is one function for the rest of the step."""
        for layer in self.spectral_layers:
            layer.power_iteration()

    def _apply_to_d(self, gradients: list[tf.Tensor]) -> None:
        variables = self.discriminator.trainable_variables
        self.d_optimizer.apply(gradients, variables)
        if self.clip:
            for variable in variables:
                variable.assign(tf.clip_by_value(tf.convert_to_tensor(variable), -self.clip, self.clip))

    def _average_generator(self) -> None:
        # All weights, batch norm's moving statistics too: Keras' own use_ema leaves those out.
        for average, value in zip(self.ema_generator.weights, self.generator.weights, strict=True):
            average.assign(self.ema_decay * average + (1.0 - self.ema_decay) * value)

    def scalars(self) -> dict[str, float]:
        """What a family wants in the log after every epoch, besides losses and metrics."""
        return {}

    def state(self) -> dict[str, keras.Variable]:
        """Every variable that training changes, by a unique name: weights, optimizers, random states, running means."""
        groups = {
            "generator": self.generator.variables,
            "discriminator": self.discriminator.variables,
            "ema_generator": self.ema_generator.variables if self.ema_generator else [],
            "d_optimizer": self.d_optimizer.variables,
            "g_optimizer": self.g_optimizer.variables,
            "latent_seed": [self.latent_seed.state],
            "losses": [*self.d_loss.variables, *self.g_loss.variables],
        }
        return {f"{group}/{i}/{v.path}": v for group, variables in groups.items() for i, v in enumerate(variables)}


def _copy(model: keras.Model) -> keras.Model:
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy
