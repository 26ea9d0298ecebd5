"""SAGAN recipes, one per system of a write-up. `python sagan/train.py --list` prints them."""

import dataclasses

from common.recipe import Recipe, assumed, carried_over, stated
from dcgan.recipes import BENDALE as DCGAN_BENDALE
from dcgan.recipes import BEST as DCGAN_BEST
from dcgan.recipes import CSA250 as DCGAN_CSA250
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
        "batch_size": assumed(64, "not given again; the article's DCGAN's"),
        "loss": stated("bce", "best outputs with BCE loss and Adam; hinge was tried"),
        "optimizer": stated("adam", "best outputs with BCE loss and Adam; RMSprop was tried"),
        "metrics_every": assumed(2, "not given; the best epoch, 198, is even and is no multiple of 10"),
        "g_attention_size": assumed(16, "'conv2d_transpose_4' is a name of a lost notebook"),
        "d_attention_size": assumed(16, "'conv2d_11' is a name of a lost notebook"),
        "attention_pool": assumed(False, "the write-up describes none"),
    },
)

BENDALE_WASSERSTEIN = dataclasses.replace(
    BENDALE,
    name="bendale-wasserstein",
    writeup="S. Bendale, DCGAN, cGAN and SAGAN & the CIFAR-10 dataset: SAGAN with Wasserstein loss (2020)",
    reported="generator loss strongly negative, slow, did not learn: a negative result",
    reported_fid=None,
    given={
        **carried_over(BENDALE.given, "not given; the article's SAGAN has"),
        "data": stated("cifar10", "the article's title"),
        "epochs": assumed(200, "not given; as long as the article's SAGAN"),
        "loss": stated("wasserstein", "implementing the Wasserstein loss with the SAGAN"),
        "optimizer": assumed("adam", "not given; the article's best with BCE"),
    },
)

CSA250 = Recipe(
    name="csa250",
    writeup="CSA 250 Deep Learning, assignment 4: SAGAN (2020)",
    reported="FID 107.25 at about 30k of 100k iterations",
    reported_fid=107.25,
    kind=SAGANSettings,
    unit="step",  # "iterations"
    given={
        **DCGAN_CSA250.given,
        "loss": stated("wasserstein", "I used Wasserstein loss function during the training"),
        "real_target": assumed(
            0.9, "label smoothing for D is stated, its amount is not; it weighs the real term of the Wasserstein loss"
        ),
        "d_batch_norm": stated(True, "in every convolutional layer, I have used batch normalization"),
        "g_batch_norm": stated(
            True, "in every convolutional layer, I have used batch normalization; G's last one, before tanh, has none"
        ),
        "d_input_batch_norm": stated(True, "in every convolutional layer"),
        "spectral_norm": stated(
            "both",
            "in every convolutional layer ... batch normalization and spectral normalization; attention's own, of "
            "which it is not said, have none",
        ),
        "spectral_norm_dense": assumed(True, "not given for Dense layers; else nothing would bound D's last one"),
        "g_condition": assumed("latent", "a conditional generator is stated; one-hot with z as in the other write-ups"),
        "d_condition": assumed("image", "a conditional discriminator is stated, its place is not; planes by the image"),
        "g_attention_size": assumed(
            16, "'before the last convolution layer', 'with 64 feature maps' is stated; 16x16 is where our G has those"
        ),
        "d_attention_size": assumed(
            16, "'after the first convolution layer', 'with 64 feature maps' is stated; 16x16 is where our D has those"
        ),
        "attention_pool": assumed(False, "the write-up describes none"),
    },
)

BEST = dataclasses.replace(
    DCGAN_BEST,
    kind=SAGANSettings,
    given={
        **DCGAN_BEST.given,
        "batch_size": assumed(64, "as in its kept run; 32 was tried in dcgan/best alone so far"),
        "g_attention_size": assumed(16, "half the image's size; the paper's best places are its larger feature maps"),
        "d_attention_size": assumed(16, "half the image's size; the paper's best places are its larger feature maps"),
        "attention_pool": assumed(True, "as the SAGAN authors' code: the same attention at a fraction of the cost"),
        "attention_scaled": assumed(True, "without it G's attention hardens to one position in a few epochs"),
    },
)

RECIPES = {recipe.name: recipe for recipe in (BENDALE, BENDALE_WASSERSTEIN, CSA250, BEST)}
