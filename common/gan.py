"""The adversarial training step that every family shares."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from common.augment import augment, parse_augment
from common.conditioning import images_and_labels
from common.errors import UserError
from common.gradient_penalty import GradientPenalties
from common.losses import Targets, get_loss
from common.optimizers import build_optimizer, linear_decay
from common.replay import ExperienceReplay
from common.settings import Settings
from common.spectral_norm import find_spectral_layers
from common.targets import BatchTargets


class GAN(keras.Model):
    """A generator and a discriminator that train against each other.

    Args:
        generator: z (B, latent_dim) -> images (B, H, W, 3) in [-1, 1]; a conditional one takes [z, labels (B,) int32].
        discriminator: images -> logits (B, K) float32, positive for real; a conditional one takes [images, labels].
            With `auxiliary` there is one more column: the cross-entropy of the label under D's classifier.
        settings: loss, targets, penalties, optimizers, order of the updates, augmentation, replay, averaging.
        classes: of the labels; 0: both networks are unconditional, and the labels of the data are not looked at.
    """

    def __init__(self, generator: keras.Model, discriminator: keras.Model, settings: Settings, classes: int = 0):
        super().__init__(name="gan")
        self.generator, self.discriminator = generator, discriminator
        self.latent_dim, self.classes = settings.latent_dim, classes
        self.real_labels_for_fakes = settings.fake_labels == "real"
        self.d_fakes_in_training = settings.d_fakes == "training"
        self.d_steps, self.clip, self.penalties = settings.d_steps, settings.clip, GradientPenalties(settings)
        self.has_classifier = settings.has_classifier
        self.augmentations = parse_augment(settings.augment)
        self.points_as_real = settings.real_term == "penalty-points"
        self.spectral_layers = find_spectral_layers(discriminator) + find_spectral_layers(generator)
        self.adversarial_loss = get_loss(settings.loss, settings.auxiliary, settings.auxiliary_from == "both")
        self.targets = BatchTargets(settings)
        self.update = {
            "simultaneous": self._update_together,
            "alternating": self._update_in_turn,
            "staged": self._update_in_stages,
        }[settings.update]
        self.replay = None
        if settings.replay != "none":
            capacity = settings.replay_size if settings.replay == "store" else None
            self.replay = ExperienceReplay(settings.batch_size, generator.output_shape[1:], capacity, settings.seed)
        self.latent_seed = keras.random.SeedGenerator(settings.seed)
        self.steps = keras.Variable(0, dtype="int64", trainable=False) if settings.counts_steps else None
        self.total_steps = settings.epochs * settings.steps_per_epoch  # 0: known to whoever has the data
        self.decay_from, self.ema_decay, self.ema_warmup = settings.decay_from, settings.ema_decay, settings.ema_warmup
        self.ema_generator = keras.models.clone_model(generator) if settings.ema_decay else None
        if self.ema_generator:
            self.ema_generator.set_weights(generator.get_weights())
        self.d_loss = keras.metrics.Mean("d_loss")
        self.g_loss = keras.metrics.Mean("g_loss")
        self.held_out = {name: keras.metrics.Mean(f"held_out_{name}") for name in ("d_loss", "g_loss")}
        # Built at once, so that a checkpoint never meets an optimizer without its slots.
        self.d_optimizer = build_optimizer(settings, self._rate(settings.d_learning_rate))
        self.g_optimizer = build_optimizer(settings, self._rate(settings.g_learning_rate))
        self.d_optimizer.build(discriminator.trainable_variables)
        self.g_optimizer.build(generator.trainable_variables)
        self.built = True

    @property
    def sampler(self) -> keras.Model:
        """The generator to sample from: the averaged one where the recipe keeps one."""
        return self.ema_generator or self.generator

    def call(self, inputs: tf.Tensor | list[tf.Tensor], training: bool = False) -> tf.Tensor:
        """Generate images in [-1, 1] from latents (B, latent_dim), or from [latents, labels (B,)]."""
        return self.sampler(inputs, training=training)

    def compile(self, optimizer: None = None, jit_compile: bool | str = False, **options: Any) -> None:
        """Make `fit` and `evaluate` ready. Losses and optimizers are settings, and are there already.

        The data sets of `fit` have batches as `train_step` takes them; its callbacks see `d_loss` and `g_loss`, with
        `validation_data` `val_d_loss` and `val_g_loss` too. One that monitors a loss needs `mode="min"`.

        Args:
            optimizer: None: each network has its own, and Keras would make a third one.
            jit_compile: True: by XLA, which takes long to compile.
            options: `run_eagerly` and `steps_per_execution`, as Keras has them.

        Raises:
            UserError: an optimizer, a loss or metrics are given.
        """
        if optimizer is not None or options.keys() - {"run_eagerly", "steps_per_execution"}:
            raise UserError("optimizers and losses of a GAN are settings of its recipe: compile() takes jit_compile, "
                            "run_eagerly and steps_per_execution alone")  # fmt: skip
        super().compile(optimizer=None, jit_compile=jit_compile, **options)

    def train_step(self, data: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Update D `d_steps` times and G once, on (images (d_steps * B, H, W, 3) in [-1, 1], labels (d_steps * B,)).

        Without classes images alone do. Returned are the mean losses since their last reset.
        """
        d_loss, g_loss = self.update(*images_and_labels(data, self.classes))
        if self.steps is not None:
            self.steps.assign_add(1)
        if self.ema_generator:
            self._average_generator()
        self.d_loss.update_state(d_loss)
        self.g_loss.update_state(g_loss)
        return {"d_loss": self.d_loss.result(), "g_loss": self.g_loss.result()}

    def test_step(self, data: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        """`held_out_losses` as Keras' `evaluate` and `validation_data` want them: means over all batches."""
        for name, loss in self.held_out_losses(data).items():
            self.held_out[name].update_state(loss)
        return {name: mean.result() for name, mean in self.held_out.items()}

    def held_out_losses(self, data: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Both losses on held-out (images (B, H, W, 3), labels (B,)), with the same latents at every call.

        The networks are in inference mode, targets are plain, and no state changes.
        """
        real, labels = images_and_labels(data, self.classes)
        z = tf.random.stateless_normal((tf.shape(labels)[0], self.latent_dim), (0, 0))
        fake = self.generator([z, labels] if self.classes else z, training=False)
        d_loss, g_loss = self._score_both(real, labels, fake, labels, self.targets.plain, training=False, seed=0)
        return {"d_loss": d_loss, "g_loss": g_loss}

    def _update_together(self, real: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Both gradients at the same weights, from one pass through G and one pass of the fakes through D."""
        self._power_iteration()
        fake_labels, targets = self._fake_labels(labels), self._draw_targets(real)
        with tf.GradientTape(persistent=True) as tape:
            fake = self.generate(fake_labels)
            d_loss, g_loss = self._score_both(real, labels, fake, fake_labels, targets)
            d_scaled, g_scaled = self.d_optimizer.scale_loss(d_loss), self.g_optimizer.scale_loss(g_loss)
        self._apply_to_d(tape.gradient(d_scaled, self.discriminator.trainable_variables))
        self._apply_to_g(tape.gradient(g_scaled, self.generator.trainable_variables))
        return d_loss, g_loss

    def _update_in_turn(self, real: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """D first, then G through the updated D; one pass through G serves D's last update and G's."""
        *earlier, (last, last_labels) = zip(tf.split(real, self.d_steps), tf.split(labels, self.d_steps), strict=True)
        for batch, batch_labels in earlier:
            fake_labels = self._fake_labels(batch_labels)
            self._update_discriminator(batch, batch_labels, self.generate(fake_labels), fake_labels)
        fake_labels = self._fake_labels(last_labels)
        with tf.GradientTape() as g_tape:
            fake = self.generate(fake_labels)
            with g_tape.stop_recording():
                d_loss = self._update_discriminator(last, last_labels, fake, fake_labels)
            fake_logits = self.score(fake, fake_labels)
            # Few losses of G look at what D, now updated, says of reals.
            real_logits = self.score(last, last_labels) if self.adversarial_loss.g_compares else fake_logits
            _, g_loss = self.adversarial_loss(real_logits, fake_logits, self.targets.plain)
            g_scaled = self.g_optimizer.scale_loss(g_loss)
        self._apply_to_g(g_tape.gradient(g_scaled, self.generator.trainable_variables))
        return d_loss, g_loss

    def _update_in_stages(self, real: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """D on reals, D on fakes, each with its own step of the optimizer, then G on new fakes of random labels."""
        targets, fake_labels = self._draw_targets(real), self._fake_labels(labels)
        fake = tf.stop_gradient(self.generate(fake_labels, training=self.d_fakes_in_training))
        real_loss = self.classify(real, labels, targets.real)
        fake_loss = self.classify(fake, fake_labels, targets.fake)
        self.replay_fakes(fake, fake_labels, targets.fake)
        g_labels = self._random_labels(labels)
        with tf.GradientTape() as tape:
            g_loss = self.adversarial_loss.apart(self.score(self.generate(g_labels), g_labels), targets.generator)
            g_scaled = self.g_optimizer.scale_loss(g_loss)
        self._apply_to_g(tape.gradient(g_scaled, self.generator.trainable_variables))
        return real_loss + fake_loss, g_loss

    def _update_discriminator(
        self, real: tf.Tensor, labels: tf.Tensor, fake: tf.Tensor, fake_labels: tf.Tensor
    ) -> tf.Tensor:
        self._power_iteration()
        fake, targets = tf.stop_gradient(fake), self._draw_targets(real)
        with tf.GradientTape() as tape:
            d_loss, _ = self._score_both(real, labels, fake, fake_labels, targets)
            d_scaled = self.d_optimizer.scale_loss(d_loss)
        self._apply_to_d(tape.gradient(d_scaled, self.discriminator.trainable_variables))
        self.replay_fakes(fake, fake_labels, targets.fake)
        return d_loss

    def classify(self, images: tf.Tensor, labels: tf.Tensor, targets: tf.Tensor | float) -> tf.Tensor:
        """One update of D towards `targets`, on reals or on fakes alone."""
        self._power_iteration()
        with tf.GradientTape() as tape:
            loss = self.adversarial_loss.apart(self.score(images, labels), targets)
            scaled = self.d_optimizer.scale_loss(loss)
        self._apply_to_d(tape.gradient(scaled, self.discriminator.trainable_variables))
        return loss

    def replay_fakes(self, fake: tf.Tensor, labels: tf.Tensor, targets: tf.Tensor | float) -> None:
        """Store fakes, and update D on earlier ones when they are due. See `common.training.devices`."""
        if self.replay:
            self.replay.add(fake, labels, targets)
            tf.cond(self.replay.due, lambda: self.classify(*self.replay.draw()), lambda: 0.0)

    def generate(self, labels: tf.Tensor, training: bool = True) -> tf.Tensor:
        """Images (B, H, W, 3) in [-1, 1] of new latents, one for each of the labels (B,)."""
        z = keras.random.normal((tf.shape(labels)[0], self.latent_dim), seed=self.latent_seed)
        return self.generator([z, labels] if self.classes else z, training=training)

    def score(self, images: tf.Tensor, labels: tf.Tensor, training: bool = True) -> tf.Tensor:
        """D's output. All that D sees in training comes through here, and is augmented here."""
        if training:
            images = augment(images, self.augmentations, self.latent_seed)
        return self.discriminator([images, labels] if self.classes else images, training=training)

    def logits(self, scores: tf.Tensor) -> tf.Tensor:
        """The logits (B, K) of D's output: all of it but an auxiliary classifier's cross-entropy."""
        return scores[:, :-1] if self.has_classifier else scores

    def _fake_labels(self, real_labels: tf.Tensor) -> tf.Tensor:
        return real_labels if self.real_labels_for_fakes else self._random_labels(real_labels)

    def _random_labels(self, labels: tf.Tensor) -> tf.Tensor:
        if not self.classes:
            return labels
        return keras.random.randint(tf.shape(labels), 0, self.classes, "int32", seed=self.latent_seed)

    def _draw_targets(self, images: tf.Tensor) -> Targets:
        return self.targets.draw(tf.shape(images)[0], self.latent_seed)

    def _score_both(
        self, real: tf.Tensor, labels: tf.Tensor, fake: tf.Tensor, fake_labels: tf.Tensor, targets: Targets,
        training: bool = True, seed: int | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor]:  # fmt: skip
        """D's loss with its penalty, and G's loss. The penalty's points have the reals' labels."""
        points = self.penalties.points(real, fake, self.latent_seed if seed is None else seed)
        real_logits = self.score(points if self.points_as_real else real, labels, training)
        fake_logits = self.score(fake, fake_labels, training)
        d_loss, g_loss = self.adversarial_loss(real_logits, fake_logits, targets)
        if self.penalties:
            d_loss += self.penalties(
                lambda x: self.logits(self.score(x, labels, training)), real, points, self.steps if training else None
            )
        return d_loss, g_loss

    def _power_iteration(self) -> None:
        """Once per update of D, so that D is one function for the rest of the step."""
        for layer in self.spectral_layers:
            layer.power_iteration()

    def share(self, gradients: list[tf.Tensor]) -> list[tf.Tensor]:
        """What an optimizer takes, of this device all: dense, since Keras' Adam squares parts of a row one by one."""
        return [tf.convert_to_tensor(g) if isinstance(g, tf.IndexedSlices) else g for g in gradients]

    def _apply_to_d(self, gradients: list[tf.Tensor]) -> None:
        variables = self.discriminator.trainable_variables
        self.d_optimizer.apply(self.share(gradients), variables)
        if self.clip:
            for variable in variables:
                variable.assign(tf.clip_by_value(tf.convert_to_tensor(variable), -self.clip, self.clip))

    def _apply_to_g(self, gradients: list[tf.Tensor]) -> None:
        self.g_optimizer.apply(self.share(gradients), self.generator.trainable_variables)

    def _average_generator(self) -> None:
        # All weights, batch norm's moving statistics too: Keras' own use_ema leaves those out.
        decay = self.ema_decay
        if self.ema_warmup:
            done = tf.cast(self.steps, tf.float32)
            decay = tf.minimum(decay, (1.0 + done) / (10.0 + done))
        for average, value in zip(self.ema_generator.weights, self.generator.weights, strict=True):
            average.assign(decay * average + (1.0 - decay) * value)
        for layer in find_spectral_layers(self.ema_generator):
            layer.power_iteration()  # on its own kernel: a mean of unit vectors is shorter than one

    def _rate(self, learning_rate: float) -> float | Callable[[], tf.Tensor]:
        """A learning rate as an optimizer takes it: a number, or what is left of it in this step."""
        return learning_rate if self.decay_from == 1.0 else lambda: learning_rate * self._rate_left()

    def _rate_left(self) -> tf.Tensor:
        if not self.total_steps:
            raise UserError("decay_from needs the length of the run: set steps_per_epoch, or train by train.py")
        return linear_decay(self.steps, self.decay_from * self.total_steps, self.total_steps)

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
            "replay": self.replay.variables if self.replay else [],
            "steps": [] if self.steps is None else [self.steps],
            "losses": [*self.d_loss.variables, *self.g_loss.variables],
        }
        return {f"{group}/{i}/{v.path}": v for group, variables in groups.items() for i, v in enumerate(variables)}
