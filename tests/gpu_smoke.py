"""What was not tested for want of a GPU, in one command: `python tests/gpu_smoke.py`. Paste its tables in an issue.

It trains every recipe for a few steps in every precision, with and without XLA and with deterministic operations, then
stops a run and goes on, and samples beside a training. On a CPU it works too, slowly: `--recipes dcgan/bendale`.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)

from common.errors import UserError
from common.system.command_line import Parser, run_command
from common.system.hardware import compute_capabilities, device_name, versions
from common.system.tensorflow_import import quiet_import
from csagan.recipes import RECIPES as CSAGAN_RECIPES
from dcgan.recipes import RECIPES as DCGAN_RECIPES
from sagan.recipes import RECIPES as SAGAN_RECIPES

RECIPES = {
    f"{family}/{name}": recipe
    for family, recipes in (("dcgan", DCGAN_RECIPES), ("sagan", SAGAN_RECIPES), ("csagan", CSAGAN_RECIPES))
    for name, recipe in recipes.items()
}
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
RUN = ["--data", "photos", "--steps-per-epoch", "20", "--metrics-every", "0",
       "--set", "g_width=16", "--set", "d_width=16"]  # fmt: skip
COLUMNS = ("recipe", "precision", "jit", "deterministic", "images/s", "peak MiB", "seconds to compile", "result")
HEAD = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|"


def main() -> None:
    """Print the tables."""
    parser = Parser(
        prog="python tests/gpu_smoke.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--recipes", default=",".join(RECIPES), help="comma-separated, such as dcgan/bendale")
    parser.add_argument("--precisions", default=",".join(PRECISIONS), help="comma-separated")
    parser.add_argument("--jit", default="false,true", help="comma-separated")
    parser.add_argument("--steps", type=int, default=30, help="that are timed, after the first three (default: 30)")
    parser.add_argument("--deterministic", action="store_true", help="rows with deterministic operations alone")
    args = parser.parse_args()
    names, precisions, jits = (text.split(",") for text in (args.recipes, args.precisions, args.jit))
    for given, known in ((names, RECIPES), (precisions, PRECISIONS), (jits, ("false", "true"))):
        for name in given:
            if name not in known:
                raise UserError(f"{name!r} is not one of {', '.join(known)}")
    with quiet_import():
        import tensorflow  # noqa: F401
    if args.deterministic:  # for a process as a whole, and not together with XLA
        make_rows(names, precisions, ["false"], args.steps, deterministic=True)
        return
    made_with = ", ".join(f"{name} {version}" for name, version in versions().items())
    print(f"{device_name()}; compute capability {compute_capabilities() or 'none'}; {made_with}\n\n{HEAD}", flush=True)
    make_rows(names, precisions, jits, args.steps, deterministic=False)
    child = [sys.executable, __file__, "--recipes", args.recipes, "--precisions", args.precisions, "--deterministic"]
    subprocess.run([*child, "--steps", str(args.steps)], stderr=subprocess.DEVNULL, check=False)
    print("\n| check | result |\n|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for check in (resume_with_determinism, resume_without, sample_beside_a_training, all_devices):
            print(
                f"| {check.__doc__} | {attempt(lambda check=check: check(Path(folder) / check.__name__))} |", flush=True
            )


def make_rows(names: list[str], precisions: list[str], jits: list[str], steps: int, deterministic: bool) -> None:
    """Train every combination for three steps and `steps` more, and print a row each."""
    from common.training.determinism import make_deterministic

    make_deterministic(0, deterministic)
    for name in names:
        for precision in precisions:
            for jit in jits:
                result = attempt(lambda case=(name, precision, jit): measure(*case, steps))
                cells = result if isinstance(result, tuple) else ("-", "-", "-", result)
                print("|", " | ".join([name, precision, jit, str(deterministic).lower(), *cells]), "|", flush=True)


def measure(name: str, precision: str, jit: str, steps: int) -> tuple[str, str, str, str]:
    """Images a second, peak of memory, seconds to compile, and how it ended."""
    import keras
    import numpy as np
    import tensorflow as tf

    from common.data.batches import Batches
    from common.data.dataset import Split
    from common.training.devices import OneDevice
    from common.training.fast_step import speed_up
    from common.training.loop import compiled_steps
    from csagan.model import CSAGAN
    from dcgan.model import DCGAN
    from sagan.model import SAGAN

    keras.backend.clear_session()
    keras.config.set_dtype_policy(precision)
    settings = RECIPES[name].override({"precision": precision, "steps_per_epoch": 1000}).settings
    gan = {"dcgan": DCGAN, "sagan": SAGAN, "csagan": CSAGAN}[name.split("/")[0]](settings, 10)
    speed_up(gan)
    count, size = settings.step_images * max(3, steps), settings.image_size
    images = np.random.default_rng(0).integers(0, 256, (count, size, size, 3), np.uint8)
    data = Split(images, np.arange(count, dtype=np.int32) % 10)
    batches = Batches(data, settings.step_images, 0, flip=True, device=OneDevice().place(images))
    run = compiled_steps(tf.function(gan.train_step, jit_compile=True) if jit == "true" else gan.train_step, batches)
    gpu = bool(tf.config.list_logical_devices("GPU"))
    if gpu:
        tf.config.experimental.reset_memory_stats("GPU:0")
    seconds = []
    for epoch, number in enumerate((3, steps)):
        began = time.perf_counter()
        run(iter(batches.epoch(epoch, 0, number)), tf.constant(number))
        losses = float(gan.d_loss.result()), float(gan.g_loss.result())
        seconds.append(time.perf_counter() - began)
    peak = f"{tf.config.experimental.get_memory_info('GPU:0')['peak'] / 2**20:.0f}" if gpu else "-"
    result = "ok" if np.isfinite(losses).all() else "not finite: d_loss {:.3g}, g_loss {:.3g}".format(*losses)
    return f"{steps * settings.step_images / seconds[1]:.0f}", peak, f"{seconds[0]:.0f}", result


def attempt(work):
    """What `work` returns, or its error as one short line: a row must not end the table."""
    try:
        return work()
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}".replace("|", "/")


def train(out: Path, epochs: int, *more: str) -> None:
    """Run `dcgan/train.py` to its end."""
    command = [
        sys.executable,
        str(ROOT / "dcgan" / "train.py"),
        *RUN,
        "--out",
        str(out),
        "--epochs",
        str(epochs),
        *more,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-300:])


def difference(out: Path, *more: str) -> str:
    """How far the weights of a run that was stopped lie from those of one that was not."""
    import numpy as np

    train(out / "straight", 4, *more)
    train(out / "stopped", 2, *more)
    train(out / "stopped", 4, *more)
    one, other = (dict(np.load(max((out / run / "checkpoints").iterdir()))) for run in ("straight", "stopped"))
    floats = [name for name in one if np.issubdtype(one[name].dtype, np.floating)]
    same = all(one[name].tobytes() == other[name].tobytes() for name in one if name != "meta")
    return (
        "the same bytes" if same else f"largest difference {max(np.abs(one[n] - other[n]).max() for n in floats):.3g}"
    )


def resume_with_determinism(out: Path) -> str:
    """a run stopped and gone on with, `--deterministic true`"""
    return difference(out, "--deterministic", "true")


def resume_without(out: Path) -> str:
    """a run stopped and gone on with, `--deterministic false`"""
    return difference(out, "--deterministic", "false")


def sample_beside_a_training(out: Path) -> str:
    """`sample.py` while `train.py` computes"""
    train(out, 1)
    command = [sys.executable, str(ROOT / "dcgan" / "train.py"), *RUN, "--out", str(out), "--epochs", "100000"]
    training = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not (out / "grids" / "0002.png").exists() and training.poll() is None:
            time.sleep(0.5)
        sample = [sys.executable, str(ROOT / "dcgan" / "sample.py"), str(out)]
        done = subprocess.run(sample, capture_output=True, text=True, check=False)
        alive = training.poll() is None
    finally:
        training.kill()
        training.wait()
    return "ok" if alive and not done.returncode else f"training alive: {alive}; {done.stderr[-300:]}"


def all_devices(out: Path) -> str:
    """an epoch with `--devices all`, or 2 without a GPU"""
    train(out, 1, "--devices", "all" if compute_capabilities() else "2")
    return f"ok, {max(1, len(compute_capabilities()))} GPUs" if compute_capabilities() else "ok, two parts of the CPU"


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    run_command(main)
