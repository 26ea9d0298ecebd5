"""DCGAN recipes, one per write-up. `python dcgan/train.py --list` prints them."""

import dataclasses

from common.recipe import Recipe, assumed, authors_code, carried_over, stated
from dcgan.settings import DCGANSettings, DesaiSettings, HamedSettings

PAPER = "figure lost; as the DCGAN paper (1511.06434)"
TUTORIAL = "code lost; as TensorFlow's DCGAN tutorial, whose words the write-up uses"

BENDALE = Recipe(
    name="bendale",
    writeup="S. Bendale, DCGAN, cGAN and SAGAN & the CIFAR-10 dataset (2020)",
    reported="FID 69.09 at epoch 3,190; visible mode collapse",
    reported_fid=69.09,
    kind=DCGANSettings,
    given={
        "data": stated("cifar10", "the train images from the CIFAR-10 dataset"),
        "image_size": stated(32, "the desired image size of 32x32x3"),
        "epochs": stated(3200, "around 3200 epochs"),
        "batch_size": stated(64, "in batches of 64"),
        "latent_dim": assumed(100, "not given; the DCGAN paper's"),
        "loss": stated("bce", "Binary Crossentropy loss"),
        "update": assumed("simultaneous", TUTORIAL),
        "optimizer": stated("adam", "Adam optimizer was used for both"),
        "g_learning_rate": stated(1e-4, "generator as 0.0001"),
        "d_learning_rate": stated(4e-4, "discriminator as 0.0004"),
        "beta_1": assumed(0.9, TUTORIAL + "; Keras' default"),
        "metrics_every": stated(10, "the FID score at every 10 epochs"),
        "g_width": assumed(64, TUTORIAL),
        "d_width": assumed(64, TUTORIAL),
        "kernel_size": assumed(5, TUTORIAL),
        "fully_connected": stated(True, "G: a Dense layer that takes this seed as input; of D's end nothing is said"),
        "smallest_map": assumed(4, PAPER + "; TensorFlow's tutorial has 8, and so a D of two convolutions"),
        "g_activation": stated("leaky_relu", "LeakyReLU activation for each layer"),
        "leaky_slope": assumed(0.3, "not given; Keras' default then and now"),
        "d_batch_norm": assumed(
            False,
            TUTORIAL + "; 'batch normalization for both' is said of DCGANs in general, with ReLU, which this G lacks",
        ),
        "g_batch_norm": assumed(True, TUTORIAL + "; 'batch normalization for both' is said of DCGANs in general"),
        "dropout": assumed(0.3, TUTORIAL),
        "initializer": assumed("glorot", TUTORIAL + "; Keras' default"),
    },
)

BROWNLEE = "J. Brownlee's CIFAR-10 tutorial, which the report reads like too,"

CSA250 = Recipe(
    name="csa250",
    writeup="CSA 250 Deep Learning, assignment 4: DCGAN (2020)",
    reported="FID 89.68 at about 30k of 100k iterations",
    reported_fid=89.68,
    kind=DCGANSettings,
    unit="step",  # "iterations"
    given={
        "data": stated("cifar10", "using CIFAR-10 dataset"),
        "image_size": stated(32, "an output image of dimensions (32, 32, 3)"),
        "epochs": stated(257, "100k iterations of 128 images are 256.4 epochs"),
        "batch_size": stated(128, "batch of 128 data points"),
        "latent_dim": stated(100, "latent dimension is chosen to be 100"),
        "loss": assumed("bce", "not given; a D of real or not, with smoothed labels"),
        "real_target": assumed(0.9, "label smoothing is stated, its amount and side are not; one-sided 0.9"),
        "update": assumed(
            "alternating", f"not given; the order of the paper on GANs; {BROWNLEE} shows D reals and fakes apart"
        ),
        "optimizer": stated("adam", "Adam optimizer"),
        "g_learning_rate": stated(1e-4, "generator learning rate = 0.0001"),
        "d_learning_rate": stated(4e-4, "discriminator learning rate = 0.0004"),
        "beta_1": stated(0.5, "beta = 0.5"),
        "metrics_every": assumed(5, "the FID is plotted against iterations, at intervals not given"),
        "g_width": assumed(64, PAPER),
        "d_width": assumed(64, PAPER),
        "kernel_size": assumed(5, PAPER),
        "fully_connected": assumed(True, "figure lost; as most Keras versions"),
        "g_activation": assumed("leaky_relu", "one alpha is given for both networks"),
        "leaky_slope": assumed(0.2, "alpha = 0.2 is stated; that it is this slope is our reading"),
        "d_batch_norm": assumed(True, f"{PAPER}; {BROWNLEE} has none"),
        "dropout": assumed(0.0, f"{PAPER}; {BROWNLEE} has 0.4"),
        "weight_stddev": assumed(0.02, PAPER),
    },
)

EXAMPLE = "PyTorch's DCGAN example, which the author's code is"

HAMED = Recipe(
    name="hamed",
    writeup="A. Hamed, Conditional Self Attention Wasserstein GANs: the DCGAN baseline (2019)",
    reported="best FID about 100 in 1,000 epochs (author's log: 99.17 at epoch 145)",
    reported_fid=99.17,
    reported_protocol="",  # 256 images, torchvision's weights
    kind=HamedSettings,
    given={
        "data": stated("cifar10", "trained on the CIFAR10 dataset"),
        "image_size": authors_code(64, "CIFAR-10 resized to 64x64"),
        "epochs": stated(1000, "trained for 1000 epochs"),
        "batch_size": stated(64, "a batch size of 64"),
        "latent_dim": stated(100, "the 100-dimensional noise vector"),
        "loss": authors_code("bce-clamped", "a BCE loss is stated; of probabilities, clamped, as BCELoss was"),
        "update": authors_code("alternating", "D on reals and on fakes, one step on the sum; then G, same fakes"),
        "optimizer": authors_code("adam", EXAMPLE),
        "g_learning_rate": authors_code(2e-4, "Adam 2e-4 for both; no TTUR"),
        "d_learning_rate": authors_code(2e-4, "Adam 2e-4 for both; no TTUR"),
        "beta_1": authors_code(0.5, EXAMPLE),
        "beta_2": authors_code(0.999, EXAMPLE),
        "metrics_every": authors_code(1, "a checkpoint, and an FID, after every epoch"),
        "width": authors_code(64, EXAMPLE),
        "leaky_slope": authors_code(0.2, EXAMPLE),
    },
)

PYTORCH = "code lost; as PyTorch's DCGAN tutorial, whose step and data the write-up shares"

CELEBA = Recipe(
    name="celeba",
    writeup="Introduction to Deep Convolutional Generative Adversarial Networks using PyTorch: faces",
    reported="pictures only",
    reported_fid=None,
    kind=DCGANSettings,
    given={
        "data": stated("celeb_a", "CelebA face dataset; any folder of pictures will do"),
        "image_size": assumed(64, PYTORCH),
        "crop": assumed("center", PYTORCH + "; of CelebA's 178x218 the 178x178 in the middle"),
        "epochs": assumed(5, PYTORCH + "; a folder smaller than CelebA needs more"),
        "batch_size": assumed(128, "not given; the DCGAN paper's and the tutorial's"),
        "latent_dim": assumed(100, "not given; the DCGAN paper's and the tutorial's"),
        "loss": stated("bce", "Binary Cross Entropy is used"),
        "update": assumed(
            "alternating", "D on reals, D on fakes, then G is stated; one step of D's optimizer for both: " + PYTORCH
        ),
        "optimizer": stated("adam", "the optimizer is Adam, one for each network"),
        "g_learning_rate": assumed(2e-4, "not given; the DCGAN paper's and the tutorial's"),
        "d_learning_rate": assumed(2e-4, "not given; the DCGAN paper's and the tutorial's"),
        "beta_1": assumed(0.5, "not given; the DCGAN paper's and the tutorial's"),
        "metrics": assumed("fid768", "none given; the classifier of protocol cifar knows no faces"),
        "metrics_every": assumed(5, "none given"),
        "g_width": assumed(64, PYTORCH + ": 512-256-128-64; the paper's own is 128: 1024-512-256-128"),
        "d_width": assumed(64, PYTORCH + ": 64-128-256-512"),
        "kernel_size": assumed(4, PYTORCH + "; the paper has 5"),
        "fully_connected": stated(False, "No Fully Connected Layers"),
        "g_activation": stated("relu", "ReLU activation for Generator"),
        "leaky_slope": assumed(0.2, "LeakyReLU in D is stated, its slope is not; the DCGAN paper's"),
        "d_batch_norm": stated(True, "BatchNormalization, in whichever network; not on D's input layer, as the paper"),
        "g_batch_norm": stated(True, "BatchNormalization prevents the collapsing of the generator"),
        "dropout": assumed(0.0, "the DCGAN paper has none"),
        "weight_stddev": assumed(0.02, "not given; the DCGAN paper's and the tutorial's"),
    },
)

WGAN_SN = dataclasses.replace(
    BENDALE,
    name="wgan-sn",
    writeup="S. Bendale, DCGAN, cGAN and SAGAN & the CIFAR-10 dataset: spectral normalization with a WGAN (2020)",
    reported="images did not improve, FID did not fall: a negative result",
    reported_fid=None,
    given={
        **carried_over(BENDALE.given, "not given; the article's DCGAN has"),
        "data": stated("cifar10", "the article's title"),
        "epochs": assumed(200, "not given; as long as the article's SAGAN"),
        "loss": stated("wasserstein", "a WGAN"),
        "spectral_norm": assumed(
            "discriminator", "the mechanism is stated, its place is not; Miyato et al.'s (1802.05957)"
        ),
        "dropout": assumed(0.0, "not given; Miyato et al. have none"),
    },
)

NETWORK = "the network that the author published"
TRICKS = "flipped labels, soft targets and noise are stated; how much is of the author's code"

DESAI = Recipe(
    name="desai",
    writeup="U. Desai, Training a Conditional DC-GAN on CIFAR-10 (2018)",
    reported="samples of each class, mode collapse before experience replay; no FID",
    reported_fid=None,
    kind=DesaiSettings,
    given={
        "data": stated("cifar10", "images from all the classes of CIFAR-10 data"),
        "epochs": authors_code(20, "20 epochs"),
        "batch_size": authors_code(16, "batches of 16"),
        "latent_dim": authors_code(100, NETWORK),
        "loss": assumed("bce", "not named; D gives the probability that a sample is real"),
        "inverted_targets": stated(True, "flipped labels; real is 0 in the author's code"),
        "target_noise": authors_code(0.1, TRICKS),
        "target_flips": authors_code(0.0, "5 % of a batch, int(0.05 * 16), is none at batch 16"),
        "fake_labels": authors_code("real", "fakes carry the labels of the real batch"),
        "d_fakes": authors_code("inference", "D's fakes come from predict(), with the moving statistics"),
        "shuffle": authors_code(False, "batches in the data set's order"),
        "update": authors_code("staged", "D on reals and fakes in two passes, then G on random labels"),
        "replay": stated("naive", "every minibatch one generated sample is saved; after N they are shown, and removed"),
        "optimizer": authors_code("adam", NETWORK),
        "g_learning_rate": authors_code(2e-4, NETWORK),
        "d_learning_rate": authors_code(2e-4, NETWORK),
        "beta_1": authors_code(0.5, NETWORK),
        "metrics_every": assumed(1, "not given; an epoch is long"),
        "width": authors_code(128, NETWORK),
        "hidden": authors_code(512, NETWORK),
        "leaky_slope": authors_code(0.1, NETWORK),
        "momentum": authors_code(0.9, "in every batch norm"),
    },
)

OURS = "our choice"

BEST = Recipe(
    name="best",
    writeup="our own: what the field has learned since, in the same two networks",
    reported="not reported elsewhere",
    reported_fid=None,
    kind=DCGANSettings,
    given={
        "epochs": assumed(24, "an hour on one core of a CPU, or less"),
        "batch_size": assumed(32, "twice the steps of 64 for the same images, in little more time"),
        "latent_dim": assumed(100, OURS),
        "loss": assumed("bce", OURS),
        "update": assumed("simultaneous", "one pass through G and one of the fakes through D: the cheapest step"),
        "optimizer": assumed("adam", OURS),
        "g_learning_rate": assumed(2e-4, "the DCGAN paper's, for both networks"),
        "d_learning_rate": assumed(2e-4, "the DCGAN paper's, for both networks"),
        "beta_1": assumed(0.5, "the DCGAN paper's"),
        "flip": assumed(True, "a mirrored photograph is one too"),
        "decay_from": assumed(0.5, OURS),
        "ema_decay": assumed(0.999, "an averaged generator scores better than the last one (1806.04498)"),
        "ema_warmup": assumed(True, "so long an average would still remember the beginning"),
        "metrics": assumed("fid768,cifar", "steers by less noise than 1,000 images have; no figure to lay beside it"),
        "metrics_every": assumed(6, "four times: a curve"),
        "g_width": assumed(64, OURS),
        "d_width": assumed(64, OURS),
        "kernel_size": assumed(4, "even kernels at stride 2 overlap evenly, and are a third cheaper than 5x5"),
        "fully_connected": assumed(True, OURS),
        "g_activation": assumed("relu", "the DCGAN paper's"),
        "leaky_slope": assumed(0.2, "the DCGAN paper's"),
        "d_batch_norm": assumed(True, "the DCGAN paper's"),
        "dropout": assumed(0.0, "the DCGAN paper has none"),
        "weight_stddev": assumed(0.02, "the DCGAN paper's"),
    },
)

QUICK = Recipe(
    name="quick",
    writeup="our own: the first five minutes",
    reported="not reported elsewhere",
    reported_fid=None,
    kind=DCGANSettings,
    given={
        "data": assumed("digits", "nothing to download, and anyone can tell what was learned"),
        "epochs": assumed(24, "under four minutes on two cores"),
        "batch_size": assumed(64, OURS),
        "latent_dim": assumed(64, OURS),
        "loss": assumed("bce", OURS),
        "update": assumed("simultaneous", "one pass through G and one of the fakes through D: the cheapest step"),
        "optimizer": assumed("adam", OURS),
        "g_learning_rate": assumed(1e-3, "five times D's: with 5e-4 for both, D was far ahead and the digits noisier"),
        "d_learning_rate": assumed(2e-4, "the DCGAN paper's"),
        "beta_1": assumed(0.5, "the DCGAN paper's"),
        "ema_decay": assumed(0.995, "an averaged generator is steadier than the last one (1806.04498)"),
        "metrics": assumed(
            "cifar", "needs no download; its classifier knows no digits, but a distance on its features falls"
        ),
        "metrics_every": assumed(6, "four times: a curve"),
        "keep": assumed("last", "the figure is for the curve, not for choosing"),
        "g_width": assumed(48, "small: many steps in a few minutes"),
        "d_width": assumed(32, "small: many steps in a few minutes"),
        "kernel_size": assumed(4, "even kernels at stride 2 overlap evenly, and are a third cheaper than 5x5"),
        "fully_connected": assumed(True, OURS),
        "g_activation": assumed("relu", "the DCGAN paper's"),
        "leaky_slope": assumed(0.2, "the DCGAN paper's"),
        "d_batch_norm": assumed(True, "the DCGAN paper's"),
        "g_condition": assumed("batch-norm", "conditional batch norm, as in SAGAN (1805.08318)"),
        "d_condition": assumed("projection", "projection discriminator (1802.05637), as in SAGAN (1805.08318)"),
        "dropout": assumed(0.0, "the DCGAN paper has none"),
        "weight_stddev": assumed(0.02, "the DCGAN paper's"),
    },
)

RECIPES = {recipe.name: recipe for recipe in (BENDALE, CSA250, HAMED, CELEBA, DESAI, WGAN_SN, BEST, QUICK)}
