"""The claims of the write-ups and their verdicts; and the runs that are still missing for them.

python results/claims.py [NAME...]                  the verdicts, from the outcomes on disk
python results/claims.py run NAME... [--jobs N]     do the runs of these claims that are missing, and judge them
python results/claims.py run NAME... --pilot        a run each with a seed that is not theirs, to choose their length by
"""

import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # runs from any folder, without an install

import common.system.early_stop  # noqa: F401 - first: from here on Ctrl-C is one line

# isort: split
import argparse
import signal
from pathlib import Path

from common.errors import TrainingFailed, UserError
from common.system.command_line import Parser, run_command
from results.verdicts.library import FOLDER, Library
from results.verdicts.pilot import Pilots
from results.verdicts.progress import Overview
from results.verdicts.runner import ROOT, Runner
from results.verdicts.table import describe, plain

RUNS = Path("runs") / "claims"


def main() -> int | None:
    """Show verdicts, or do runs."""
    words = sys.argv[1:]
    return do_runs(words[1:]) if words[:1] == ["run"] else show(words)


def show(words: list[str]) -> None:
    """Print the table of all claims, or the whole of those named."""
    parser = Parser(prog="python results/claims.py", description=__doc__,
                    formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("names", nargs="*", metavar="NAME", help="claims to show whole (default: a table of all)")
    parser.add_argument("--claims", type=Path, default=FOLDER, help="their folder (default: results/claims)")
    parser.add_argument("--at", type=int, metavar="STEP", help="judge at an earlier step of the same runs")
    args = parser.parse_args(words)
    verdicts = Library(args.names, args.claims, args.at).verdicts()
    print("\n\n".join(map(describe, verdicts)) if args.names else plain(verdicts))


def do_runs(words: list[str]) -> int | None:
    """Do what is missing; 1 where a run or a measurement failed."""
    parser = Parser(prog="python results/claims.py run", description="Do the runs of claims that are still missing.",
                    epilog="Stopped at any instant, the same command goes on from there.")  # fmt: skip
    parser.add_argument("names", nargs="+", metavar="NAME", help="claims")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time; the cores are shared out (default: 1)")
    parser.add_argument("--runs", type=Path, default=RUNS, help=f"where the run folders go (default: {RUNS})")
    parser.add_argument("--claims", type=Path, default=FOLDER, help="folder of the claims (default: results/claims)")
    parser.add_argument("--pilot", action="store_true", help="run the first arm of each with a seed of pilots alone")
    args = parser.parse_args(words)
    if args.jobs < 1:
        raise UserError(f"--jobs {args.jobs} is less than one")
    library = (Pilots if args.pilot else Library)(args.names, args.claims)
    failures = run_missing(library, args.runs, args.jobs)
    print(library.describe(library.known_records(args.runs)) if args.pilot else
          "\n\n".join(map(describe, library.verdicts())))  # fmt: skip
    if failures:
        raise TrainingFailed(f"{len(failures)} failed: {'; '.join(failures)}")


def run_missing(library: Library, runs: Path, jobs: int, root: Path = ROOT) -> list[str]:
    """Do the runs of claims that are missing, `jobs` at a time, and keep each in the outcomes as it ends.

    Args:
        library: the claims.
        runs: where the run folders go.
        jobs: how many at a time.
        root: the project whose train.py is used.

    Returns:
        What failed, a line each: runs that are neither done nor diverged, and measurements at their end.
    """
    for verdict in library.verdicts():
        if verdict.strays:
            print(f"note: out of the outcome of {verdict.claim.name}, which does not want them now: "
                  f"{', '.join(verdict.strays)}")  # fmt: skip
    records = library.known_records(runs)
    library.keep(records)
    work = library.missing(records)
    again = [trial.title for trial, _ in work if trial.id in records and not (runs / trial.id).is_dir()]
    if again:
        print(f"note: done again, to be measured at its end, since its folder in {runs} is gone: {', '.join(again)}")

    def done(record: dict) -> None:
        records[record["id"]] = record
        library.keep(records)
        overview.finish(record)

    runner = Runner(runs, jobs, done, root)
    overview = Overview(runner, [trial for trial, _ in work])
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        runner.start(work)
        while runner.busy():
            runner.wait(0.5)
            overview.show()
    except KeyboardInterrupt:
        print("\nStopping: each run saves its state.", flush=True)
        runner.stop()
        print(f"Stopped; what was reached is in {runs}. The same command goes on from there.")
        raise
    return runner.failures


if __name__ == "__main__":
    run_command(main)
