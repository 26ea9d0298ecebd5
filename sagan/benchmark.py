"""What attention costs: SAGAN's step beside DCGAN's, and attention alone: `python sagan/benchmark.py --steps 5`."""

import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # runs from any folder, without an install

import common.system.early_stop  # noqa: F401 - first: from here on Ctrl-C is one line

# isort: split
from collections.abc import Mapping

from common.errors import UserError
from common.system.command_line import Parser, run_command
from common.system.hardware import device_name, versions
from common.system.tensorflow_import import quiet_import
from common.training.memory import HOW, each_in_a_process, peak_memory
from common.training.timing import Work, as_in_training, shortest, training_step
from sagan.recipes import BENDALE

REQUIRED = 1.35  # times the DCGAN step, at most, with pooled attention
TURNS = 5
PRECISIONS = ("float32", "mixed_bfloat16")
STEPS = {"DCGAN": None, "SAGAN": False, "SAGAN, attention_pool=true": True}  # the value: attention_pool
SIZES, CHANNELS = (16, 32), 64


def main() -> None:
    """Measure, and print a page of Markdown."""
    parser = Parser(prog="python sagan/benchmark.py", description=__doc__)
    parser.add_argument("--steps", type=int, default=5, help=f"steps of each of the {TURNS} turns (default: 5)")
    steps = parser.parse_args().steps
    if steps < 1:
        raise UserError(f"--steps {steps} is too small; the least is 1")
    layers = [(precision, size, pool) for precision in PRECISIONS for size in SIZES for pool in (False, True)]
    memory = dict(
        zip(layers, each_in_a_process(memory_of_attention, layers), strict=True)
    )  # before TensorFlow takes the GPU in this process
    with quiet_import():
        import tensorflow as tf
    as_in_training()
    batch = BENDALE.settings.batch_size
    print(f"# What attention costs\n\n{device_name()}; {', '.join(f'{k} {v}' for k, v in versions().items())}; "
          f"batch {batch}. In turns; the shortest of {TURNS} turns of {steps} steps counts.", flush=True)  # fmt: skip
    networks = {(precision, name): gan_step(precision, pool)
                for precision in PRECISIONS for name, pool in STEPS.items()}  # fmt: skip
    _print_steps(shortest(networks, steps, TURNS), batch)
    del networks
    _print_layers(shortest({case: attention_step(*case) for case in layers}, steps, TURNS), memory, bool(_gpus(tf)))


def gan_step(precision: str, pool: bool | None) -> Work:
    """A training step of sagan/bendale; `pool` None: the same settings without attention."""
    import keras

    from dcgan.model import DCGAN
    from sagan.model import SAGAN

    keras.config.set_dtype_policy(precision)
    settings = BENDALE.override({"precision": precision, "attention_pool": bool(pool)}).settings
    gan = DCGAN(settings) if pool is None else SAGAN(settings)
    return training_step(gan, settings)


def attention_step(precision: str, size: int, pool: bool) -> Work:
    """An attention layer forward and backward, on a random feature map (batch, size, size, 64): all its gradients."""
    import tensorflow as tf

    from sagan.attention import Attention

    layer = Attention(pool, dtype=precision)
    shape = (BENDALE.settings.batch_size, size, size, CHANNELS)
    x, upstream = (tf.cast(tf.random.stateless_normal(shape, (0, i)), layer.compute_dtype) for i in range(2))
    layer.build(shape)
    layer.gamma.assign(0.5)  # at 0, where it starts, the gradients of the rest are zeros

    @tf.function
    def step() -> list:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
        return tape.gradient(y, [x, *layer.trainable_variables], output_gradients=upstream)

    return step


def memory_of_attention(precision: str, size: int, pool: bool) -> float:
    """MiB that `attention_step` needs at its peak, beyond what was there before; in a process of its own."""
    with quiet_import():
        import tensorflow as tf
    as_in_training()
    attention_step(precision, 4, pool)()  # so that what is loaded once does not count
    if _gpus(tf):
        tf.config.experimental.reset_memory_stats("GPU:0")
    before = peak_memory()
    step = attention_step(precision, size, pool)
    for _ in range(2):
        step()[-1].numpy()
    return peak_memory() - before


def _gpus(tf) -> list:
    return tf.config.list_physical_devices("GPU")


def _print_steps(seconds: Mapping[tuple[str, str], float], batch: int) -> None:
    size, place = BENDALE.settings.image_size, BENDALE.settings.g_attention_size
    print(f"\n## The training step of sagan/bendale, {size}x{size}, attention at {place}x{place}\n")
    print("| precision | step | images/s | time, DCGAN's = 1 |\n|---|---|---|---|")
    ratios = {key: time / seconds[key[0], "DCGAN"] for key, time in seconds.items()}
    for (precision, name), ratio in ratios.items():
        print(f"| {precision} | {name} | {batch / seconds[precision, name]:.1f} | {ratio:.2f} |")
    pooled = {precision: ratio for (precision, name), ratio in ratios.items() if STEPS[name]}
    verdicts = [f"{ratio:.2f} in {precision}, {'met' if ratio <= REQUIRED else 'missed'}"
                for precision, ratio in pooled.items()]  # fmt: skip
    print(f"\nRequired of pooled attention: at most {REQUIRED}. Measured: {'; '.join(verdicts)}.", flush=True)


def _print_layers(seconds: Mapping[tuple, float], memory: Mapping[tuple, float], gpu: bool) -> None:
    print("\n## Attention alone, forward and backward\n")
    print("| precision | feature map | keys | ms | peak memory, MiB |\n|---|---|---|---|---|")
    for precision, size, pool in seconds:
        keys, case = size // 2 if pool else size, (precision, size, pool)
        print(f"| {precision} | {size}x{size}x{CHANNELS} | {keys}x{keys}{' (pooled)' if pool else ''} "
              f"| {1000 * seconds[case]:.1f} | {memory[case]:.0f} |")  # fmt: skip
    print(
        f"\nPeak memory: growth of {HOW[gpu]} over two calls, each case in a process of its own, after a call on 4x4."
    )


if __name__ == "__main__":
    run_command(main)
