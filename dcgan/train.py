"""Train a DCGAN recipe: `python dcgan/train.py --help`."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # the project runs from any folder, without an install

from common.commands.train import Family, train_command
from dcgan.recipes import RECIPES
from fid.evaluation.choice import choose_metrics
from fid.evaluation.training import make_evaluation, parse_metrics


def build(settings, classes):
    """Make the networks and their optimizers."""
    from dcgan.model import DCGAN

    return DCGAN(settings, classes)


if __name__ == "__main__":
    train_command(Family("dcgan", RECIPES, "bendale", build, parse_metrics, choose_metrics, make_evaluation))
