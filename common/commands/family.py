"""A family as the commands know it: its recipes, its networks, and its metrics."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.recipe import Recipe
from common.settings import Settings

if TYPE_CHECKING:  # TensorFlow is imported only when the arguments are known to be good
    from common.gan import GAN
    from common.training.evaluation import Evaluation


@dataclass(frozen=True)
class Family:
    """What a family's train.py hands in. `build` and `evaluate` import TensorFlow when called, not before.

    `check_metrics` raises a UserError for names that `evaluate` could not measure; `choose_metrics` says what to
    measure where nothing is asked for, and why.
    """

    name: str
    recipes: Mapping[str, Recipe]
    default: str
    build: Callable[[Settings, int], "GAN"]  # the int: classes of the data
    check_metrics: Callable[[list[str]], Any]
    choose_metrics: Callable[[bool, Path | None], tuple[str, str]]  # of a write-up's system on CIFAR-10?; weights
    evaluate: Callable[..., "Evaluation | None"]  # see fid.evaluation.training.make_evaluation
