"""Where the results of cells lie, and which of them belong to no cell of the grid."""

import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from vaeplay import models
from vaeplay.settings import axes

FOLDERS = ("checkpoints", "codes", "evaluation", "logs/cells", "maps", "metrics", "samples")
"""Each holds one file or folder a cell, under its name."""
SUFFIXES = {"", ".json", ".png", ".safetensors"}


def cell_of(path: Path) -> str | None:
    """The cell whose result a file or folder is, by its name; None where no stage makes such a file."""
    values = axes.parse(path.stem) if path.suffix in SUFFIXES else None
    return path.stem if values and values["model"] in models.names() else None


def orphans(root: Path, cells: Collection[str]) -> Iterator[Path]:
    """Results of cells that are not among `cells`."""
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("*")):
            cell = cell_of(path)
            if cell is not None and cell not in cells:
                yield path


def remove_orphans(root: Path, cells: Collection[str]) -> None:
    """Remove the results of cells that are not among `cells`, those of the grid.

    They are copies: DVC's cache keeps the results, and brings them back with the cell. Where cells leave the grid, the
    settings stage does this. Other orphans come with a checkout or `dvc exp apply` while the settings are as they were:
    they change a folder that maps and report depend on, so that these run, and do it too.
    """
    for path in orphans(root, cells):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
