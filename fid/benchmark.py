"""Timings of this package beside the usual way: `python fid/benchmark.py --help`."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))  # runs from any directory

import common.system.early_stop  # noqa: F401 - first: from here on Ctrl-C is one line

# isort: split
import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from common.errors import UserError
from common.system.command_line import Parser, run_command
from common.system.tensorflow_import import quiet_import
from fid.metrics.frechet import frechet_distance_features

COUNT, DIMENSION = 1000, 2048  # of the sets whose distance is timed


def distance() -> None:
    """Print the time of the Frechet distance of two sets, ours and with `scipy.linalg.sqrtm`, and their ratio."""
    import scipy.linalg

    rng = np.random.default_rng(0)
    a = rng.standard_normal((COUNT, DIMENSION))
    b = 1.1 * rng.standard_normal((COUNT, DIMENSION)) + 0.1

    def usual() -> float:
        cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
        root = scipy.linalg.sqrtm(cov_a @ cov_b)
        return float(np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(cov_a + cov_b - 2 * root.real))

    frechet_distance_features(a, b)  # the first call starts the threads of the linear algebra library
    ours, ours_seconds = _best(lambda: frechet_distance_features(a, b), repeats=5)
    theirs, theirs_seconds = _best(usual, repeats=1)
    print(f"Frechet distance of 2 x {COUNT:,} images, {DIMENSION:,} dimensions")
    print(f"  frechet_distance_features  {ours_seconds:9.3f} s   value {ours:.6f}")
    print(f"  scipy.linalg.sqrtm         {theirs_seconds:9.3f} s   value {theirs:.6f}")
    print(f"  {theirs_seconds / ours_seconds:.0f} times faster")


def _best(function: Callable[[], float], repeats: int) -> tuple[float, float]:
    """Return a function's value and its shortest time in seconds."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        value = function()
        seconds.append(time.perf_counter() - start)
    return value, min(seconds)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python fid/benchmark.py", description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    commands.add_parser("distance", help="the Frechet distance beside scipy.linalg.sqrtm")
    command = commands.add_parser(
        "extract", help="768-d FID of two folders of PNGs beside pytorch-fid, installed for it"
    )
    command.add_argument("--weights", type=Path, required=True, help="Inception weights (.npz), at least up to mixed_7")
    command.add_argument("--count", type=int, default=1000, help="images of each folder (default: 1000)")
    command.add_argument("--repeats", type=int, default=1, help="turns, of which the shortest counts (default: 1)")
    command = commands.add_parser("precision", help="what bfloat16 would do to the 768-d FID")
    command.add_argument("--weights", type=Path, required=True, help="Inception weights, at least up to mixed_7")
    command.add_argument("--count", type=int, default=1000, help="images of each set (default: 1000)")
    command = commands.add_parser("measure", help="one measurement of a training, beside real images that are cached")
    command.add_argument("--protocol", default="fid768", help="(default: fid768)")
    command.add_argument("--count", type=int, default=2000, help="generated images (default: 2000)")
    command.add_argument(
        "--weights", type=Path, help="of the FID network (default: $FID_WEIGHTS, the cache, a download)"
    )
    command = commands.add_parser("stream", help="peak memory while many images go through protocol cifar")
    command.add_argument("--count", type=int, default=50_000, help="(default: 50000)")
    return parser


def main() -> None:
    """Run the benchmark that the command line names."""
    args = vars(_parser().parse_args())
    what = args.pop("what")
    if what == "distance":
        distance()
        return
    if args["count"] < 2:
        raise UserError(f"--count {args['count']}: a distance needs at least 2 images")
    if args.get("weights") and not args["weights"].is_file():
        raise UserError(f"--weights {args['weights']}: no such file")
    with quiet_import():  # not before the arguments are known to be good
        from fid.benchmarks.extract import extract, stream
        from fid.benchmarks.measurement import measure
        from fid.benchmarks.precision import precision

    {"extract": extract, "measure": measure, "precision": precision, "stream": stream}[what](**args)


if __name__ == "__main__":
    run_command(main)
