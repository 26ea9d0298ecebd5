"""What a training step costs on this machine: `python dcgan/benchmark.py step`, `python dcgan/benchmark.py replay`."""

import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # runs from any folder, without an install

import common.system.early_stop  # noqa: F401 - first: from here on Ctrl-C is one line

# isort: split
import argparse

from common.errors import UserError
from common.system.command_line import Parser, run_command
from dcgan.benchmarks.replay import replay
from dcgan.benchmarks.step import step


def main() -> None:
    """Measure, and print a table."""
    parser = Parser(prog="python dcgan/benchmark.py", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="step | replay")
    command = commands.add_parser("step", help="dcgan/bendale's, beside the usual ways to write it")
    command.add_argument("--steps", type=int, default=25, help="of a turn (default: 25)")
    command.add_argument("--turns", type=int, default=5, help="of each way (default: 5)")
    command.set_defaults(run=lambda args: step(_positive(args, "steps"), _positive(args, "turns")))
    command = commands.add_parser("replay", help="dcgan/desai's, with and without experience replay")
    command.add_argument("--cycles", type=int, default=2, help="of a turn: a batch of steps, one replay (default: 2)")
    command.add_argument("--precision", default="mixed_bfloat16", help="(default: mixed_bfloat16)")
    command.set_defaults(run=lambda args: replay(_positive(args, "cycles"), args.precision))
    args = parser.parse_args()
    args.run(args)


def _positive(args: argparse.Namespace, name: str) -> int:
    value = getattr(args, name)
    if value < 1:
        raise UserError(f"--{name} {value} is too small; the least is 1")
    return value


if __name__ == "__main__":
    run_command(main)
