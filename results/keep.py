"""Thin a run out and put it into results/, where the repository keeps it.

Kept: config.json, log.csv, remarks.json; the generator, deflated, its weights rounded to 11 significant bits and in
float32; the samples, drawn anew by it; eight grids of four columns; a GIF of at most 1 MB; the figures in 256 colours;
the run's page. Not kept: checkpoints. At most 4 MB, 10 MB at 64x64; where the generator needs more, its own size and
1.5 MB. With --no-generator it is left out, for a run of which log and pictures say all. A run without remarks.json gets
one, of its log and its generator, where its data set is at hand.
"""

import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # runs from any folder, without an install

import common.system.early_stop  # noqa: F401 - first: from here on Ctrl-C is one line

# isort: split
import argparse
from pathlib import Path

from common.run.run_folder import RunFolder
from common.system.command_line import Parser, run_command
from results.keeping.bounds import size_of
from results.keeping.keep_run import keep_run

RESULTS = Path(__file__).resolve().parent


def main() -> None:
    """Read the arguments, keep the run, say how large it is."""
    parser = Parser(prog="python results/keep.py", description=__doc__,
                    formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("run", type=Path, metavar="RUN", help="run folder: finished or stopped, or a kept run itself")
    parser.add_argument("place", metavar="FAMILY/RECIPE", help="where it goes, in place of what is there")
    parser.add_argument("--to", type=Path, default=RESULTS, help="the folder of kept runs (default: results)")
    parser.add_argument("--no-generator", dest="generator", action="store_false", help="keep log and pictures alone")
    args = parser.parse_args()
    before = size_of(args.run)
    kept = keep_run(RunFolder(args.run), args.place, args.to, args.generator)
    print(f"{kept.path}: {size_of(kept.path) / 1e6:.2f} MB of {before / 1e6:.2f} MB")
    print("Next: a section for it in results/README.md, and python results/report.py")


if __name__ == "__main__":
    run_command(main)
