"""Compare all runs with the write-ups: a table on standard output and one page, `results/index.html`, claims first."""

import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # runs from any folder, without an install

import common.system.early_stop  # noqa: F401 - first: from here on Ctrl-C is one line

# isort: split
from pathlib import Path

from common.errors import UserError
from common.pages.protocols import counts
from common.run.remarks import read_remarks
from common.run.run_folder import RunFolder
from common.system.command_line import Parser, run_command
from common.system.files import write_text
from results.report_page.glance import glance
from results.report_page.page import report_page
from results.report_page.report import Report, System, all_systems, read_system
from results.verdicts.library import Library
from results.verdicts.page import update_front, update_readme, update_statements, write_between_markers

RESULTS = Path(__file__).resolve().parent
PAGE = RESULTS / "index.html"


def main() -> None:
    """Read the arguments, print the table, write the page."""
    parser = Parser(prog="python results/report.py", description=__doc__)
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN", help="run folders (default: all under results/)")
    parser.add_argument("--out", type=Path, default=PAGE, help="the page (default: results/index.html)")
    args = parser.parse_args()
    folders = args.runs or sorted(path.parent for path in RESULTS.glob("*/*/config.json"))
    if not folders:
        raise UserError("there are no runs under results/ yet; name run folders")
    systems = [read_system(RunFolder(folder)) for folder in folders]
    rows = [_row(system) for system in systems]
    print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(row.values()) + " |")
    library = None if args.runs else Library()
    if args.out.resolve() == PAGE and library:
        readme = RESULTS / "README.md"
        write_between_markers(readme, glance(systems, readme), "runs")
        update_readme(library, readme)
        update_front(library, RESULTS.parent / "README.md")
        update_statements(library, RESULTS / "statements.md")
    report = Report(systems if args.runs else all_systems(), library, args.out.resolve().parent)
    write_text(args.out, report_page(report))
    print(f"\n{args.out}")


def _row(system: System) -> dict[str, str]:
    settings = system.settings
    return {
        "run": system.name,
        "reported": system.reported,
        "trained": f"{system.length} on {system.data}, batch {settings.get('batch_size', '?')}, seed "
        f"{settings.get('seed', '?')}, {settings.get('precision', '?')}, "
        f"{system.config.get('device', 'device unknown')}",
        "measured": "; ".join(_best(system, name) for name in system.metrics) or "nothing",
        "remarks": "; ".join(f"{remark.when}: {remark.what}" for remark in read_remarks(system.run)) or "-",
    }


def _best(system: System, name: str) -> str:
    points = system.log.finite(name)
    if not points:
        return f"{name}: not measured"
    (first, start), (epoch, value) = points[0], system.best(name)
    about = system.metrics[name]
    return (
        f"{name} {value:.4g} at epoch {epoch:.0f} (from {start:.4g} at {first:.0f}; "
        f"{about.get('real', '?')}: {counts(about)})"
    )


if __name__ == "__main__":
    run_command(main)
