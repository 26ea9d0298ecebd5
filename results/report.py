"""Compare all runs with the write-ups: a table on standard output and one page, `results/index.html`, claims first."""

import argparse
import html
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # the project runs from any folder, without an install

from common.errors import UserError
from common.run.remarks import read_remarks
from common.run.run_folder import RunFolder
from common.system.command_line import Parser, run_command
from common.system.files import write_text
from results.verdicts.library import Library
from results.verdicts.page import html_section, update_readme

RESULTS = Path(__file__).resolve().parent
PAGE = RESULTS / "index.html"
FIGURES = ("samples.png", "training.gif", "losses.png", "metrics.png", "classes.png")
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-size: 0.9rem; }
th, td { text-align: left; padding: 0.3rem 0.7rem; border-bottom: 1px solid #ddd; vertical-align: top; }
section { border-top: 2px solid #222; margin-top: 3rem; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
.figures img { max-width: 31rem; width: 100%; border: 1px solid #eee; }
.final img { width: 64px; height: 64px; image-rendering: pixelated; margin-right: 4px; }
[data-source="assumed"] { color: #a40; } [data-source="command line"] { color: #06c; }
[data-source="author's code"] { color: #374; }
"""


def main() -> None:
    """Read the arguments, print the table, write the page."""
    parser = Parser(prog="python results/report.py", description=__doc__)
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN", help="run folders (default: all under results/)")
    parser.add_argument("--out", type=Path, default=PAGE, help="the page (default: results/index.html)")
    args = parser.parse_args()
    folders = args.runs or sorted(path.parent for path in RESULTS.glob("*/*/config.json"))
    if not folders:
        raise UserError("there are no runs under results/ yet; name run folders")
    runs = [RunFolder(folder) for folder in folders]
    rows = [_row(run) for run in runs]
    print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(row.values()) + " |")
    write_text(args.out, _page(runs, rows, _claims(args), args.out.resolve().parent))
    print(f"\n{args.out}")


def _claims(args: argparse.Namespace) -> str:
    """The section on all claims, where no runs are asked for by name; the README's table goes with the default page."""
    if args.runs:
        return ""
    library = Library()
    if args.out == PAGE:
        update_readme(library, RESULTS / "README.md")
    return html_section(library)


def _row(run: RunFolder) -> dict[str, str]:
    config, log = run.read_config(), run.read_log()
    settings = config["settings"]
    done = int(log.rows[-1]["epoch"]) if log.rows else 0
    return {
        "run": f"{config['family']}/{config['recipe']}",
        "reported": config["reported"],
        "trained": f"{done} epochs on {config['data']['name']}, batch {settings['batch_size']['value']}, "
        f"seed {settings['seed']['value']}, {settings['precision']['value']}, {config.get('device', 'device unknown')}",
        "measured": "; ".join(_best(name, log, config["metrics"]) for name in config["metrics"]) or "nothing",
        "remarks": "; ".join(f"{remark.when}: {remark.what}" for remark in read_remarks(run)) or "-",
    }


def _best(name: str, log: Any, protocols: dict[str, Any]) -> str:
    epochs, values = log.series(name)
    if not values:
        return f"{name}: not measured"
    protocol = protocols[name]
    best = (max if protocol.get("higher_is_better") else min)(range(len(values)), key=values.__getitem__)
    return (
        f"{name} {values[best]:.4g} at epoch {epochs[best]:.0f} (from {values[0]:.4g} at {epochs[0]:.0f}; "
        f"{protocol['real_count']:,} real {protocol['split']}, {protocol['fake_count']:,} generated)"
    )


def _page(runs: list[RunFolder], rows: list[dict[str, str]], claims: str, base: Path) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row.values()) + "</tr>" for row in rows)
    sections = "".join(_section(run, row, base) for run, row in zip(runs, rows, strict=True))
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>CIFAR-10 GANs: results</title><style>{STYLE}</style>"
        "<h1>CIFAR-10 GANs: our runs against the write-ups</h1>"
        "<p>A figure compares only with figures of the same protocol. The write-ups' FIDs were taken after far "
        "longer training, CSA 250's on 1,000 images, Hamed's on 256: they stand here as reported, not as a rank.</p>"
        f"{claims}<h2>All runs</h2><table><tr>{head}</tr>{body}</table>{sections}</html>\n"
    )


def _section(run: RunFolder, row: dict[str, str], base: Path) -> str:
    config = run.read_config()
    folder = Path(os.path.relpath(run.path, base))
    figures = [_image(folder / name, name) for name in FIGURES if (run.path / name).exists()]
    finals = [_image(folder / "final_images" / file.name) for file in sorted(run.final_images.glob("*.png"))]
    settings = "".join(
        f'<tr data-source="{html.escape(item["source"])}"><td>{html.escape(key)}'
        f"<td>{html.escape(str(item['value']))}<td>{html.escape(item['source'])}<td>{html.escape(item['why'])}</tr>"
        for key, item in config["settings"].items()
    )
    return (
        f"<section><h2>{html.escape(row['run'])}</h2><p>{html.escape(config['writeup'])}."
        f" Reported: {html.escape(row['reported'])}.</p>"
        f"<p>{html.escape(row['trained'])}.<br>{html.escape(row['measured'])}.</p>"
        f"<div class=figures>{''.join(figures)}</div><p class=final>{''.join(finals)}</p>"
        f"<details><summary>Settings and their sources</summary><table>{settings}</table></details></section>"
    )


def _image(path: Path, alt: str = "") -> str:
    return f'<img loading=lazy alt="{alt}" src="{quote(path.as_posix())}">'


if __name__ == "__main__":
    run_command(main)
