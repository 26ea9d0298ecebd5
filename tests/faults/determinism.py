"""One seed twice, and on one and on two threads: whether the bytes are the same, by family and precision.

The networks are wider than those of other parts: TensorFlow gives tiny ones to one thread anyway.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import tensorflow as tf

from tests.faults.process import run
from tests.faults.tiny_runs import differences

SHORT = ["--data", "photos", "--epochs", "1", "--steps-per-epoch", "6", "--metrics-every", "0"]
WIDE = ["--batch-size", "32", "--set", "g_width=32", "--set", "d_width=32"]
FAMILIES = {
    "dcgan/bendale": ["dcgan/train.py", "--recipe", "bendale", *SHORT, *WIDE],
    "sagan/bendale": ["sagan/train.py", "--recipe", "bendale", *SHORT, *WIDE],
    "csagan/hamed": ["csagan/train.py", "--recipe", "hamed", *SHORT, "--batch-size", "32", "--image-size", "32",
                     "--set", "width=64", "--set", "validation_steps=1"],
    "csagan/best": ["csagan/train.py", "--recipe", "best", *SHORT, *WIDE],
}  # fmt: skip
PRECISIONS = ("float32", "mixed_bfloat16")


def table(folder: Path, only: list[str], seed: int) -> Iterator[list[list[str]]]:
    """The rows so far, a family under a precision more each time."""
    rows = [["recipe", "precision", "one seed twice, one thread", "one and two threads"]]
    for recipe in only or FAMILIES:
        for precision in PRECISIONS:
            out = folder / f"{len(rows)}"
            given = [*FAMILIES[recipe], "--precision", precision, "--seed", str(seed), "--out"]
            for name, threads in (("once", 1), ("again", 1), ("two", 2)):
                ended = run([*given, str(out / name)], partial(_use, threads))
                assert not ended.code, ended.output
            found = [", ".join(differences(out / name, out / "once")) for name in ("again", "two")]
            rows.append([recipe, precision, *(f"other {odd}" if odd else "the same bytes" for odd in found)])
            print("  ".join(rows[-1]), flush=True)
            yield rows


def _use(threads: int) -> None:
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
