"""Conditional SAGAN recipes, one per system of a write-up. `python csagan/train.py --list` prints them."""

import dataclasses

from common.recipe import Recipe, assumed, authors_code, carried_over, stated
from csagan.settings import CSAWGANSettings
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
        **carried_over(SAGAN_BENDALE.given, "not given; the article's SAGAN has"),
        "data": stated("cifar10", "the article's title"),
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
    reported="FID falls steadily over 300 epochs, above the DCGAN's; author's log: 99.64 at epoch 243",
    reported_fid=99.64,
    reported_protocol="",  # 256 images, torchvision's weights
    kind=CSAWGANSettings,
    given={
        **DCGAN_HAMED.given,
        "epochs": stated(300, "trained for 300 epochs"),
        "loss": stated("wasserstein", "the Wasserstein loss; a linear activation at D's end"),
        "gradient_penalty": authors_code(10.0, "the penalty is stated, its weight is not"),
        "d_steps": authors_code(1, "one D step per G step"),
        "fake_labels": authors_code("real", "fakes, and G's images, carry the labels of the real batch"),
        "g_learning_rate": authors_code(1e-4, "Adam 1e-4 for G"),
        "d_learning_rate": authors_code(5e-4, "Adam 5e-4 for D"),
        "beta_1": authors_code(0.0, "betas 0.0 and 0.9"),
        "beta_2": authors_code(0.9, "betas 0.0 and 0.9"),
        "g_attention": authors_code(2, "after the 3rd transposed convolution, as stated, and after the 4th"),
        "d_attention": authors_code(2, "after the 3rd and the 4th convolution; the text has one, after the 2nd"),
        "validation_steps": assumed(16, "a validation curve is stated, the number of its images is not: 16 batches"),
    },
)

# The two slips of the author's code that the report's formula does not have; its curves come from it.
HAMED_CODE = dataclasses.replace(
    HAMED,
    name="hamed-code",
    given={
        **HAMED.given,
        "real_term": authors_code("penalty-points", "the critic's real term is taken at the penalty's points"),
        "penalty_points": authors_code("batch", "one epsilon serves the whole batch"),
    },
)

BEST = dataclasses.replace(
    SAGAN_BEST,
    given={
        # With labels G's attention has not hardened.
        **{key: item for key, item in SAGAN_BEST.given.items() if key != "attention_scaled"},
        "g_condition": assumed("batch-norm", "conditional batch norm, as in SAGAN (1805.08318)"),
        "d_condition": assumed("classifier", "ACGAN (1610.09585): in a first look its labels show sooner"),
        "auxiliary": assumed(1.0, "1610.09585 has no weight"),
        "auxiliary_from": assumed("reals", "in a first look much ahead of reals and fakes, the paper's"),
    },
)

RECIPES = {recipe.name: recipe for recipe in (BENDALE, HAMED, HAMED_CODE, BEST)}
