"""The rules: what each sees, why it matters, what to try. A rule is a function of `faults` and a row of `RULES`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from common.run.remarks import Remark
from common.training import faults
from common.training.seen import Seen

Look = Callable[[Seen], str | None]
Change = Callable[[Any], Any]  # a setting's value now -> the one to try; the same where there is nothing to try


@dataclass(frozen=True)
class Advice:
    """One thing to try, in words, and the settings that do it together; without settings it is always said."""

    words: str
    changes: Mapping[str, Change] = field(default_factory=dict)

    def of(self, seen: Seen) -> dict[str, Any] | None:
        """The settings' values to try with a run, those alone that it does not have; None where there are none."""
        if not self.changes.keys() <= seen.settings.keys():
            return None
        tried = {name: change(seen.settings[name]) for name, change in self.changes.items()}
        differing = {name: value for name, value in tried.items() if value != seen.settings[name]}
        return differing if differing and seen.accepts(differing) else None


@dataclass(frozen=True)
class Rule:
    """A row of `RULES`: the function that sees it, why it matters, what to try, of which one may be enough."""

    look: Look
    why: str
    advice: tuple[Advice, ...]


def in_words(advice: tuple[Advice, ...], seen: Seen) -> str:
    """What is said of several, one of which is enough."""
    said = []
    for piece in advice:
        if not piece.changes:
            said.append(piece.words)
        elif changes := piece.of(seen):
            flags = " ".join(f"--set {name}={_text(value)}" for name, value in changes.items())
            said.append(f"{piece.words} ({flags})")
    return f"{', '.join(said[:-1])}, or {said[-1]}" if len(said) > 1 else "".join(said)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def to(value: Any) -> Change:
    """This value."""
    return lambda now: value


def at_least(value: float) -> Change:
    """This number, where there is less."""
    return lambda now: max(now, value)


def at_most(value: float) -> Change:
    """This number, where there is more."""
    return lambda now: min(now, value)


def instead_of_none(value: Any) -> Change:
    """This value, where the setting is off."""
    return lambda now: value if now in (0, "none") else now


def half(now: float) -> float:
    """Half of it."""
    return now / 2


def double(now: float) -> float:
    """Twice as much."""
    return 2 * now


def _other_size(now: int) -> int:
    """Of an attention: half as high and wide, or twice where that is too small."""
    return now // 2 if now >= 16 else 2 * now


SLOWER_BOTH = Advice("lower learning rates", {"g_learning_rate": half, "d_learning_rate": half})
LABELS_BY_CLASSIFIER = {
    "g_condition": to("batch-norm"), "d_condition": to("classifier"), "auxiliary": instead_of_none(1.0),
}  # fmt: skip

RULES: dict[str, Rule] = {
    "d-has-won": Rule(
        faults.d_has_won,
        "Then G's loss tells it little about how to get better",
        (
            Advice("a slower D", {"d_learning_rate": half}),
            Advice("smoothed labels", {"real_target": at_most(0.9)}),
            Advice("a bounded D", {"spectral_norm": instead_of_none("discriminator")}),
        ),
    ),
    "g-has-won": Rule(
        faults.g_has_won,
        "G learns from D alone: what D does not see, G cannot mend",
        (
            Advice("a faster D", {"d_learning_rate": double}),
            Advice("less dropout in D", {"dropout": half}),
            Advice("more steps of D", {"update": to("alternating"), "d_steps": double}),
        ),
    ),
    "wrong-sign": Rule(
        faults.wrong_sign,
        "The two networks are not adversaries then, and images do not get better",
        (Advice("look at the signs of a loss of your own, and at what its targets are"),),
    ),
    "runaway-critic": Rule(
        faults.runaway_critic,
        "The Wasserstein loss is a distance only for a critic whose slope is bounded",
        (
            Advice("a gradient penalty", {"gradient_penalty": instead_of_none(10.0)}),
            Advice("no batch norm in D, which may undo a bound", {"d_batch_norm": to(False)}),
            Advice("clipped weights", {"clip": instead_of_none(0.01)}),
        ),
    ),
    "collapse": Rule(
        faults.collapse,
        "Whatever the latent, the pictures are the same few",
        (
            Advice("minibatch discrimination", {"minibatch_kernels": instead_of_none(100)}),
            Advice("a slower G", {"g_learning_rate": half}),
            Advice("an earlier checkpoint's settings anew"),
        ),
    ),
    "labels-without-effect": Rule(
        faults.labels_without_effect,
        "A conditional generator that ignores its label is an unconditional one",
        (
            Advice("a classifier in D that tells labels", LABELS_BY_CLASSIFIER),
            Advice("a classifier that learns from reals alone", {"auxiliary_from": to("reals")}),
            Advice("more weight for it", {"auxiliary": double}),
            Advice("look whether the labels are those of the images"),
        ),
    ),
    "checkerboard": Rule(
        faults.checkerboard,
        "Strided kernels overlap unevenly, or D does not punish it",
        (
            Advice("kernels of a multiple of the stride", {"kernel_size": lambda now: now - now % 2}),
            Advice("no strides", {"resampling": to("pooling")}),
            Advice("in a network of your own, pixels repeated before plain convolutions"),
        ),
    ),
    "best-long-ago": Rule(
        faults.best_long_ago,
        "More steps have made it worse; generator.keras is of the best epoch, unless keep=last",
        (Advice("stop here"), SLOWER_BOTH, Advice("an averaged G", {"ema_decay": at_least(0.999)})),
    ),
    "attention-off": Rule(
        faults.attention_off,
        "The network does without attention, and pays for it",
        (
            Advice("G's attention at another size", {"g_attention_size": _other_size}),
            Advice("D's at another size", {"d_attention_size": _other_size}),
            Advice("a network without it"),
        ),
    ),
    "attention-hard": Rule(
        faults.attention_hard,
        "Such a layer copies one place to others, and learns no more where to look",
        (Advice("scaled scores", {"attention_scaled": to(True)}), SLOWER_BOTH),
    ),
    "training-copies": Rule(
        faults.training_copies,
        "A generator that has learnt its training images by heart makes nothing new, and a distance does not see it",
        (
            Advice("more images"),
            Advice("mirrored ones", {"flip": to(True)}),
            Advice("a D that sees changed ones alone", {"augment": instead_of_none("color+translation+cutout")}),
            Advice("stop earlier"),
        ),
    ),
    "too-few-images": Rule(
        faults.too_few_images,
        "Most of such a figure is the number of images: it compares only with figures of the same counts",
        (
            Advice("several times the dimensions", {"metric_real": at_least(10_000), "metric_fake": at_least(10_000)}),
            Advice("a protocol of fewer dimensions"),
        ),
    ),
    "judged-by-d": Rule(
        faults.judged_by_d,
        "G learns to please that very network: such a figure, or class accuracy, is no judge here",
        (
            Advice("another figure first, which chooses the best checkpoint", {"metrics": to("fid768,cifar")}),
            Advice("leave the classifier's figures out"),
        ),
    ),
    "poor-data": Rule(
        faults.poor_data,
        "G learns to make those too, and metrics count them",
        (Advice("a data set without them"),),
    ),
    "rolled-back": Rule(
        faults.rolled_back,
        "The draws are no longer those of the seed alone, and what has diverged once is near doing it again",
        (SLOWER_BOTH, Advice("finer arithmetic", {"precision": to("float32")})),
    ),
}  # fmt: skip


def judge(seen: Seen) -> dict[str, Remark]:
    """All that rules see after the log's last epoch, by rule."""
    epoch = int(seen.last("epoch"))
    found = {name: (rule, rule.look(seen)) for name, rule in RULES.items()}
    return {
        name: Remark(name, what, rule.why, in_words(rule.advice, seen), epoch)
        for name, (rule, what) in found.items()
        if what
    }
