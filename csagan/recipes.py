"""Conditional SAGAN recipes, one per system of a write-up. `python csagan/train.py --list` prints them."""

import dataclasses

from common.recipe import Recipe, assumed, stated
from dcgan.recipes import HAMED as DCGAN_HAMED
from sagan.recipes import BENDALE as SAGAN_BENDALE
from sagan.recipes import BEST as SAGAN_BEST
from sagan.settings import SAGANSettings

BENDALE = Recipe(
    name="bendale",
    writeup="S. Bendale, DCGAN, cGAN and SAGAN & the CIFAR-10 dataset: conditional SAGAN (2020)",
    reported="FID 92.28 at epoch 96",
    reported_fid=92.28,
    kind=SAGANSettings,
    given={
        **SAGAN_BENDALE.given,
        "epochs": assumed(100, "not given; the best epoch is 96"),
        "fake_labels": stated("random", "we pass random labels to the generator along with our noise vector"),
        "g_condition": stated("latent", "the generator concatenates these two inputs, noise and one-hot label"),
        "d_condition": assumed(
            "image", "figure lost; one-hot planes beside the image, so that every feature may depend on the class"
        ),
    },
)

HAMED = Recipe(
    name="hamed",
    writeup="A. Hamed, Conditional Self Attention Wasserstein GANs (2019)",
    reported="FID falls steadily over 300 epochs and stays above the DCGAN's at a third of its epochs; no figure",
    reported_fid=None,
    kind=SAGANSettings,
    given={
        **DCGAN_HAMED.given,
        "epochs": stated(300, "trained for 300 epochs"),
        "loss": stated("wasserstein", "the Wasserstein loss; a linear activation at D's end"),
        "gradient_penalty": assumed(10.0, "the penalty is stated, its weight is not; that of 1704.00028"),
        "d_steps": assumed(1, "not given; the report lists its changes to the DCGAN, and this is none of them"),
        "d_batch_norm": assumed(False, "not given; 1704.00028 has none: the penalty is of each image by itself"),
        "spectral_norm": stated("both", "each convolutional and transpose convolutional layer in both"),
        "spectral_norm_dense": stated(False, "each convolutional and transpose convolutional layer"),
        "g_condition": stated("latent", "one-hot ... along with the 100-dimensional noise vector"),
        "d_condition": stated("embedding", "last convolution's output, and the one-hot through an embedding layer"),
        "d_embedding": assumed(128, "not given"),
        "d_hidden": assumed(256, "not given; without a layer here the label could only shift the score"),
        "g_attention_size": stated(16, "after the 3rd transpose convolution layer in the generator"),
        "d_attention_size": stated(8, "after the 2nd convolutional layer in the discriminator"),
        "attention_pool": assumed(False, "the report describes none"),
        "validation_steps": assumed(16, "a validation curve is stated, the number of its images is not: 16 batches"),
    },
)

BEST = dataclasses.replace(
    SAGAN_BEST,
    given={
        **SAGAN_BEST.given,
        "g_condition": assumed("batch-norm", "conditional batch norm, as in SAGAN (1805.08318)"),
        "d_condition": assumed("projection", "projection discriminator (1802.05637), as in SAGAN (1805.08318)"),
    },
)

RECIPES = {recipe.name: recipe for recipe in (BENDALE, HAMED, BEST)}
