"""`python -m tests.faults PART`: make faults of one kind, count how they end, and write the table of that kind."""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from tests.faults.page import fill
from tests.faults.rules_table import table


def _rules(args: argparse.Namespace) -> None:
    from tests.test_rules import FAULTS

    fill("rules", table(FAULTS))


def main() -> None:
    """Read the arguments and do that part."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parts = parser.add_subparsers(required=True)
    parts.add_parser("rules", help="which rule speaks on which committed run").set_defaults(do=_rules)
    args = parser.parse_args()
    args.do(args)


if __name__ == "__main__":
    main()
