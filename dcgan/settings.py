"""The settings of the networks in this folder, beside those that every family has."""

from dataclasses import dataclass

from common.errors import UserError
from common.settings import Settings
from common.system.fields import setting

MOST = 16_384  # channels or units: more take more memory than machines have


@dataclass(frozen=True, kw_only=True)
class DCGANSettings(Settings):
    """Fields of the two networks in `dcgan/model.py`."""

    blocks: str = setting(
        "rows of both networks: plain ones, or the residual blocks of SNGAN (1802.05957, table 4), 3x3, of g_width and "
        "d_width channels everywhere, with sum pooling before D's logit; its ReLU in D is leaky_slope=0",
        "plain",
        choices=("plain", "residual"),
    )
    d_features: str = setting(
        "learned: all of D is; classifier: D is small heads, of d_width channels, on the fixed feature maps of the "
        "classifier of protocol cifar (Projected GANs, 2111.01007). Figures of cifar are then no judge",
        "learned",
        choices=("learned", "classifier"),
    )
    g_width: int = setting(
        "channels of the generator's widest feature map; doubles with every halving", low=1, high=MOST
    )
    d_width: int = setting("channels of the discriminator's first layer; doubles with every halving", low=1, high=MOST)
    kernel_size: int = setting("height and width of every strided kernel", low=2, high=9)
    fully_connected: bool = setting(
        "Dense at G's start and D's end; false: convolutions only, but for what d_condition and d_hidden add to D"
    )
    smallest_map: int = setting(
        "height and width of G's first feature map and of D's last; at 8 D has a convolution less, and G's first one "
        "keeps the size, as in TensorFlow's tutorial",
        4,
        low=4,
        high=8,
    )
    resampling: str = setting(
        "how feature maps change size: strided, by strided and transposed convolutions; pooling, by plain convolutions "
        "with 2x2 max pooling after D's and pixels repeated before G's",
        "strided",
        choices=("strided", "pooling"),
    )
    g_activation: str = setting("activation in the generator", choices=("relu", "leaky_relu", "tanh"))
    g_batch_norm: bool = setting("batch norm in the generator, but not on its output layer", True)
    leaky_slope: float = setting("LeakyReLU's slope for negative values", low=0.0, high=1.0)
    d_batch_norm: bool = setting("batch norm in the discriminator, but not on its input layer")
    spectral_norm: str = setting(
        "networks whose kernels, but for attention's, are spectrally normalised",
        "none",
        choices=("none", "discriminator", "both"),
    )
    spectral_norm_dense: bool = setting(
        "spectral_norm is of Dense and Embedding kernels too, not of convolutions alone", True
    )
    d_input_batch_norm: bool = setting("batch norm on the discriminator's input layer too", False)
    g_condition: str = setting(
        "how the label reaches the generator: not at all, one-hot with z, or by conditional batch norm (1610.07629)",
        "none",
        choices=("none", "latent", "batch-norm"),
    )
    d_condition: str = setting(
        "how the label reaches the discriminator: not at all, as one-hot planes beside the image, one-hot or through "
        "an embedding beside the last convolution's output, by projection (1802.05637), or only to be told by an "
        "auxiliary classifier, whose loss has the weight `auxiliary`",
        "none",
        choices=("none", "image", "features", "embedding", "projection", "classifier"),
    )
    d_embedding: int = setting("units of the embedding of d_condition=embedding", 128, low=1, high=MOST)
    d_hidden: int = setting(
        "units of a fully connected layer before the discriminator's logit; 0: none", 0, low=0, high=MOST
    )
    minibatch_kernels: int = setting(
        "kernels of minibatch discrimination (1606.03498) before the discriminator's logit; 0: none",
        0,
        low=0,
        high=1024,
    )
    minibatch_deviation: bool = setting(
        "minibatch standard deviation (1710.10196) beside the discriminator's last feature maps", False
    )
    dropout: float = setting("dropout after the activations of the discriminator's convolutions", low=0.0, high=0.9)
    initializer: str = setting(
        "initial kernels, but for attention's: normal, N(0, weight_stddev); glorot, Keras' own, Glorot's uniform one",
        "normal",
        choices=("normal", "glorot"),
    )
    weight_stddev: float = setting("of initializer=normal: standard deviation of the kernels", 0.02, low=1e-4, high=1.0)

    def __post_init__(self):
        super().__post_init__()
        if (self.g_condition == "none") != (self.d_condition == "none"):
            raise UserError(f"g_condition={self.g_condition} and d_condition={self.d_condition}: both or neither")
        if self.d_condition in ("features", "embedding") and not self.d_hidden:
            raise UserError(
                f"d_condition={self.d_condition} needs d_hidden: right before the logit, a label only shifts it and "
                "says nothing of the image"
            )
        if self.d_input_batch_norm and not self.d_batch_norm:
            raise UserError("d_input_batch_norm=true needs d_batch_norm=true: it is of one more layer")
        if self.smallest_map not in (4, 8):
            raise UserError(f"smallest_map={self.smallest_map}: 4 or 8")
        as_in_the_tutorial = self.blocks == "plain" and self.fully_connected and self.resampling == "strided"
        if self.smallest_map == 8 and not (as_in_the_tutorial and self.image_size > 8):
            raise UserError(
                "smallest_map=8 needs blocks=plain, fully_connected=true, resampling=strided and an image_size of 16 "
                "or more"
            )
        if not self.g_batch_norm and self.g_condition == "batch-norm":
            raise UserError("g_condition=batch-norm needs g_batch_norm=true: the label reaches G through it")
        if self.d_features == "classifier":
            self._check_heads()
        as_in_the_paper = self.fully_connected and not self.d_batch_norm
        if self.blocks == "residual" and not (as_in_the_paper and self.resampling == "strided"):
            raise UserError(
                "blocks=residual needs d_batch_norm=false and fully_connected=true, as in its paper, and has a "
                "resampling of its own: leave that at strided"
            )

    def _check_heads(self) -> None:
        if self.d_condition not in ("none", "projection") or self.d_hidden or self.minibatch_kernels:
            raise UserError(
                "d_features=classifier has heads of its own: d_condition=none or projection, d_hidden=0 and "
                "minibatch_kernels=0"
            )
        if self.image_size < 16:
            raise UserError(f"image_size={self.image_size}: d_features=classifier needs 16 or more")

    @property
    def conditional(self) -> bool:
        """Whether the networks take labels."""
        return self.g_condition != "none"

    @property
    def has_classifier(self) -> bool:
        """Whether D has an auxiliary classifier."""
        return self.d_condition == "classifier"


@dataclass(frozen=True, kw_only=True)
class DesaiSettings(Settings):
    """Fields of the two networks in `dcgan/desai.py`."""

    width: int = setting("channels of every feature map", low=1, high=MOST)
    hidden: int = setting("units of the discriminator's fully connected layer", low=1, high=MOST)
    leaky_slope: float = setting("LeakyReLU's slope for negative values", low=0.0, high=1.0)
    momentum: float = setting("batch norm's momentum", low=0.0, high=0.9999)
    minibatch_kernels: int = setting(
        "kernels of minibatch discrimination (1606.03498) before D's fully connected layer; 0: none",
        0,
        low=0,
        high=1024,
    )

    def __post_init__(self):
        super().__post_init__()
        if self.image_size != 32:
            raise UserError(f"image_size={self.image_size}: this network makes images of 32x32 alone")

    @property
    def conditional(self) -> bool:
        """These networks always take labels."""
        return True


@dataclass(frozen=True, kw_only=True)
class HamedSettings(Settings):
    """Fields of the two networks in `dcgan/hamed.py`."""

    width: int = setting("channels of the largest feature maps; doubles with every halving", low=1, high=MOST)
    leaky_slope: float = setting("LeakyReLU's slope for negative values", low=0.0, high=1.0)

    @property
    def conditional(self) -> bool:
        """These networks take no labels."""
        return False
