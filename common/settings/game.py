"""Settings of the adversarial game, and what excludes what among them."""

from dataclasses import dataclass
from typing import ClassVar

from common.augment import AUGMENTATIONS, NONE, parse_augment
from common.errors import UserError
from common.losses import LOSSES
from common.optimizers import OPTIMIZERS
from common.system.fields import Group, setting


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
        "weight of the auxiliary classifier's loss, the label's cross-entropy under D, for D and G (1610.09585); 0: "
        "none",
        0.0, low=0.0, high=1e6,
    )  # fmt: skip
    auxiliary_from: str = setting(
        "D's auxiliary classifier learns from reals and fakes, as in 1610.09585, or from reals alone",
        "both",
        choices=("both", "reals"),
    )
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
        if self.fake_target and self.replay != "none" and not loss.soft_targets:
            raise UserError(f"replay with loss={self.loss} takes a plain target of fakes: fake_target=0")
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
        together = self.update != "staged" and self.replay == "none"
        if self.auxiliary_from == "reals" and not (self.auxiliary and together):
            raise UserError("auxiliary_from=reals needs an auxiliary classifier, auxiliary above 0, no update=staged "
                            "and replay=none: D has to see reals and fakes together")  # fmt: skip

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
