"""Every setting of a run: its type, its meaning, and what it may be. A family adds the fields of its own networks."""

import dataclasses
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from typing import Any

from common.errors import UserError
from common.losses import LOSSES
from common.optimizers import OPTIMIZERS

TRUE_WORDS, FALSE_WORDS = ("true", "yes", "1", "on"), ("false", "no", "0", "off")


def setting(help: str, default: Any = MISSING, low: float | None = None, high: float | None = None, choices=()):
    """Declare a field: `low` and `high` are inclusive bounds, `choices` the words allowed or a table of them."""
    metadata = {"help": help, "low": low, "high": high, "choices": choices}
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every family can set. Fields without a default must be given by the recipe, as stated or as assumed."""

    data: str = setting("data set: cifar10, celeb_a, photos, or a folder of pictures", "cifar10")
    image_size: int = setting("height and width in pixels: 4 times a power of two", 32, low=8, high=256)
    crop: str = setting(
        "how pictures become square, then resized by antialiased bicubic: the middle, or the whole, stretched",
        "center", choices=("center", "stretch"),
    )  # fmt: skip
    skip_broken: bool = setting("leave a folder's broken pictures out instead of refusing it", False)
    epochs: int = setting("passes over the training images", low=1)
    steps_per_epoch: int = setting("steps that count as an epoch; 0: every full batch of the training images", 0, low=0)
    batch_size: int = setting("real images of one update of D", low=2)
    latent_dim: int = setting("dimension of z ~ N(0, 1)", low=1)
    loss: str = setting("adversarial loss", choices=LOSSES)
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
    replay_size: int = setting("fakes that replay=store keeps", 512, low=2)
    d_steps: int = setting("updates of D before each update of G; more than one needs update=alternating", 1, low=1)
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
    clip: float = setting("bound on D's weights after each update (1701.07875); 0: none", 0.0, low=0.0, high=1e6)
    optimizer: str = setting("optimizer of both networks", choices=OPTIMIZERS)
    g_learning_rate: float = setting("generator's learning rate", low=0.0)
    d_learning_rate: float = setting("discriminator's learning rate; unlike the generator's, this is TTUR", low=0.0)
    beta_1: float = setting("Adam's first moment decay", 0.9, low=0.0, high=0.9999)
    beta_2: float = setting("Adam's second moment decay", 0.999, low=0.0, high=0.999999)
    flip: bool = setting("mirror training images at random", False)
    shuffle: bool = setting("another order of the training images every epoch; false: the data set's own", True)
    ema_decay: float = setting("decay of the averaged generator that is sampled; 0: none", 0.0, low=0.0, high=0.99999)
    validation_steps: int = setting("test batches whose losses are logged after every epoch; 0: none", 0, low=0)
    metrics: str = setting("metrics by protocol, comma-separated; the first keeps the best checkpoint", "fid768,cifar")
    metrics_every: int = setting("epochs between measurements; 0: never", 10, low=0)
    metric_real: int = setting("real images of a measurement", 5000, low=2)
    metric_fake: int = setting("generated images of a measurement", 2000, low=2)
    keep: str = setting(
        "generator and pictures that the folder keeps: of the best measurement so far, or of the last epoch",
        "best",
        choices=("best", "last"),
    )
    precision: str = setting(
        "arithmetic of the networks", "float32", choices=("float32", "mixed_bfloat16", "mixed_float16")
    )
    seed: int = setting("seed of the weights, the latents and the order of the images", 0, low=0, high=2**31 - 1)

    def __post_init__(self):
        power = self.image_size // 4
        if self.image_size % 4 or power & (power - 1):
            raise UserError(f"image_size={self.image_size} is not 4 times a power of two (8, 16, 32, 64, 128 ...)")
        loss, apart = LOSSES[self.loss], " or ".join(name for name, row in LOSSES.items() if row.apart)
        if (self.real_target, self.fake_target) != (1.0, 0.0) and not loss.has_targets:
            raise UserError(f"real_target and fake_target have no meaning for loss={self.loss}; it has no targets")
        if (self.target_noise or self.target_flips or self.inverted_targets) and not loss.soft_targets:
            raise UserError(f"target_noise, target_flips and inverted_targets have no meaning for loss={self.loss}")
        if self.d_steps > 1 and self.update != "alternating":
            raise UserError(f"d_steps={self.d_steps} needs update=alternating")
        if self.update == "staged" and (not loss.apart or self.gradient_penalty):
            raise UserError(
                f"update=staged needs loss={apart} and no gradient penalty: it shows D reals and fakes apart"
            )
        if self.update == "staged" and (self.real_target, self.fake_target) != (1.0, 0.0) and not loss.soft_targets:
            raise UserError(f"update=staged with loss={self.loss} takes plain targets: real_target=1, fake_target=0")
        if self.d_fakes == "inference" and self.update != "staged":
            raise UserError("d_fakes=inference needs update=staged: else G's step is on the same fakes as D's")
        if (self.real_term, self.penalty_points) != ("real", "image") and not self.gradient_penalty:
            raise UserError("real_term and penalty_points shape the gradient penalty; gradient_penalty=0 is none")
        if self.replay != "none" and (not loss.apart or self.update == "simultaneous"):
            raise UserError(f"replay needs loss={apart} and update=alternating or staged")
        if self.replay == "store" and self.replay_size < self.batch_size:
            raise UserError(f"replay_size={self.replay_size} is less than a batch of {self.batch_size}")

    @property
    def step_images(self) -> int:
        """Real images that a step consumes."""
        return self.batch_size * self.d_steps

    def metric_names(self) -> list[str]:
        """Names of the metrics, in the order given."""
        return [name.strip() for name in self.metrics.split(",") if name.strip()]


def fields(kind: type[Settings]) -> dict[str, dataclasses.Field]:
    """Every field of a settings class, by name."""
    return {field.name: field for field in dataclasses.fields(kind)}


def build(kind: type[Settings], values: Mapping[str, Any]) -> Settings:
    """Make settings of `values`, each a Python value or the text of one.

    Raises:
        UserError: an unknown key (names the valid ones), a missing one, or a value of the wrong type or out of range.
    """
    known = fields(kind)
    for key in values:
        if key not in known:
            raise UserError(f"unknown setting {key!r}; the settings are {', '.join(sorted(known))}")
    missing = [name for name, field in known.items() if field.default is MISSING and name not in values]
    if missing:
        raise UserError(f"the recipe sets no {', '.join(missing)}")
    return kind(**{key: _check(known[key], value) for key, value in values.items()})


def _check(field: dataclasses.Field, value: Any) -> Any:
    value = _convert(field, value)
    low, high, choices = (field.metadata[key] for key in ("low", "high", "choices"))
    if choices and value not in choices:
        raise UserError(f"{field.name}={value} is not one of {', '.join(choices)}")
    if low is not None and not value >= low:
        raise UserError(f"{field.name}={value} is too small; the least is {low}")
    if high is not None and not value <= high:
        raise UserError(f"{field.name}={value} is too large; the most is {high}")
    return value


def _convert(field: dataclasses.Field, value: Any) -> Any:
    if field.type is bool and isinstance(value, str):
        if value.lower() not in TRUE_WORDS + FALSE_WORDS:
            raise UserError(f"{field.name}={value!r} is not true or false")
        return value.lower() in TRUE_WORDS
    try:
        return field.type(value)
    except ValueError:
        words = {int: "a whole number", float: "a number"}
        raise UserError(f"{field.name}={value!r} is not {words[field.type]}") from None
