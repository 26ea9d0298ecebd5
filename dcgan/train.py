"""Train a DCGAN recipe: `python dcgan/train.py --help`."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # the project runs from any folder, without an install

from common.train_command import Family, train_command
from dcgan.recipes import RECIPES


def build(settings):
    """Make the networks and their optimizers."""
    from dcgan.model import DCGAN

    return DCGAN(settings)


def evaluate(settings, dataset, weights):
    """Make the metrics of a run."""
    from fid.evaluation import make_evaluation

    return make_evaluation(settings.metric_names(), dataset, settings.metric_real, settings.metric_fake, weights)


if __name__ == "__main__":
    train_command(Family("dcgan", RECIPES, "bendale", build, evaluate))
