"""The layers of DCGAN's networks, as the settings of a run make them."""

import keras
from keras import layers

from common.spectral_norm import SpectralNormalization
from dcgan.settings import DCGANSettings

Tensor = keras.KerasTensor


class NetworkLayers:
    """Apply layers to feature maps: kernels initialised, and spectrally normalised, as the settings say.

    Args:
        settings: of the networks.
        network: "generator" or "discriminator".
    """

    def __init__(self, settings: DCGANSettings, network: str):
        self.settings = settings
        self.spectral = settings.spectral_norm in (network, "both")

    @property
    def initializer(self) -> keras.initializers.Initializer:
        """A new one for every kernel: Keras 3 gives all kernels of one initializer the same random numbers."""
        return build_initializer(self.settings)

    def conv(self, x: Tensor, width: int, **options) -> Tensor:
        """Convolve (B, H, W, C) to `width` channels; `options` as in `_convolved`."""
        return self._convolved(layers.Conv2D, x, width, **options)

    def conv_transpose(self, x: Tensor, width: int, **options) -> Tensor:
        """Convolve (B, H, W, C) transposed to `width` channels; `options` as in `_convolved`."""
        return self._convolved(layers.Conv2DTranspose, x, width, **options)

    def _convolved(
        self,
        kind: type[layers.Layer],
        x: Tensor,
        width: int,
        size: int | None = None,
        strides: int = 2,
        padding: str = "same",
        **kwargs,
    ) -> Tensor:
        """`size` is the kernel's, else that of the settings."""
        size = size or self.settings.kernel_size
        return self.kernel(kind(width, size, strides, padding, kernel_initializer=self.initializer, **kwargs))(x)

    def downsampled(self, x: Tensor, width: int, **kwargs) -> Tensor:
        """Halve height and width: by stride, or by 2x2 max pooling of a plain convolution."""
        if self.settings.resampling == "pooling":
            return layers.MaxPooling2D(2)(self.conv(x, width, strides=1, **kwargs))
        return self.conv(x, width, **kwargs)

    def upsampled(self, x: Tensor, width: int, **kwargs) -> Tensor:
        """Double height and width: by a transposed convolution, or by repeating pixels before a plain one."""
        if self.settings.resampling == "pooling":
            return self.conv(layers.UpSampling2D(2)(x), width, strides=1, **kwargs)
        return self.conv_transpose(x, width, **kwargs)

    def dense(self, x: Tensor, units: int, **kwargs) -> Tensor:
        """Connect (B, C) fully to `units`."""
        return self.kernel(layers.Dense(units, kernel_initializer=self.initializer, **kwargs))(x)

    def embedding(self, label: Tensor, classes: int, width: int, **kwargs) -> Tensor:
        """Look labels (B,) up: (B, width)."""
        return self.kernel(layers.Embedding(classes, width, self.initializer, **kwargs))(label)

    def kernel(self, layer: layers.Layer) -> layers.Layer:
        """The layer, spectrally normalised where the settings say so."""
        convolution = isinstance(layer, layers.Conv2D | layers.Conv2DTranspose)
        if self.spectral and (convolution or self.settings.spectral_norm_dense):
            return SpectralNormalization(layer)
        return layer


def build_initializer(settings: DCGANSettings) -> keras.initializers.Initializer:
    """Of all kernels: N(0, weight_stddev) (1511.06434, section 4), or Keras' own, Glorot's uniform one."""
    if settings.initializer == "glorot":
        return keras.initializers.GlorotUniform()
    return keras.initializers.RandomNormal(0.0, settings.weight_stddev)


def activation(name: str, slope: float) -> layers.Layer:
    """An activation by its name in the settings; `slope` is LeakyReLU's for negative values."""
    if name == "leaky_relu":
        return layers.LeakyReLU(slope)
    return layers.ReLU() if name == "relu" else layers.Activation(name)
