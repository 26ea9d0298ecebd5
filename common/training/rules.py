"""What goes wrong in a GAN, said in words. A rule is one function, from what is seen to words, and one row of `RULES`.

A rule looks at the log, the settings and the numbers of `common.training.probe`; it is silent where those it needs are
not there. Its bounds stand where the committed runs, and networks made to have the fault, are told apart.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from common.run.remarks import Remark
from common.training.seen import Seen

BLIND, WRONG = 0.55, 0.2  # share of pairs in which D ranks the real higher: chance, or the other way round
NARROW, SAME = 0.3, 0.2  # spread of the images against real ones', by pixels, by features
TWINS = 0.25  # share of images with a near-duplicate
LABEL_EFFECT, CHECKERBOARD = 0.2, 3.5  # against a change of the latent; against real images
GAMMA, GAMMA_STEPS = 0.005, 1000
HARD = 0.95  # of a position's attention, on one other
MEMORISED = 0.1  # share of the images
WORSE, MEASUREMENTS = 1.2, 5  # times the best value, for so many measurements
CLASSIFIER = "cifar10-classifier"  # the extractor of protocol cifar, and what d_features=classifier looks through
PLAIN, COPIES = 0.005, 0.02  # shares of the training images

ATTENTION = re.compile(r"[gd]_gamma(_\d+)?")  # columns of the log

# By loss: whether a mean over an epoch says that D beats G altogether. A Wasserstein critic has no such end.
BEATEN: Mapping[str, Callable[[float, float], bool]] = {
    "bce": lambda d, g: g > 6.0,  # fakes have a probability of exp(-6), a quarter of a per cent
    "bce-clamped": lambda d, g: g > 6.0,
    "minimax": lambda d, g: d < 0.05,
    "hinge": lambda d, g: d < 0.05,
    "least-squares": lambda d, g: d < 0.01,
    "relativistic": lambda d, g: d < 0.05,
}


Look = Callable[[Seen], str | None]


@dataclass(frozen=True)
class Rule:
    """A row of `RULES`: the function that sees it, why it matters, the settings to try."""

    look: Look
    why: str
    advice: str


def d_has_won(seen: Seen) -> str | None:
    """D parts reals and fakes without error, and its loss says the same of the whole epoch."""
    beaten = BEATEN.get(seen.settings["loss"])
    if not (seen.settled and beaten and seen.number("auc") > 0.9999):
        return None
    d, g = seen.last("d_loss"), seen.last("g_loss")
    return (
        f"D has won: it parts reals from fakes without error (d_loss {d:.3g}, g_loss {g:.3g})" if beaten(d, g) else None
    )


def g_has_won(seen: Seen) -> str | None:
    """D cannot tell reals from fakes, or takes all fakes for real."""
    if not seen.settled:
        return None
    if seen.settings["loss"] in ("bce", "bce-clamped") and seen.last("g_loss") < 0.05:
        return f"D takes every fake for real (g_loss {seen.last('g_loss'):.3g})"
    if WRONG <= seen.number("auc") < BLIND:
        return f"D cannot tell reals from fakes: the real one has the higher score in {seen.number('auc'):.0%} of pairs"
    return None


def wrong_sign(seen: Seen) -> str | None:
    """D ranks fakes above reals, or both Wasserstein losses fall without end: the networks pull the same way."""
    if seen.settled and seen.number("auc") < WRONG:
        return f"D scores fakes above reals: the real one is higher in {seen.number('auc'):.0%} of pairs"
    if _beyond(seen) and seen.last("g_loss") < -seen.critic_bound / 2:
        return f"both losses fall together (d_loss {seen.last('d_loss'):.4g}, g_loss {seen.last('g_loss'):.4g})"
    return None


def runaway_critic(seen: Seen) -> str | None:
    """A Wasserstein critic is beyond what any critic with a slope of 1 can score."""
    if not _beyond(seen) or wrong_sign(seen):
        return None
    return f"the critic runs away: d_loss {seen.last('d_loss'):.4g}, and a slope of 1 ends at {-seen.critic_bound:.0f}"


def _beyond(seen: Seen) -> bool:
    return seen.settings["loss"].startswith("wasserstein") and seen.last("d_loss") < -seen.critic_bound


def collapse(seen: Seen) -> str | None:
    """Images of different latents are alike, by pixels."""
    if not seen.settled:
        return None
    if seen.number("twins") > TWINS:
        return f"G has collapsed: {seen.number('twins'):.0%} of its images have a near-duplicate"
    if seen.number("spread") < NARROW:
        return f"G has collapsed: its images vary {seen.number('spread'):.0%} as much as real ones"
    if seen.number("feature_spread") < SAME:
        return f"G has collapsed: to the classifier its images vary {seen.number('feature_spread'):.0%} as much as real"
    return None


def labels_without_effect(seen: Seen) -> str | None:
    """Another label changes an image far less than another latent does."""
    if not (seen.settled and seen.number("label_effect") < LABEL_EFFECT):
        return None
    return f"labels have next to no effect: {seen.number('label_effect'):.0%} of what another latent changes"


def checkerboard(seen: Seen) -> str | None:
    """Energy at the period of the strides stands out."""
    if not (seen.settled and seen.number("checkerboard") > CHECKERBOARD):
        return None
    return (
        f"a checkerboard: patterns of 2 or 4 pixels are {seen.number('checkerboard'):.1f} times as strong as in reals"
    )


def best_long_ago(seen: Seen) -> str | None:
    """The metric that decides has only been worse since its best, and is now far behind it."""
    for name, about in list(seen.metrics.items())[:1]:
        epochs, values = seen.log.series(name)
        sign = -1.0 if about.get("higher_is_better") else 1.0
        best = min(range(len(values)), key=lambda index: sign * values[index], default=0)
        if len(values) - 1 - best < MEASUREMENTS or min(values[best], values[-1]) <= 0:
            return None
        behind = values[-1] / values[best] if sign > 0 else values[best] / values[-1]
        if behind > WORSE:
            return f"{name} was best at epoch {epochs[best]:.0f} ({values[best]:.4g}) and is {values[-1]:.4g} now"
    return None


def attention_off(seen: Seen) -> str | None:
    """Attention's weight, which starts at 0, is there still or again."""
    if seen.last("step") < GAMMA_STEPS:
        return None
    off = [name for name in seen.log.rows[-1] if ATTENTION.fullmatch(name) and abs(seen.last(name)) < GAMMA]
    return (
        f"attention is switched off: {', '.join(f'{name} is {seen.last(name):.2g}' for name in off)}" if off else None
    )


def attention_hard(seen: Seen) -> str | None:
    """Every position looks at one other alone: a softmax that has hardened passes next to no gradient."""
    hard = [(name.removeprefix("peak/"), value) for name, value in seen.numbers.items() if name.startswith("peak/")]
    said = ", ".join(f"{value:.0%} in {name}" for name, value in hard if value > HARD)
    return f"attention has hardened: the largest weight of a position is {said} on average" if said else None


def training_copies(seen: Seen) -> str | None:
    """Images of G are training images."""
    if not (seen.settled and seen.number("memorised") > MEMORISED):
        return None
    return f"G copies training images: {seen.number('memorised'):.0%} of its images are one of those looked at"


def too_few_images(seen: Seen) -> str | None:
    """A distance of covariances from fewer images than dimensions."""
    for name, about in seen.metrics.items():
        counts = [about.get(key) for key in ("dimension", "real_count", "fake_count")]
        if all(isinstance(count, int) for count in counts) and min(counts[1:]) < counts[0]:
            return f"{name} compares {min(counts[1:]):,} images in {counts[0]:,} dimensions"
    return None


def judged_by_d(seen: Seen) -> str | None:
    """D looks at images through the network that a figure is taken with."""
    own = [name for name, about in seen.metrics.items() if about.get("extractor") == CLASSIFIER]
    fixed = seen.settings.get("d_features") == "classifier"
    return f"D looks through the same classifier that {', '.join(own)} is taken with" if fixed and own else None


def poor_data(seen: Seen) -> str | None:
    """Training images of one colour, or that are there more than once."""
    if seen.number("plain") > PLAIN:
        return f"{seen.number('plain'):.1%} of the training images have one colour"
    if seen.number("copies") > COPIES:
        return f"{seen.number('copies'):.1%} of the training images are copies of others"
    return None


def rolled_back(seen: Seen) -> str | None:
    """Training was no longer finite, and an epoch was begun anew."""
    epochs = ", ".join(map(str, seen.rollbacks))
    return f"a loss or a weight was no longer finite, and training began anew: epoch {epochs}" if epochs else None


RULES: dict[str, Rule] = {
    "d-has-won": Rule(
        d_has_won,
        "Then G's loss tells it little about how to get better",
        "a slower D (--set d_learning_rate), --set real_target=0.9, or a bounded D (--set spectral_norm=discriminator)",
    ),
    "g-has-won": Rule(
        g_has_won,
        "G learns from D alone: what D does not see, G cannot mend",
        "a faster D (--set d_learning_rate), less --set dropout, or --set update=alternating --set d_steps=2",
    ),
    "wrong-sign": Rule(
        wrong_sign,
        "The two networks are not adversaries then, and images do not get better",
        "look at the signs of a loss of your own, and at its targets (--set inverted_targets)",
    ),
    "runaway-critic": Rule(
        runaway_critic,
        "The Wasserstein loss is a distance only for a critic whose slope is bounded; batch norm in D undoes a bound",
        "--set gradient_penalty=10 --set d_batch_norm=false, or --set clip=0.01",
    ),
    "collapse": Rule(
        collapse,
        "Whatever the latent, the pictures are the same few",
        "--set minibatch_kernels=100, a slower G (--set g_learning_rate), or an earlier checkpoint's settings anew",
    ),
    "labels-without-effect": Rule(
        labels_without_effect,
        "A conditional generator that ignores its label is an unconditional one",
        "--set g_condition=batch-norm and --set d_condition=projection",
    ),
    "checkerboard": Rule(
        checkerboard,
        "Strided kernels overlap unevenly, or D does not punish it",
        "--set kernel_size=4, a multiple of the stride",
    ),
    "best-long-ago": Rule(
        best_long_ago,
        "More steps have made it worse; generator.keras is of the best epoch, unless keep=last",
        "stop here, or lower learning rates, or --set ema_decay=0.999",
    ),
    "attention-off": Rule(
        attention_off,
        "The network does without attention, and pays for it",
        "attention at another size (--set g_attention_size, --set d_attention_size)",
    ),
    "attention-hard": Rule(
        attention_hard,
        "Such a layer copies one place to others, and learns no more where to look",
        "--set attention_scaled=true, or a lower learning rate",
    ),
    "training-copies": Rule(
        training_copies,
        "A generator that has learnt its training images by heart makes nothing new, and a distance does not see it",
        "more images, --set flip=true, --set augment=color+translation+cutout, or stop earlier",
    ),
    "too-few-images": Rule(
        too_few_images,
        "Most of such a figure is the number of images: it compares only with figures of the same counts",
        "--set metric_real and --set metric_fake, each several times the dimensions",
    ),
    "judged-by-d": Rule(
        judged_by_d,
        "G learns to please that very network: such a figure, or class accuracy, is no judge here",
        "--metrics fid768,cifar: the first one chooses the best checkpoint",
    ),
    "poor-data": Rule(
        poor_data,
        "G learns to make those too, and metrics count them",
        "a data set without them",
    ),
    "rolled-back": Rule(
        rolled_back,
        "The draws are no longer those of the seed alone, and what has diverged once is near doing it again",
        "lower learning rates, or --precision float32",
    ),
}  # fmt: skip


def judge(seen: Seen) -> dict[str, Remark]:
    """All that rules see after the log's last epoch, by rule."""
    epoch = int(seen.last("epoch"))
    found = {name: (rule, rule.look(seen)) for name, rule in RULES.items()}
    return {name: Remark(name, what, rule.why, rule.advice, epoch) for name, (rule, what) in found.items() if what}
