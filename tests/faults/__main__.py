"""`python -m tests.faults PART`: make faults of one kind, count how they end, and write the table of that kind.

A part takes minutes to an hour on a core. What it finds is mended, and gets a small test of its own.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.faults.page import PAGE, fill
from tests.helpers import ROOT

RECIPE = {"recipe": "dcgan/bendale"}  # where one will do
COUNTED: dict[str, tuple[str, str, dict[str, Any]]] = {  # a part: its module, what it is, what its table takes
    "kills": ("kills", "kill -9 at random instants of four runs", {"rounds": 5}),
    "signals": ("signals", "TERM, INT, HUP, QUIT at random instants", RECIPE),
    "disk": ("full_disk", "a disk that is full at each kind of write", RECIPE),
    "damage": ("damage", "the files of a run and of the cache damaged in nine ways", RECIPE),
    "surroundings": ("surroundings", "homes, encodings, names, the clock, a folder taken away", RECIPE),
    "fuzz": ("fuzz", "every reader on damaged and odd input", {"cases": 100_000}),
    "guided": ("guided", "every reader under guided fuzzing, where atheris is installed", {"seconds": 15}),
    "determinism": ("determinism", "one seed twice, and on two threads", {}),
}


def _count(args: argparse.Namespace) -> None:
    """Fill a table with rows that are made in a temporary folder, with a cache of their own, as they come."""
    from tests.faults.process import preload

    module, _, takes = COUNTED[args.part]
    preload()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CIFAR_GANS_CACHE"] = f"{folder}/cache"
        given = {name: getattr(args, name, value) for name, value in takes.items()}
        for rows in import_module(f"tests.faults.{module}").table(Path(folder), args.only, args.seed, **given):
            fill(args.part, rows, args.page, in_part=bool(args.only))


def _rules(args: argparse.Namespace) -> None:
    from tests.common.training.test_rules import FAULTS
    from tests.faults.rules_table import table

    fill("rules", table(FAULTS), args.page)


def _environments(args: argparse.Namespace) -> None:
    from tests.faults.environments import table

    for rows in table(args.python, args.releases, args.tests):
        fill("environments", rows, args.page)
    sys.exit(not all("passed" in row[-1] and not re.search("failed|error", row[-1]) for row in rows[1:]))


def _all(args: argparse.Namespace) -> None:
    for part in COUNTED:
        subprocess.run([sys.executable, "-m", "tests.faults", part, "--seed", str(args.seed)], cwd=ROOT, check=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--page", type=Path, default=PAGE, help="whose tables are filled (default: the one here)")
    parts = parser.add_subparsers(required=True)
    parts.add_parser("rules", help="which rule speaks on which committed run").set_defaults(do=_rules)
    for name, (_, about, takes) in COUNTED.items():
        part = parts.add_parser(name, help=about)
        part.set_defaults(do=_count, part=name)
        part.add_argument("--seed", type=int, default=0, help="of what is drawn at random")
        part.add_argument("--only", nargs="+", default=[], help="some rows alone, by name; the others stay")
        for key in takes.keys() & {"rounds", "cases", "seconds"}:
            part.add_argument(f"--{key}", type=int, default=takes[key], help=f"how many (default: {takes[key]:,})")
    environments = parts.add_parser("environments", help="a smoke test on each Python, lowest and newest releases")
    environments.add_argument("--python", nargs="+", default=["3.11", "3.12", "3.13"], help="versions, or programs")
    environments.add_argument("--releases", nargs="+", default=["lowest", "newest"], choices=["lowest", "newest"])
    environments.add_argument("--tests", nargs="+", default=[], help="files for pytest (default: the smoke test)")
    environments.set_defaults(do=_environments)
    every = parts.add_parser("all", help=f"{', '.join(COUNTED)}, one after the other: hours on a core")
    every.add_argument("--seed", type=int, default=0, help="of what is drawn at random")
    every.set_defaults(do=_all)
    return parser


def main() -> None:
    """Read the arguments and do that part."""
    args = _parser().parse_args()
    args.page = args.page.resolve()  # a part may go elsewhere
    args.do(args)


if __name__ == "__main__":
    main()
