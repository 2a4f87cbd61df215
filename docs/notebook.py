"""Runs docs/notebook.ipynb and keeps what it shows: `python -m docs.notebook`.

The cells of the notebook are its source: edit them in place, in any editor of notebooks, and run this again.
"""

from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).with_name("notebook.ipynb")
SHOWN = ("text/html", "image/png", "text/plain")


def run(notebook: Any, folder: Path) -> Any:
    """The notebook with what its cells show, run in `folder`; without times, warnings and progress."""
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    for number, cell in enumerate(cell for cell in notebook.cells if cell.cell_type == "code"):
        cell.metadata, cell.execution_count = {}, number + 1
        cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        for output in cell.outputs:
            if "data" in output:
                best = next(kind for kind in SHOWN if kind in output.data)
                output.data = {best: output.data[best]}
            if "execution_count" in output:
                output.execution_count = number + 1
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return notebook


if __name__ == "__main__":
    found = run(nbformat.read(NOTEBOOK, as_version=4), NOTEBOOK.parent)
    nbformat.write(found, NOTEBOOK)
