"""Keras layers as steps of a program: one function a kind, by the name of its class."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from common.errors import UserError
from results.playground.program import CODE, Program, Shape, Z

SLOPES = {"relu": 0.0, "leaky_relu": 0.2}  # of activations by name, for negative values
FLAT = ("tanh", "sigmoid")  # those that are steps of their own


def translate(generator: keras.Model) -> Program:
    """The program of a generator: z (B, D), or [z, label (B,) int32], -> images (B, H, W, 3) in [-1, 1].

    Raises:
        UserError: names the first layer that has no steps here, or the option of a layer that they do not know.
    """
    program, values = Program(), {id(tensor): place for tensor, place in zip(generator.inputs, (Z, CODE), strict=False)}
    for layer in generator.operations:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        kind, name = KINDS.get(type(layer).__name__), f"{type(layer).__name__} {layer.name}"
        if not kind:
            raise UserError(f"the generator has the layer {name}; the page computes {', '.join(sorted(KINDS))}")
        try:
            inputs = keras.tree.flatten(layer.input)
            places = [values[id(tensor)] for tensor in inputs]
        except (AttributeError, KeyError) as error:  # Keras: a layer called twice has no one input
            raise UserError(f"the generator is no plain network of layers: at {name}") from error
        values[id(layer.output)] = kind(program, layer, places, [tuple(x.shape[1:]) for x in inputs])
    (image,) = generator.outputs
    if values[id(image)] != len(program.steps) + CODE:
        raise UserError("the generator's images are not made by its last layer")
    return program


def _dense(program: Program, layer: Any, places: list[int], shapes: list[Shape], sigma: float = 1.0) -> int:
    given = _map(layer, shapes[0])
    made = (*given[:2], layer.units)
    x = program.convolution(places[0], _array(layer.kernel)[None, None], given, made)
    return _after_kernel(program, layer, x, layer.units, sigma)


def _conv(program: Program, layer: Any, places: list[int], shapes: list[Shape], sigma: float = 1.0) -> int:
    _only(layer, data_format="channels_last", groups=1, dilation_rate=(1, 1))
    given, made = shapes[0], layer.compute_output_shape((None, *shapes[0]))[1:]
    x = program.convolution(places[0], _array(layer.kernel), given, made, layer.strides, layer.padding)
    return _after_kernel(program, layer, x, layer.filters, sigma)


def _conv_transpose(program: Program, layer: Any, places: list[int], shapes: list[Shape], sigma: float = 1.0) -> int:
    _only(layer, data_format="channels_last", output_padding=None, dilation_rate=(1, 1))
    given, made = shapes[0], layer.compute_output_shape((None, *shapes[0]))[1:]
    kernel = _array(layer.kernel).transpose(0, 1, 3, 2)  # Keras: outputs before inputs
    x = program.transposed(places[0], kernel, given, made, layer.strides, layer.padding)
    return _after_kernel(program, layer, x, layer.filters, sigma)


def _embedding(program: Program, layer: Any, places: list[int], shapes: list[Shape], sigma: float = 1.0) -> int:
    """Rows of a table by class: a product with the class code."""
    place = _class_code(program, layer, places, layer.input_dim)
    table = _array(layer.embeddings)[None, None]
    x = program.convolution(place, table, (1, 1, layer.input_dim), (1, 1, layer.output_dim))
    return program.affine(x, layer.output_dim, 1 / sigma)


def _spectral(program: Program, layer: Any, places: list[int], shapes: list[Shape]) -> int:
    """The layer within, its kernel divided by sigma; its bias and activation come after that."""
    return KINDS[type(layer.layer).__name__](program, layer.layer, places, shapes, float(layer.sigma()))


def _after_kernel(program: Program, layer: Any, x: int, channels: int, sigma: float) -> int:
    x = program.affine(x, channels, 1 / sigma, _array(layer.bias) if layer.use_bias else 0.0)
    return _activated(program, layer, x)


def _activated(program: Program, layer: Any, x: int) -> int:
    """The activation by name that a layer ends in."""
    name = layer.activation.__name__
    if name in SLOPES:
        return program.step("leaky_relu", x, slope=SLOPES[name])
    if name in FLAT:
        return program.step(name, x)
    if name != "linear":
        known = ", ".join(("linear", *SLOPES, *FLAT))
        raise UserError(f"{layer.name} has the activation {name}; the page computes {known}")
    return x


def _relu(program: Program, layer: Any, places: list[int], shapes: list[Shape]) -> int:
    _only(layer, max_value=None, threshold=0)
    return program.step("leaky_relu", places[0], slope=float(layer.negative_slope))


def _leaky_relu(program: Program, layer: Any, places: list[int], shapes: list[Shape]) -> int:
    return program.step("leaky_relu", places[0], slope=float(layer.negative_slope))


def _batch_norm(program: Program, layer: Any, places: list[int], shapes: list[Shape]) -> int:
    if layer.axis not in (-1, len(shapes[0])):
        raise UserError(f"{layer.name} has axis={layer.axis}; the page computes batch norm of the last axis")
    scale = (_array(layer.gamma) if layer.scale else 1.0) / np.sqrt(_array(layer.moving_variance) + layer.epsilon)
    shift = (_array(layer.beta) if layer.center else 0.0) - _array(layer.moving_mean) * scale
    return program.affine(places[0], shapes[0][-1], scale, shift)


def _batch_norm_by_class(program: Program, layer: Any, places: list[int], shapes: list[Shape]) -> int:
    x = _batch_norm(program, layer.norm, places[:1], shapes[:1])
    scale, shift = (program.array(_array(table)) for table in (layer.gamma, layer.beta))
    return program.step("by_class", x, places[1], scale=scale, shift=shift)


def _attention(program: Program, layer: Any, places: list[int], shapes: list[Shape]) -> int:
    """Keys, queries and values, and what they come to; see `sagan.attention`."""
    keys, queries, values = (_conv(program, part, places, shapes) for part in (layer.f, layer.g, layer.h))
    if layer.pooling:
        keys, values = (_pool(program, layer.pooling, [x], [(*shapes[0][:2], part.filters)])
                        for x, part in ((keys, layer.f), (values, layer.h)))  # fmt: skip
    if layer.scaled:
        queries = program.affine(queries, layer.g.filters, np.full(layer.g.filters, layer.g.filters**-0.5), 0.0)
    return program.step("attend", places[0], keys, queries, values, gamma=float(layer.gamma),
                        channels=[layer.f.filters, layer.h.filters])  # fmt: skip


def _pool(program: Program, layer: Any, places: list[int], shapes: list[Shape]) -> int:
    _only(layer, data_format="channels_last", pool_size=(2, 2), strides=(2, 2))
    if any(side % 2 for side in shapes[0][:2]):
        raise UserError(f"{layer.name} pools a map of {shapes[0][0]}x{shapes[0][1]}; the page pools even ones")
    return program.step("max_pool", places[0], input=list(shapes[0]))


def _upsampling(program: Program, layer: Any, places: list[int], shapes: list[Shape]) -> int:
    _only(layer, data_format="channels_last", interpolation="nearest")
    return program.step("upsample", places[0], input=list(shapes[0]), size=list(layer.size))


def _add(program: Program, layer: Any, places: list[int], shapes: list[Shape]) -> int:
    if len(set(shapes)) != 1:
        raise UserError(f"{layer.name} adds maps of other shapes; the page adds equal ones")
    return program.step("add", *places)


def _concatenate(program: Program, layer: Any, places: list[int], shapes: list[Shape]) -> int:
    if layer.axis not in (-1, len(shapes[0])):
        raise UserError(f"{layer.name} has axis={layer.axis}; the page joins along the last axis")
    return program.step("concatenate", *places, channels=[shape[-1] for shape in shapes])


def _one_hot(program: Program, layer: Any, places: list[int], shapes: list[Shape]) -> int:
    _only(layer, output_mode="one_hot")
    return _class_code(program, layer, places, layer.num_tokens)


def _class_code(program: Program, layer: Any, places: list[int], classes: int) -> int:
    if places != [CODE] or program.classes not in (0, classes):
        raise UserError(f"{layer.name} makes a vector of something else than the one label")
    program.classes = classes
    return CODE


def _unchanged(program: Program, layer: Any, places: list[int], shapes: list[Shape]) -> int:
    """A layer that changes no number at inference, or only how they are counted."""
    return places[0]


def _activation(program: Program, layer: Any, places: list[int], shapes: list[Shape]) -> int:
    return _activated(program, layer, places[0])


KINDS: dict[str, Callable[..., int]] = {
    "Activation": _activation,
    "Add": _add,
    "Attention": _attention,
    "BatchNormalization": _batch_norm,
    "CategoryEncoding": _one_hot,
    "Concatenate": _concatenate,
    "ConditionalBatchNormalization": _batch_norm_by_class,
    "Conv2D": _conv,
    "Conv2DTranspose": _conv_transpose,
    "Dense": _dense,
    "Dropout": _unchanged,
    "Embedding": _embedding,
    "Flatten": _unchanged,
    "GaussianNoise": _unchanged,
    "LeakyReLU": _leaky_relu,
    "MaxPooling2D": _pool,
    "ReLU": _relu,
    "Reshape": _unchanged,
    "SpectralNormalization": _spectral,
    "UpSampling2D": _upsampling,
}


def _only(layer: Any, **options: Any) -> None:
    """Refuse a layer with an option that its steps do not have."""
    for name, value in options.items():
        found = getattr(layer, name)
        if (tuple(found) if isinstance(found, list) else found) != value:
            raise UserError(f"{layer.name} has {name}={found}; the page computes {name}={value}")


def _map(layer: Any, shape: Shape) -> Shape:
    """A vector (C,) as a map (1, 1, C)."""
    if len(shape) not in (1, 3):
        raise UserError(f"{layer.name} takes values of shape {shape}; the page computes vectors and maps (H, W, C)")
    return shape if len(shape) == 3 else (1, 1, *shape)


def _array(variable: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(variable).astype(np.float32)
