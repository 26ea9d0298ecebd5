"""The devices that a training computes on: one, several of this machine, or those of several workers.

With several, each is a replica: a copy of both networks that takes its part of every batch. A step is that of one
device on the whole batch, where no layer looks at the batch (batch norm does, unless it is synchronised): gradients
are averaged over all images, and what is not a gradient is made equal in three ways:

    draws      latents, targets, dropout: the state of a generator is equal on all, the replica's number is folded in
    statistics batch norm's moving averages and the mean losses: averaged over the replicas after every step
    the rest   spectral norm's u, averaged weights, replay: computed by every replica from what is equal on all

So the state of one replica is the state of all: it is what a checkpoint has.
"""

import contextlib
import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from common.errors import UserError
from common.gan import GAN
from common.settings import Settings
from common.system.cluster import Cluster

DATA_BYTES = 2**30  # of training images that may lie on a GPU
Step = Callable[[tuple[tf.Tensor, tf.Tensor]], Any]
# What TensorFlow raises in the workers that are left when one is gone.
WORKER_GONE = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError,
               tf.errors.DeadlineExceededError)  # fmt: skip


class OneDevice:
    """A single device: nothing to divide and nothing to join."""

    call_steps: int | None = None  # steps of a call of the compiled loop; None: as many as the loop likes

    def agree(self, shared: Mapping[str, Any]) -> None:
        """Refuse to train where the workers differ in what they have to share."""

    def scope(self) -> contextlib.AbstractContextManager:
        """Where the networks and optimizers are made."""
        return contextlib.nullcontext()

    def place(self, images: np.ndarray) -> str | None:
        """Where training images (N, H, W, 3) uint8 lie: on the GPU if they fit; None: in the computer's memory."""
        fits = tf.config.list_logical_devices("GPU") and images.nbytes <= DATA_BYTES
        return "/GPU:0" if fits and not isinstance(images, np.memmap) else None

    def distribute(self, batches: tf.data.Dataset) -> tf.data.Dataset:
        """Give every replica its part of every batch."""
        return batches

    def spread(self, gan: GAN, train_step: Step) -> Step:
        """Make the step of all devices of the step of one."""
        return train_step

    def looks_at_parts(self, gan: GAN) -> list[str]:
        """What looks at a device's part of a batch where one device looks at all of it."""
        return []


class Replicas(OneDevice):
    """Several devices under a strategy of TensorFlow.

    Raises:
        UserError: a batch cannot be divided by the number of replicas, or settings that one device alone can have.
    """

    def __init__(self, strategy: tf.distribute.Strategy, settings: Settings, cluster: Cluster):
        self.strategy, self.settings = strategy, settings
        self.count = strategy.num_replicas_in_sync
        self.here = self.count // cluster.workers  # replicas of this worker
        self.first = cluster.index * self.here
        # All workers have to make the same calls; alone, a process may choose.
        self.call_steps = 10 if cluster.workers > 1 else None
        if settings.batch_size % self.count:
            raise UserError(f"batch_size={settings.batch_size} cannot be divided by {self.count} devices")
        if settings.sync_batch_norm and settings.penalty_every > 1:
            raise UserError("sync_batch_norm=true needs penalty_every=1 on several devices: they cannot meet in a "
                            "penalty that may be left out")  # fmt: skip

    def agree(self, shared: Mapping[str, Any]) -> None:
        """See `OneDevice`: of several workers, each has its own command line, data and choice of what is `auto`.

        Raises:
            UserError: on every worker, with the names of what is not the same on all.
        """
        if self.count == self.here:
            return
        ours = [_digest(f"{name}={value}") for name, value in shared.items()]
        gathered = self.strategy.run(lambda: _context().all_gather(tf.constant(ours), 0))
        all_of_them = self.strategy.experimental_local_results(gathered)[0].numpy().tolist()
        told = zip(shared.items(), map(all_of_them.count, ours), strict=True)
        if differ := [f"{name} (here {value})" for (name, value), count in told if count < self.count]:
            raise UserError(
                f"the workers differ in {', '.join(differ)}: give all the same command and data; what is left to the "
                "machine has to be named where machines differ"
            )

    @contextlib.contextmanager
    def scope(self) -> Iterator[None]:
        """Make all variables copies, one a replica, that are only written, never summed when they are read."""
        with self.strategy.scope(), tf.variable_creator_scope(_plain_variable):
            yield

    def place(self, images: np.ndarray) -> None:
        """In the computer's memory: every replica has another part of a batch."""

    def distribute(self, batches: tf.data.Dataset) -> tf.data.Dataset:
        """Give every replica its part of every batch of (images, labels)."""
        parts = batches.map(lambda *batch: tuple(map(self._parts, batch))).unbatch().repeat()
        return self.strategy.distribute_datasets_from_function(lambda context: parts)

    def _parts(self, batch: tf.Tensor) -> tf.Tensor:
        """(d_steps * B, ...) -> (replicas of this worker, d_steps * B / replicas, ...)."""
        steps, each = self.settings.d_steps, self.settings.batch_size // self.count
        parts = tf.reshape(batch, (steps, self.count, each, *batch.shape[1:]))[:, self.first : self.first + self.here]
        return tf.stack([tf.reshape(parts[:, i], (steps * each, *batch.shape[1:])) for i in range(self.here)])

    def spread(self, gan: GAN, train_step: Step) -> Step:
        """Make the step of all replicas of the step of one; changes how the GAN draws, averages and replays."""
        gan.share = functools.partial(_share, self.count)
        gan.replay_fakes = functools.partial(_replay, gan, self.settings.batch_size // self.count)
        layers = _layers(gan.generator, gan.discriminator)
        for owner in [*(layer.seed_generator for layer in layers if hasattr(layer, "seed_generator")), gan.latent_seed]:
            owner.__class__ = ReplicaSeeds
        norms, averaged = _norms(layers), _statistics(gan)

        def replica_step(batch):
            train_step(batch)
            values = [tf.identity(variable) for variable in averaged]  # a mere read has no device of its own
            means = _context().all_reduce(tf.distribute.ReduceOp.MEAN, values)
            for variable, mean in zip(averaged, means, strict=True):
                variable.assign(mean)

        def step(batch):
            with _synchronised(norms if self.settings.sync_batch_norm else []):
                self.strategy.run(replica_step, args=(batch,))

        return step

    def looks_at_parts(self, gan: GAN) -> list[str]:
        """See `OneDevice`: by the settings, some of which not all networks have."""
        settings = self.settings
        found = {
            "batch norm": not settings.sync_batch_norm and _norms(_layers(gan.generator, gan.discriminator)),
            "loss=relativistic": settings.loss == "relativistic",
            "penalty_points=batch": settings.penalty_points == "batch",
            "minibatch_kernels": getattr(settings, "minibatch_kernels", 0),
            "minibatch_deviation": getattr(settings, "minibatch_deviation", False),
        }
        return [name for name, there in found.items() if there]


class ReplicaSeeds(keras.random.SeedGenerator):
    """Draws of its own on every replica, from a state that is equal on all."""

    def next(self, ordered: bool = True) -> tf.Tensor:
        """The next seed (2,), with the number of the replica folded in."""
        replica = tf.cast(_context().replica_id_in_sync_group, tf.int64)
        return tf.random.experimental.stateless_fold_in(super().next(ordered), replica)


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")


def _context() -> tf.distribute.ReplicaContext:
    return tf.distribute.get_replica_context()


def _plain_variable(create: Callable[..., tf.Variable], **how: Any) -> tf.Variable:
    if how.get("synchronization") == tf.VariableSynchronization.ON_READ:
        how |= {"synchronization": tf.VariableSynchronization.AUTO, "aggregation": tf.VariableAggregation.NONE}
    return create(**how)


def _layers(*networks: keras.Model) -> list[keras.layers.Layer]:
    return [layer for network in networks for layer in network._flatten_layers()]


def _norms(layers: list[keras.layers.Layer]) -> list[keras.layers.BatchNormalization]:
    return [layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]


def _statistics(gan: GAN) -> list[keras.Variable]:
    """Moving averages of all networks, and the mean losses: what every replica has computed from its own part."""
    norms = _norms(_layers(*filter(None, (gan.generator, gan.discriminator, gan.ema_generator))))
    moving = [variable for norm in norms for variable in (norm.moving_mean, norm.moving_variance)]
    return [*moving, *gan.d_loss.variables, *gan.g_loss.variables]


@contextlib.contextmanager
def _synchronised(norms: list[keras.layers.BatchNormalization]) -> Iterator[None]:
    """Let batch norm use the moments of the whole batch, while a step is traced: the saved layer stays a plain one."""
    for norm in norms:
        norm.synchronized = True
    try:
        yield
    finally:
        for norm in norms:
            norm.synchronized = False


def _share(replicas: int, gradients: list[tf.Tensor]) -> list[tf.Tensor]:
    """A replica's part of the mean gradient; Keras' optimizers sum the parts.

    What is not finite on one replica becomes so on all: loss scaling looks at the first one's alone.
    """
    poison = tf.add_n([tf.reduce_sum(0.0 * tf.convert_to_tensor(gradient)) for gradient in gradients])
    poison = _context().all_reduce(tf.distribute.ReduceOp.SUM, poison)  # 0 or NaN
    return [tf.convert_to_tensor(gradient) / replicas + poison for gradient in gradients]


def _replay(gan: GAN, part: int, fake: tf.Tensor, labels: tf.Tensor, targets: tf.Tensor | float) -> None:
    """As `GAN.replay_fakes`, of the joined batch: all replicas store the same, and share what is drawn."""
    if not gan.replay:
        return
    targets = tf.broadcast_to(tf.cast(targets, tf.float32), (tf.shape(fake)[0], 1))
    gan.replay.add(*(_context().all_gather(values, 0) for values in (fake, labels, targets)))

    def classify():
        start = part * tf.cast(_context().replica_id_in_sync_group, tf.int32)
        gan.classify(*(values[start : start + part] for values in gan.replay.draw()))

    def classify_on_all(strategy):
        strategy.extended.call_for_each_replica(classify)
        return 0.0

    # A branch that joins replicas has to be entered by all of them at once.
    _context().merge_call(lambda strategy: tf.cond(gan.replay.due, lambda: classify_on_all(strategy), lambda: 0.0))


def make_devices(settings: Settings, cluster: Cluster) -> OneDevice:
    """The devices that the settings ask for. Several have to be asked for before TensorFlow computes anything.

    Raises:
        UserError: there are fewer GPUs, or the batch cannot be divided.
    """
    count, gpus = int(settings.devices), tf.config.list_physical_devices("GPU")
    if gpus and count > len(gpus):
        raise UserError(f"devices={count}: this machine has {len(gpus)} GPUs")
    if count < len(gpus):  # the others are another's; what measures this training takes all that it sees
        tf.config.set_visible_devices(gpus[:count], "GPU")
    if count == cluster.workers == 1:
        return OneDevice()
    if cluster.workers > 1:
        if not gpus and count > 1:
            raise UserError(f"devices={count}: a worker without GPUs computes on one device, its CPU")
        return Replicas(tf.distribute.MultiWorkerMirroredStrategy(), settings, cluster)
    if not gpus:  # to try it out: as many devices of one CPU
        (cpu,) = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)
    names = [f"{'GPU' if gpus else 'CPU'}:{index}" for index in range(count)]
    return Replicas(tf.distribute.MirroredStrategy(names), settings, cluster)
