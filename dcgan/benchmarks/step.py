"""The step of dcgan/bendale beside the same networks in the usual loops, and beside what the machine can do."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from common.system.hardware import compute_capabilities, device_name, versions
from common.system.tensorflow_import import quiet_import
from common.training.timing import Steps, in_processes
from dcgan.benchmarks import peers, pytorch
from dcgan.recipes import BENDALE

OURS = {"float32": "float32", "mixed_bfloat16": "bfloat16"}  # by precision: what its convolutions compute in
ON_A_GPU = OURS | {"mixed_float16": "float16"}
PRODUCT = 2048  # rows and columns of the matrices whose product tells the machine's rate
BATCH = BENDALE.settings.batch_size


def step(steps: int, turns: int) -> None:
    """Measure, and print a table in Markdown."""
    torch = _version("torch")
    with quiet_import():
        precisions = ON_A_GPU if compute_capabilities() else OURS
    ways = contenders(precisions, with_pytorch=torch is not None)
    products = {f"product, {dtype}": partial(matrix_product, dtype) for dtype in precisions.values()}
    seconds = in_processes(ways | products, steps, turns)
    with quiet_import():
        operations = step_operations()
    known = versions() | ({"torch": f"{torch} on {pytorch.device()}"} if torch else {})
    print(f"dcgan/bendale, batch {BATCH}; {device_name()}; {', '.join(f'{k} {v}' for k, v in known.items())}.")
    print(f"{turns} turns of {steps} steps, each way in a process of its own: median (lowest to highest).\n")
    columns = " | ".join(f"ours in {name} is faster by" for name in precisions)
    print(f"| step | images/s | {columns} |\n|---|---|{'---|' * len(precisions)}")
    for name in ways:
        ratios = [_spread([a / b for a, b in zip(seconds[name], seconds[f"ours, {own}"], strict=True)], ".2f")
                  for own in precisions]  # fmt: skip
        print(f"| {name} | {_spread([BATCH / s for s in seconds[name]], '.0f')} | {' | '.join(ratios)} |")
    _print_share(seconds, precisions, operations)
    if not torch:
        print("\nPyTorch is not installed; it would be measured too: pip install torch")


def contenders(precisions: Iterable[str], with_pytorch: bool) -> dict[str, Callable[[], Steps]]:
    """The ways to write a step, by name: each builds, in its own process, a function that does so many steps."""
    ways = {f"ours, {precision}": partial(peers.ours, precision) for precision in precisions}
    ways |= {
        "tutorial's loop, float32": peers.tutorial,
        "keras.io's train_step under fit, float32": peers.keras_io,
    }
    if with_pytorch:
        ways |= {
            "PyTorch, float32": partial(pytorch.build, bfloat16=False, channels_last=False),
            "PyTorch, bfloat16": partial(pytorch.build, bfloat16=True, channels_last=False),
            "PyTorch, bfloat16, channels last": partial(pytorch.build, bfloat16=True, channels_last=True),
        }
    return ways


def matrix_product(dtype: str) -> Steps:
    """A step: one product of two matrices of 2,048 x 2,048."""
    with quiet_import():
        import tensorflow as tf
    matrix = tf.cast(tf.random.stateless_normal((PRODUCT, PRODUCT), (0, 0)), dtype)
    product = tf.function(lambda: tf.matmul(matrix, matrix)[0, 0])

    def run(steps: int) -> None:
        for _ in range(steps):
            result = product()
        result.numpy()

    return run


def step_operations() -> float:
    """Multiplications and additions of the layers in a step: 2 passes through D and 1 through G, with all gradients.

    Of D: real and fake images forward, weights' gradients of both, images' gradients of both and, for G, of the fakes
    again, without the first layer's own in D's two. Of G: forward, weights' and inputs' gradients, the latter not of z.
    """
    from dcgan.model import build_discriminator, build_generator

    d, g = (_operations(build(BENDALE.settings)) for build in (build_discriminator, build_generator))
    return BATCH * (7 * sum(d) - 2 * d[0] + 3 * sum(g) - g[0])


def _operations(network) -> list[float]:
    """Of one image forward, layer by layer: two for every weight at every place where it is applied."""
    from keras import layers

    counts = []
    for layer in network.layers:
        if isinstance(layer, layers.Dense | layers.Conv2D | layers.Conv2DTranspose):
            places = layer.input if isinstance(layer, layers.Conv2DTranspose) else layer.output
            _, *size, _ = places.shape
            counts.append(2.0 * layer.kernel.shape.num_elements() * (size[0] * size[1] if size else 1))
    return counts


def _print_share(seconds: Mapping[str, Sequence[float]], precisions: Mapping[str, str], operations: float) -> None:
    print(f"\nThe layers of a step are {operations / BATCH / 1e6:.0f} million operations an image. Beside the rate of "
          f"a product of two matrices of {PRODUCT:,} x {PRODUCT:,}:\n\n"
          "| precision | product, GFLOP/s | ours, GFLOP/s | share |\n|---|---|---|---|")  # fmt: skip
    for precision, dtype in precisions.items():
        product = [2.0 * PRODUCT**3 / s / 1e9 for s in seconds[f"product, {dtype}"]]
        ours = [operations / s / 1e9 for s in seconds[f"ours, {precision}"]]
        shares = [a / b for a, b in zip(ours, product, strict=True)]
        print(f"| {precision} | {_spread(product, '.0f')} | {_spread(ours, '.0f')} | {_spread(shares, '.0%')} |")


def _spread(values: Sequence[float], form: str) -> str:
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
