"""Ways to write the step of dcgan/bendale in TensorFlow and Keras: ours, and those that most readers start from.

Each function builds, in a process of its own, one that does so many steps on images that are drawn once at random.
"""

from collections.abc import Iterator

import numpy as np

from common.system.tensorflow_import import quiet_import
from common.training.timing import Steps, as_in_training
from dcgan.recipes import BENDALE

IMAGES = 10_000
SETTINGS = BENDALE.settings


def random_images() -> np.ndarray:
    """uint8 (N, 32, 32, 3), the same at every call."""
    shape = (IMAGES, SETTINGS.image_size, SETTINGS.image_size, 3)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def ours(precision: str) -> Steps:
    """The step, batches and compiled loop of `python dcgan/train.py`."""
    with quiet_import():
        import keras
        import tensorflow as tf
    from common.data.batches import Batches
    from common.data.dataset import Split
    from common.training.devices import OneDevice
    from common.training.fast_step import speed_up
    from common.training.loop import compiled_steps
    from dcgan.model import DCGAN

    as_in_training()
    keras.config.set_dtype_policy(precision)
    gan = DCGAN(BENDALE.override({"precision": precision}).settings)
    speed_up(gan)
    images = random_images()
    batches = Batches(Split(images, np.zeros(IMAGES, np.int32)), SETTINGS.batch_size, SETTINGS.seed,
                      device=OneDevice().place(images))  # fmt: skip
    iterator = iter(batches.epoch(0, 0, batches.steps).repeat())
    run_steps = compiled_steps(gan.train_step, batches)

    def run(steps: int) -> None:
        run_steps(iterator, tf.constant(steps))
        gan.d_loss.result().numpy()

    return run


def tutorial() -> Steps:
    """TensorFlow's DCGAN tutorial: float32 images in memory, a compiled step with two tapes, a loop in Python."""
    with quiet_import():
        import keras
        import tensorflow as tf
    from dcgan.model import build_discriminator, build_generator

    g, d = build_generator(SETTINGS), build_discriminator(SETTINGS)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    g_optimizer, d_optimizer = _optimizers()

    @tf.function
    def train_step(images):
        noise = tf.random.normal([SETTINGS.batch_size, SETTINGS.latent_dim])
        with tf.GradientTape() as g_tape, tf.GradientTape() as d_tape:
            fakes = g(noise, training=True)
            real, fake = d(images, training=True), d(fakes, training=True)
            g_loss = loss(tf.ones_like(fake), fake)
            d_loss = loss(tf.ones_like(real), real) + loss(tf.zeros_like(fake), fake)
        g_gradients = g_tape.gradient(g_loss, g.trainable_variables)
        d_gradients = d_tape.gradient(d_loss, d.trainable_variables)
        g_optimizer.apply_gradients(zip(g_gradients, g.trainable_variables, strict=True))
        d_optimizer.apply_gradients(zip(d_gradients, d.trainable_variables, strict=True))
        return d_loss

    iterator = _endless(_float_batches(tf))

    def run(steps: int) -> None:
        for _ in range(steps):
            d_loss = train_step(next(iterator))
        d_loss.numpy()

    return run


def keras_io() -> Steps:
    """keras.io's DCGAN example: a `Model` with a `train_step` of its own, D first, then G on new latents, under `fit`.

    Without XLA, as the other ways.
    """
    with quiet_import():
        import keras
        import tensorflow as tf
    from dcgan.model import build_discriminator, build_generator

    class Adversaries(keras.Model):
        def __init__(self):
            super().__init__()
            self.g, self.d = build_generator(SETTINGS), build_discriminator(SETTINGS)
            self.mean = keras.metrics.Mean("d_loss")
            self.seed = keras.random.SeedGenerator(0)

        def compile(self, optimizers, **kwargs):
            super().compile(**kwargs)
            self.g_optimizer, self.d_optimizer = optimizers
            self.adversarial = keras.losses.BinaryCrossentropy(from_logits=True)

        def latents(self, count):
            return keras.random.normal((count, SETTINGS.latent_dim), seed=self.seed)

        def train_step(self, real):
            count = tf.shape(real)[0]
            fakes = self.g(self.latents(count), training=True)
            labels = tf.concat([tf.zeros((count, 1)), tf.ones((count, 1))], 0)
            with tf.GradientTape() as tape:
                d_loss = self.adversarial(labels, self.d(tf.concat([fakes, real], 0), training=True))
            gradients = tape.gradient(d_loss, self.d.trainable_weights)
            self.d_optimizer.apply_gradients(zip(gradients, self.d.trainable_weights, strict=True))
            with tf.GradientTape() as tape:
                fake = self.d(self.g(self.latents(count), training=True), training=True)
                g_loss = self.adversarial(tf.ones_like(fake), fake)
            gradients = tape.gradient(g_loss, self.g.trainable_weights)
            self.g_optimizer.apply_gradients(zip(gradients, self.g.trainable_weights, strict=True))
            self.mean.update_state(d_loss)
            return {"d_loss": self.mean.result()}

    model = Adversaries()
    model.compile(_optimizers(), jit_compile=False)
    batches = _float_batches(tf).repeat()
    return lambda steps: model.fit(batches, epochs=1, steps_per_epoch=steps, shuffle=False, verbose=0)


def _optimizers() -> tuple:
    import keras

    rates = SETTINGS.g_learning_rate, SETTINGS.d_learning_rate
    return tuple(keras.optimizers.Adam(rate, beta_1=SETTINGS.beta_1) for rate in rates)


def _float_batches(tf):
    images = random_images().astype(np.float32) / 127.5 - 1.0
    return tf.data.Dataset.from_tensor_slices(images).shuffle(IMAGES).batch(SETTINGS.batch_size, drop_remainder=True)


def _endless(dataset) -> Iterator:
    while True:
        yield from dataset
