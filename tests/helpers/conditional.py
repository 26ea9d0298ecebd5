"""A tiny conditional generator with the interface of the real ones, for tests."""

import keras


def tiny_generator(classes: int = 10, latent_dim: int = 4, size: int = 32, encoding: str = "one_hot") -> keras.Model:
    """[z (B, latent_dim), label (B,) int32] -> images (B, size, size, 3) in [-1, 1], with random weights."""
    keras.utils.set_random_seed(0)
    z, label = keras.Input((latent_dim,), name="z"), keras.Input((), dtype="int32", name="label")
    if encoding == "one_hot":
        code = keras.layers.CategoryEncoding(classes, output_mode="one_hot")(label)
    else:
        code = keras.layers.Embedding(classes, 3, embeddings_initializer="random_normal")(label)
    x = keras.layers.Concatenate()([z, 3 * code])
    x = keras.layers.Dense(8 * 8 * 3, kernel_initializer=keras.initializers.RandomNormal(0, 0.4))(x)
    x = keras.layers.Reshape((8, 8, 3))(x)
    x = keras.layers.Conv2DTranspose(3, size // 8, strides=size // 8)(x)
    return keras.Model([z, label], keras.layers.Activation("tanh")(x), name="generator")
