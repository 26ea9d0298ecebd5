"""The settings of DCGAN's networks, beside those that every family has."""

from dataclasses import dataclass

from common.settings import Settings, setting


@dataclass(frozen=True, kw_only=True)
class DCGANSettings(Settings):
    """Fields of the two networks in `dcgan/model.py`."""

    g_width: int = setting("channels of the generator's widest feature map; doubles with every halving", low=1)
    d_width: int = setting("channels of the discriminator's first layer; doubles with every halving", low=1)
    kernel_size: int = setting("height and width of every strided kernel", low=2, high=9)
    fully_connected: bool = setting("Dense at G's start and D's end; false: convolutions only")
    g_activation: str = setting("activation in the generator", choices=("relu", "leaky_relu"))
    leaky_slope: float = setting("LeakyReLU's slope for negative values", low=0.0, high=1.0)
    d_batch_norm: bool = setting("batch norm in the discriminator, but not on its input layer")
    spectral_norm: str = setting(
        "networks whose kernels are spectrally normalised", "none", choices=("none", "discriminator", "both")
    )
    dropout: float = setting("dropout after each of the discriminator's activations", low=0.0, high=0.9)
    weight_stddev: float = setting("standard deviation of the initial weights, N(0, this)", low=1e-4, high=1.0)
