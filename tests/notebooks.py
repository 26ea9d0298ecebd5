"""Run a notebook from top to bottom, with other values in its cell tagged `parameters`.

    python tests/notebooks.py tutorial.ipynb       run it as it is, and keep its outputs in the file

Needs tests/requirements-notebooks.txt.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MINUTES = 15  # of a cell, at most
NOTEBOOKS = tuple(sorted(path.name for path in ROOT.glob("*.ipynb")))


def read(name: str) -> dict:
    """A notebook of the top folder."""
    return json.loads((ROOT / name).read_text(encoding="utf-8"))


def code_cells(name: str) -> list[str]:
    """The text of its cells of code."""
    return ["".join(cell["source"]) for cell in read(name)["cells"] if cell["cell_type"] == "code"]


def execute(name: str, parameters: Mapping[str, Any]) -> Any:
    """Run it in the top folder, in a kernel of this Python; the notebook with its outputs.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
    """
    import nbclient
    import nbformat

    notebook = nbformat.read(ROOT / name, as_version=4)
    (cell,) = (cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    kept, changes = cell.source, "\n".join(f"{key} = {value!r}" for key, value in parameters.items())
    cell.source = f"{kept}\n{changes}"
    client = nbclient.NotebookClient(
        notebook, timeout=60 * MINUTES, record_timing=False, resources={"metadata": {"path": str(ROOT)}}
    )
    client.execute()
    cell.source = kept
    return notebook


def texts(notebook: Any) -> list[str]:
    """What each cell of code has printed."""
    return ["".join(out.get("text", "") for out in cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Run notebooks of the top folder, and keep their outputs in them.")
    parser.add_argument("names", nargs="+", choices=NOTEBOOKS, metavar="NOTEBOOK", help=", ".join(NOTEBOOKS))
    names = parser.parse_args().names

    import nbformat

    for name in names:
        done = execute(name, {})
        done.metadata.pop("widgets", None)
        done.metadata["language_info"] = {"name": "python"}
        nbformat.write(done, ROOT / name)
