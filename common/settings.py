"""Every setting of a run, grouped by what owns it; flat for the user. A family adds the fields of its own networks."""

from dataclasses import dataclass
from typing import ClassVar

from common.augment import AUGMENTATIONS, NONE, parse_augment
from common.data.load import DATASETS
from common.errors import UserError
from common.losses import LOSSES
from common.optimizers import OPTIMIZERS
from common.system.fields import Group, setting

AUTO, ALL = "auto", "all"  # left to the machine; common.training.automatic


@dataclass(frozen=True, kw_only=True)
class DataSettings(Group):
    """Which images, and how they reach the networks."""

    owner: ClassVar[str] = "the data"

    data: str = setting(
        f"data set: {', '.join(DATASETS)}, some classes of one (cifar10:cat,dog), or a folder of pictures",
        "cifar10",
        flag=True,
    )
    image_size: int = setting(
        "height and width in pixels: 4 times a power of two", 32, low=8, high=256, flag=True
    )  # fmt: skip
    crop: str = setting(
        "how pictures become square, then resized by antialiased bicubic: the middle, or the whole, stretched",
        "center", choices=("center", "stretch"),
    )  # fmt: skip
    skip_broken: bool = setting(
        "leave out pictures of a folder that cannot be decoded, and count them",
        False,
        flag=True,
    )
    flip: bool = setting("mirror training images at random", False)
    shuffle: bool = setting("another order of the training images every epoch; false: the data set's own", True)

    def __post_init__(self):
        super().__post_init__()
        power = self.image_size // 4
        if self.image_size % 4 or power & (power - 1):
            raise UserError(f"image_size={self.image_size} is not 4 times a power of two (8, 16, 32, 64, 128 ...)")


@dataclass(frozen=True, kw_only=True)
class GameSettings(Group):
    """The adversarial game: losses, targets, optimizers, the order of the updates."""

    owner: ClassVar[str] = "the adversarial game"

    batch_size: int = setting(
        "real images of one update of D; a step takes d_steps times as many", low=2, high=65_536, flag=True
    )
    latent_dim: int = setting("dimension of z ~ N(0, 1)", low=1, high=65_536)
    loss: str = setting("adversarial loss", choices=LOSSES)
    auxiliary: float = setting(
        "weight of the auxiliary classifier's loss, the label's cross-entropy under D on reals and fakes, for D and G "
        "(1610.09585); 0: none",
        0.0, low=0.0, high=1e6,
    )  # fmt: skip
    real_target: float = setting("D's target for real images; below 1 is one-sided label smoothing", 1.0, 0.0, 1.0)
    fake_target: float = setting("D's target for fakes; above 0 makes the smoothing two-sided", 0.0, 0.0, 1.0)
    target_noise: float = setting("D's targets move inwards by U(0, this), each by its own draw", 0.0, 0.0, 0.5)
    target_flips: float = setting("chance that a target of D is exchanged, t -> 1 - t", 0.0, 0.0, 1.0)
    inverted_targets: bool = setting(
        "real is 0 and fake is 1: every target t is 1 - t, and so D's logit is of fake", False
    )
    fake_labels: str = setting(
        "labels of D's fakes in conditional models: drawn at random, or those of the real batch",
        "random",
        choices=("random", "real"),
    )
    update: str = setting(
        "simultaneous: D and G from one forward pass; alternating: D first, then G through the new D; staged: D on "
        "reals, D on fakes, each with its own step of the optimizer, then G on new fakes",
        choices=("simultaneous", "alternating", "staged"),
    )
    d_fakes: str = setting(
        "mode in which G makes the fakes of D's step: training, with the batch's statistics, or inference, with the "
        "moving ones (update=staged)",
        "training",
        choices=("training", "inference"),
    )
    replay: str = setting(
        "show D earlier fakes again: none; naive: a batch of them, then empty the store; store: a random batch of the "
        "last replay_size",
        "none",
        choices=("none", "naive", "store"),
    )
    replay_size: int = setting("fakes that replay=store keeps", 512, low=2, high=1_000_000)
    d_steps: int = setting(
        "updates of D before each update of G; more than one needs update=alternating", 1, low=1, high=1000
    )
    augment: str = setting(
        "change whatever D sees in training, reals and fakes alike (2006.10738): "
        f"{NONE}, or some of {', '.join(AUGMENTATIONS)}, joined by +",
        NONE,
    )
    gradient_penalty: float = setting("weight of the gradient penalty (1704.00028); 0: none", 0.0, low=0.0, high=1e6)
    penalty_points: str = setting(
        "points between reals and fakes where the penalty is taken: a U(0, 1) an image, as 1704.00028, or one a batch",
        "image",
        choices=("image", "batch"),
    )
    real_term: str = setting(
        "images that D's loss takes for real: the real ones, or the penalty's points (a slip of Hamed's code)",
        "real",
        choices=("real", "penalty-points"),
    )
    r1: float = setting(
        "weight gamma of R1 (1801.04406): gamma / 2 times the squared gradient of D at reals; 0: none",
        0.0, low=0.0, high=1e6,
    )  # fmt: skip
    penalty_every: int = setting(
        "take gradient_penalty and r1 in every so many steps alone, so many times as strong (1912.04958)", 1, low=1
    )
    clip: float = setting("bound on D's weights after each update (1701.07875); 0: none", 0.0, low=0.0, high=1e6)
    optimizer: str = setting("optimizer of both networks", choices=OPTIMIZERS)
    g_learning_rate: float = setting("generator's learning rate", low=0.0)
    d_learning_rate: float = setting("discriminator's learning rate; unlike the generator's, this is TTUR", low=0.0)
    beta_1: float = setting("Adam's first moment decay", 0.9, low=0.0, high=0.9999)
    beta_2: float = setting("Adam's second moment decay", 0.999, low=0.0, high=0.999999)
    decay_from: float = setting(
        "share of the run after which both learning rates fall, linearly, to 0 at its end; 1: they stay. The run's end "
        "is then part of what it is: it cannot be given more epochs later",
        1.0, low=0.0, high=1.0,
    )  # fmt: skip
    ema_decay: float = setting(
        "decay of the averaged generator that is sampled, all of it, batch norm's moving statistics too; 0: none",
        0.0, low=0.0, high=0.99999,
    )  # fmt: skip
    ema_warmup: bool = setting(
        "the decay is at most (1 + t) / (10 + t) after t steps, as TensorFlow's ExponentialMovingAverage has it: the "
        "average spans a ninth of the steps so far until ema_decay is reached, and soon forgets the first ones",
        False,
    )

    def __post_init__(self):
        super().__post_init__()
        parse_augment(self.augment)
        self._check_targets()
        self._check_updates()
        self._check_penalties()
        if self.ema_warmup and not self.ema_decay:
            raise UserError("ema_warmup is of the averaged generator; ema_decay=0 is none")

    def _check_targets(self) -> None:
        loss, smoothed = LOSSES[self.loss], (self.real_target, self.fake_target) != (1.0, 0.0)
        if smoothed and not loss.has_targets:
            raise UserError(f"real_target and fake_target have no meaning for loss={self.loss}; it has no targets")
        if smoothed and self.update == "staged" and not loss.soft_targets:
            raise UserError(f"update=staged with loss={self.loss} takes plain targets: real_target=1, fake_target=0")
        if (self.target_noise or self.target_flips or self.inverted_targets) and not loss.soft_targets:
            raise UserError(f"target_noise, target_flips and inverted_targets have no meaning for loss={self.loss}")

    def _check_updates(self) -> None:
        apart = [name for name, loss in LOSSES.items() if loss.apart]
        needs = f"needs loss={' or '.join(apart)} and"
        if self.d_steps > 1 and self.update != "alternating":
            raise UserError(f"d_steps={self.d_steps} needs update=alternating")
        if self.update == "staged" and (self.loss not in apart or self.gradient_penalty or self.r1):
            raise UserError(f"update=staged {needs} no gradient penalty: it shows D reals and fakes apart")
        if self.d_fakes == "inference" and self.update != "staged":
            raise UserError("d_fakes=inference needs update=staged: else G's step is on the same fakes as D's")
        if self.replay != "none" and (self.loss not in apart or self.update == "simultaneous"):
            raise UserError(f"replay {needs} update=alternating or staged")
        if self.replay == "store" and self.replay_size < self.batch_size:
            raise UserError(f"replay_size={self.replay_size} is less than a batch of {self.batch_size}")

    def _check_penalties(self) -> None:
        if (self.real_term, self.penalty_points) != ("real", "image") and not self.gradient_penalty:
            raise UserError("real_term and penalty_points shape the gradient penalty; gradient_penalty=0 is none")
        if self.penalty_every > 1 and not (self.gradient_penalty or self.r1):
            raise UserError(f"penalty_every={self.penalty_every} needs a penalty: gradient_penalty or r1")

    @property
    def counts_steps(self) -> bool:
        """Whether something depends on how many steps are done."""
        return self.penalty_every > 1 or self.ema_warmup or self.decay_from < 1.0

    @property
    def step_images(self) -> int:
        """Real images that a step consumes."""
        return self.batch_size * self.d_steps


@dataclass(frozen=True, kw_only=True)
class MeasuringSettings(Group):
    """What is measured during a run, how often, and what is kept by it."""

    owner: ClassVar[str] = "measuring"

    validation_steps: int = setting("test batches whose losses are logged after every epoch; 0: none", 0, low=0)
    metrics: str = setting(
        "protocols, each alone or with metrics of python -m fid: fid768,cifar:kid+prdc; the first figure keeps the "
        "best checkpoint; auto: on CIFAR-10 writeup,cifar, else fid768,cifar, else cifar, by whose weights are at hand "
        "or can be fetched as the run begins",
        AUTO,
        flag=True,
    )
    metrics_every: int = setting("epochs between measurements; 0: never", 10, low=0, flag=True)
    metric_real: int = setting(
        "real images of a measurement; writeup and hamed-keras have their own number", 5000, low=2
    )
    metric_fake: int = setting(
        "generated images of a measurement; writeup and hamed-keras have their own", 2000, low=2, high=1_000_000
    )
    keep: str = setting(
        "generator and pictures that the folder keeps: of the best measurement so far, or of the last epoch",
        "best",
        choices=("best", "last"),
    )

    def metric_names(self) -> list[str]:
        """What `metrics` names, in the order given; nothing while it is auto."""
        return [] if self.metrics == AUTO else [name.strip() for name in self.metrics.split(",") if name.strip()]


@dataclass(frozen=True, kw_only=True)
class RunSettings(Group):
    """How long, and from which seed."""

    owner: ClassVar[str] = "the run"

    epochs: int = setting("passes over the training images", low=1, flag=True)
    steps_per_epoch: int = setting(
        "steps that count as an epoch; 0: every full batch of the training images", 0, low=0, flag=True
    )
    seed: int = setting(
        "seed of the weights, the latents and the order of the images", 0, low=0, high=2**31 - 1, flag=True
    )


@dataclass(frozen=True, kw_only=True)
class MachineSettings(Group):
    """How the machine computes. `auto` is its own choice, made when a run begins and recorded: see `--help`."""

    owner: ClassVar[str] = "the machine"

    precision: str = setting(
        "arithmetic of the networks; auto: what is fast on this machine, chosen when a run begins",
        AUTO,
        choices=(AUTO, "float32", "mixed_bfloat16", "mixed_float16"),
        flag=True,
    )
    deterministic: str = setting(
        "operations sum in a fixed order, so that a resumed run has the same bits, not only the same state; auto: true "
        "on a CPU, false on a GPU, where it is slower",
        AUTO,
        choices=(AUTO, "true", "false"),
        flag=True,
    )
    devices: str = setting(
        f"devices of this machine that share every batch: GPUs, or {ALL} of them; without a GPU, parts of the CPU",
        "1",
        flag=True,
    )
    sync_batch_norm: bool = setting("batch norm of several devices takes its moments from the whole batch", False)
    jit: str = setting(
        "the step is compiled by XLA, which takes a minute at every start; auto: false",
        AUTO,
        choices=(AUTO, "true", "false"),
        flag=True,
    )

    def __post_init__(self):
        super().__post_init__()
        if self.devices != ALL and (not self.devices.isdecimal() or int(self.devices) < 1):
            raise UserError(f"devices={self.devices} is neither a number from 1 on nor {ALL}")
        if self.jit == "true" and self.devices != "1":
            raise UserError("jit=true is for one device: XLA cannot join several")
        if self.jit == self.deterministic == "true":
            raise UserError("jit=true and deterministic=true exclude each other: XLA promises no order of sums")


@dataclass(frozen=True, kw_only=True)
class Settings(MachineSettings, RunSettings, MeasuringSettings, GameSettings, DataSettings):
    """What every family can set. Fields without a default must be given by the recipe, with their source.

    What a family's own class adds is of its networks.
    """

    owner: ClassVar[str] = "the networks"

    def __post_init__(self):
        super().__post_init__()
        if self.jit == "true" and self.penalty_every > 1:
            raise UserError("jit=true needs penalty_every=1: XLA does not compile a penalty that may be left out")
        if self.has_classifier != (self.auxiliary > 0):
            raise UserError("auxiliary is the weight of the loss of D's classifier, d_condition=classifier: "
                            "both or neither")  # fmt: skip

    @property
    def has_classifier(self) -> bool:
        """Whether D has an auxiliary classifier: a second score beside its logit."""
        return False
