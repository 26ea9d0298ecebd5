"""Draw the figures, the GIF and the page of runs again, from their folders alone: `python results/plot.py RUN...`."""

import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # runs from any folder, without an install

import common.system.early_stop  # noqa: F401 - first: from here on Ctrl-C is one line

# isort: split
from pathlib import Path

from common.errors import UserError
from common.figures.run_figures import draw_figures
from common.pages.run_page import PAGE, draw_page
from common.run.log import UNITS
from common.run.run_folder import RunFolder
from common.system.command_line import Parser, run_command


def main() -> None:
    """Read the arguments and draw."""
    parser = Parser(prog="python results/plot.py", description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="run folder: finished, running or killed")
    parser.add_argument("--x", choices=UNITS, help="curves over these (default: the write-up's own unit)")
    args = parser.parse_args()
    for path in args.runs:
        run = RunFolder(path)
        run.read_config()
        if not run.log.exists():
            raise UserError(f"{run.log} does not exist yet; a run has one after its first epoch")
        draw_figures(run, args.x)
        draw_page(run)
        drawn = [name for name in ("classes.png", "training.gif") if (run.path / name).exists()]
        print(f"{path}: {', '.join(['losses.png', 'metrics.png', *drawn, PAGE])}")


if __name__ == "__main__":
    run_command(main)
