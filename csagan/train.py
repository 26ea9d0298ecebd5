"""Train a conditional SAGAN recipe: `python csagan/train.py --help`."""

import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # runs from any folder, without an install

import common.system.early_stop  # noqa: F401 - first: from here on Ctrl-C is one line

# isort: split
from common.commands.family import Family
from common.commands.train import train_command
from csagan.recipes import RECIPES
from fid.evaluation.choice import choose_metrics
from fid.evaluation.training import make_evaluation, parse_metrics


def build(settings, classes):
    """Make the networks and their optimizers."""
    from csagan.model import CSAGAN

    return CSAGAN(settings, classes)


if __name__ == "__main__":
    train_command(Family("csagan", RECIPES, "bendale", build, parse_metrics, choose_metrics, make_evaluation))
