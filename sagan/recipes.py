"""SAGAN recipes, one per system of a write-up. `python sagan/train.py --list` prints them."""

import dataclasses

from common.recipe import Recipe, assumed, stated
from dcgan.recipes import BENDALE as DCGAN_BENDALE
from sagan.settings import SAGANSettings

# "The SAGAN architecture is similar to the DCGAN architecture but with a custom 'Attention layer' added."
BENDALE = Recipe(
    name="bendale",
    writeup="S. Bendale, DCGAN, cGAN and SAGAN & the CIFAR-10 dataset: SAGAN (2020)",
    reported="FID 84.83 at epoch 198",
    reported_fid=84.83,
    kind=SAGANSettings,
    given={
        **DCGAN_BENDALE.given,
        "epochs": stated(200, "training the SAGAN model for 200 epochs"),
        "loss": stated("bce", "best outputs with BCE loss and Adam; hinge was tried"),
        "optimizer": stated("adam", "best outputs with BCE loss and Adam; RMSprop was tried"),
        "metrics_every": assumed(2, "not given; the best epoch, 198, is even and is no multiple of 10"),
        "attention_size": assumed(16, "'conv2d_transpose_4' and 'conv2d_11' are names of a lost notebook"),
        "attention_pool": assumed(False, "the write-up describes none"),
    },
)

BENDALE_WASSERSTEIN = dataclasses.replace(
    BENDALE,
    name="bendale-wasserstein",
    writeup="S. Bendale, DCGAN, cGAN and SAGAN & the CIFAR-10 dataset: SAGAN with Wasserstein loss (2020)",
    reported="generator loss strongly negative, slow, did not learn: a negative result",
    reported_fid=None,
    given={**BENDALE.given, "loss": stated("wasserstein", "implementing the Wasserstein loss with the SAGAN")},
)

RECIPES = {recipe.name: recipe for recipe in (BENDALE, BENDALE_WASSERSTEIN)}
