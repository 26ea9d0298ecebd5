"""Write a run's generator for the page: its layers and weights as text; or, with --page, a page to play with it.

`python results/export_js.py RUN` writes RUN/generator.json. `python results/export_js.py --page RUN...` writes
generator.html into the first RUN: one file that computes pictures in a browser, offline. Without runs the page is
results/generator.html, of the committed generators.
"""

import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # runs from any folder, without an install

import common.system.early_stop  # noqa: F401 - first: from here on Ctrl-C is one line

# isort: split
import argparse
import json
from pathlib import Path

from common.errors import UserError
from common.run.run_folder import RunFolder
from common.system.command_line import Parser, run_command
from common.system.files import write_text
from common.system.tensorflow_import import quiet_import

RESULTS = Path(__file__).resolve().parent
# One a family: the first that is kept. Three of `best` are 7.7 MB; two of them with csa250's would be too large.
SHOWN = (("csagan/best", "csagan/hamed"), ("dcgan/best", "dcgan/quick"), ("sagan/best", "sagan/csa250"))
LARGEST = 8_000_000  # bytes of a page


def shown(results: Path = RESULTS) -> list[str]:
    """The committed runs of the page, FAMILY/RECIPE; together they fit into it."""
    kept = [[name for name in names if (results / name / "generator.keras").exists()] for names in SHOWN]
    return [names[0] for names in kept if names]


def main() -> None:
    """Read the arguments and write the text, or the page."""
    parser = Parser(
        prog="python results/export_js.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN", help="run folder, with a generator.keras")
    parser.add_argument("--page", action="store_true", help="a page of all of them")
    parser.add_argument("--out", type=Path, help="the file (default: generator.json or .html in the first RUN)")
    args = parser.parse_args()
    committed = not args.runs
    runs = [RunFolder(path) for path in args.runs or map(RESULTS.joinpath, shown())]
    if len(runs) > 1 and not (args.page or committed):
        raise UserError("the text is of one RUN; a page of several is written with --page")
    for run in runs:
        run.read_config()
    with quiet_import():
        from results.playground.export import export_run
        from results.playground.page import page
    generators = [export_run(run) for run in runs]
    if args.page or committed:
        out = args.out or (RESULTS if committed else runs[0].path) / "generator.html"
        text = page(generators, "index.html" if committed else None)
    else:
        out = args.out or runs[0].path / "generator.json"
        text = json.dumps(generators[0], allow_nan=False, separators=(",", ":")) + "\n"
    if len(text) > LARGEST and (args.page or committed):
        print(f"the page has {len(text) / 1e6:.1f} MB; browsers take it, mail may not", file=sys.stderr)
    write_text(out, text)
    print(out)


if __name__ == "__main__":
    run_command(main)
