"""Self-attention over the positions of a feature map, as in SAGAN (Zhang et al., 1805.08318, section 3)."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("cifar10_gans")
class Attention(layers.Layer):
    """(B, H, W, C) -> (B, H, W, C): output = gamma * attended + input.

    1x1 convolutions give keys f and queries g of C/8 channels and values h of C channels. Every position takes the
    mean of the values, weighted by the softmax over the keys of f . g (in float32 whatever the precision). gamma starts
    at 0, where the layer is the identity.

    Args:
        pool: max-pool keys and values 2x2, as the SAGAN authors' code does: a quarter of the positions to look at.
        scaled: divide f . g by the square root of its terms' number, as 1706.03762 does, lest the softmax hardens.
        use_bias: the convolutions have biases.
        initializer: of the convolutions' kernels.
    """

    def __init__(
        self, pool: bool = False, scaled: bool = False, use_bias: bool = False, initializer="glorot_uniform", **kwargs
    ):
        super().__init__(**kwargs)
        self.pool, self.scaled, self.use_bias, self.initializer = pool, scaled, use_bias, initializer

    def build(self, input_shape) -> None:
        """Make the three convolutions and gamma."""
        channels, initializer = input_shape[-1], keras.initializers.get(self.initializer)
        self.f, self.g, self.h = (
            layers.Conv2D(
                width,
                1,
                use_bias=self.use_bias,
                name=name,
                dtype=self.dtype_policy,
                kernel_initializer=initializer.clone(),  # one initializer would give all the same random numbers
            )
            for name, width in (("f", max(1, channels // 8)), ("g", max(1, channels // 8)), ("h", channels))
        )
        for convolution in (self.f, self.g, self.h):
            convolution.build(input_shape)
        self.pooling = layers.MaxPooling2D(2, padding="same", dtype=self.dtype_policy) if self.pool else None
        self.gamma = self.add_weight(shape=(), initializer="zeros", name="gamma")

    def call(self, x):
        """Attend; see the class."""
        attended, _ = self._attend(x)
        return ops.cast(self.gamma, x.dtype) * attended + x

    def attention_map(self, x):
        """Where every position looks: (B, H * W, keys) float32, rows summing to 1; keys are H * W, or pooled ones."""
        return self._attend(x)[1]

    def get_config(self) -> dict:
        """For saving."""
        initializer = keras.initializers.serialize(keras.initializers.get(self.initializer))
        own = {"pool": self.pool, "scaled": self.scaled, "use_bias": self.use_bias, "initializer": initializer}
        return super().get_config() | own

    def _attend(self, x):
        keys, queries, values = self.f(x), self.g(x), self.h(x)
        if self.pooling:
            keys, values = self.pooling(keys), self.pooling(values)
        keys, queries, values = (
            ops.reshape(part, (ops.shape(x)[0], -1, part.shape[-1])) for part in (keys, queries, values)
        )
        scores = ops.cast(ops.matmul(queries, ops.transpose(keys, (0, 2, 1))), "float32")
        if self.scaled:
            scores = scores / self.f.filters**0.5
        weights = ops.softmax(scores, axis=-1)
        attended = ops.matmul(ops.cast(weights, values.dtype), values)
        return ops.reshape(attended, ops.shape(x)), weights


def find_attentions(model: keras.Model) -> list[Attention]:
    """The Attention layers of a network, from its input to its output."""
    return [layer for layer in model.layers if isinstance(layer, Attention)]
