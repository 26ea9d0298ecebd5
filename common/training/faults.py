"""What goes wrong in a GAN, one function each, from what is seen to words: the first half of a rule.

They look at the log, the settings and the numbers of `common.training.probe`, and are silent where those they need are
not there. The bounds stand where the committed runs, and networks made to have the fault, are told apart.
"""

import re
from collections.abc import Callable, Mapping

from common.training.seen import Seen

BLIND, WRONG = 0.55, 0.2  # share of pairs in which D ranks the real higher: chance, or the other way round
NARROW, SAME = 0.3, 0.2  # spread of the images against real ones', by pixels, by features
TWINS, ALIKE = 0.25, 0.1  # share of images with a near-duplicate: among the probe's; among a metric's thousands
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
    """Images of different latents are alike: by pixels, by the classifier's features, or by the metric `duplicates`."""
    if not seen.settled:
        return None
    if seen.number("twins") > TWINS:
        return f"G has collapsed: {seen.number('twins'):.0%} of its images have a near-duplicate"
    if seen.number("spread") < NARROW:
        return f"G has collapsed: its images vary {seen.number('spread'):.0%} as much as real ones"
    if seen.number("feature_spread") < SAME:
        return f"G has collapsed: to the classifier its images vary {seen.number('feature_spread'):.0%} as much as real"
    for name in seen.metrics:
        measured = seen.log.series(name)[1] if name.endswith("_duplicates") else []
        if measured and measured[-1] > ALIKE:
            return f"G has collapsed in part: by {name} {measured[-1]:.0%} of its images have a near-duplicate"
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
    """A distance of covariances from fewer images than dimensions, which more images would mend.

    A protocol that has counts of its own, and so the `floor` of real images beside it, is the write-up's affair.
    """
    for name, about in seen.metrics.items():
        if "floor" in about:
            continue
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
