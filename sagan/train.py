"""Train a SAGAN recipe: `python sagan/train.py --help`."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # the project runs from any folder, without an install

from common.commands.train import Family, train_command
from fid.evaluation.choice import choose_metrics
from fid.evaluation.training import make_evaluation, parse_metrics
from sagan.recipes import RECIPES


def build(settings, classes):
    """Make the networks and their optimizers."""
    from sagan.model import SAGAN

    return SAGAN(settings, classes)


if __name__ == "__main__":
    train_command(Family("sagan", RECIPES, "bendale", build, parse_metrics, choose_metrics, make_evaluation))
