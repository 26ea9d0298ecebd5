"""Spectral normalisation as Miyato et al. define it (1802.05957): W / sigma(W), differentiated through sigma."""

import keras
from keras import ops

KERNELS = {"Conv2D": "kernel", "Conv2DTranspose": "kernel", "Dense": "kernel", "Embedding": "embeddings"}
EPSILON = 1e-12


@keras.saving.register_keras_serializable("cifar10_gans")
class SpectralNormalization(keras.layers.Wrapper):
    """Divide a layer's kernel by its largest singular value.

    The kernel itself stays as it is: only the forward pass sees W / sigma, and the gradient flows through
    sigma = u' W v. The vector u moves only by `power_iteration`, which a training step calls once per update of the
    network. So calls change nothing, in training or at inference: D is the same function in D's step and in G's.

    Args:
        layer: a Conv2D, Conv2DTranspose, Dense or Embedding.
    """

    def __init__(self, layer: keras.layers.Layer, **kwargs):
        if type(layer).__name__ not in KERNELS:
            raise ValueError(f"SpectralNormalization wraps {', '.join(KERNELS)}, not {type(layer).__name__}")
        super().__init__(layer, **{"dtype": layer.dtype_policy} | kwargs)

    def build(self, input_shape) -> None:
        """Make u, the first left singular vector of the initial kernel, so that sigma is right from the first step."""
        super().build(input_shape)
        left, _, _ = ops.svd(self._matrix(), full_matrices=False)
        self.u = self.add_weight(
            shape=left[:, 0].shape, initializer="zeros", trainable=False, name="u", dtype="float32", autocast=False
        )
        self.u.assign(left[:, 0])

    def power_iteration(self) -> None:
        """One step of the power method on the current kernel."""
        matrix = ops.stop_gradient(self._matrix())
        self.u.assign(_unit(ops.matmul(matrix, _unit(ops.matmul(self.u, matrix)))))

    def sigma(self) -> keras.KerasTensor:
        """The estimate of the largest singular value, a float32 scalar; differentiable in the kernel."""
        matrix = self._matrix()
        u = ops.stop_gradient(ops.convert_to_tensor(self.u))
        v = ops.stop_gradient(_unit(ops.matmul(u, matrix)))
        return ops.sum(u * ops.matmul(matrix, v)) + EPSILON

    def call(self, inputs, **kwargs):
        """The layer's output with kernel W / sigma; its bias and activation are not scaled."""
        if isinstance(self.layer, keras.layers.Embedding):
            embedded = self.layer(inputs, **kwargs)
            return embedded / ops.cast(self.sigma(), embedded.dtype)
        # (W / sigma) x = W (x / sigma): the layer's own call does the rest.
        inputs = ops.cast(inputs, self.compute_dtype)
        return self.layer(inputs / ops.cast(self.sigma(), inputs.dtype), **kwargs)

    def compute_output_shape(self, input_shape):
        """The layer's own."""
        return self.layer.compute_output_shape(input_shape)

    def _matrix(self):
        """The kernel as (inputs, outputs), float32; a transposed convolution stores outputs before inputs."""
        kernel = ops.cast(getattr(self.layer, KERNELS[type(self.layer).__name__]), "float32")
        if isinstance(self.layer, keras.layers.Conv2DTranspose):
            kernel = ops.transpose(kernel, (0, 1, 3, 2))
        return ops.reshape(kernel, (-1, kernel.shape[-1]))


def find_spectral_layers(model: keras.Model) -> list[SpectralNormalization]:
    """Every spectrally normalised layer of a model, nested ones included."""
    return [layer for layer in model._flatten_layers() if isinstance(layer, SpectralNormalization)]


def _unit(vector):
    return vector / (ops.norm(vector) + EPSILON)
