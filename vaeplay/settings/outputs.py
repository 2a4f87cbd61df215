"""Where the results of cells are stored, and which of them belong to no cell of the grid."""

import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from vaeplay import models
from vaeplay.settings import axes

FOLDERS = ("checkpoints", "codes", "evaluation", "film", "logs/cells", "maps", "metrics", "samples")
"""Each holds one file or folder per cell, named after it."""
SUFFIXES = {"", ".json", ".png", ".safetensors"}


def cell_of(path: Path) -> str | None:
    """The cell whose result a file or folder is, judging by its name; None if no stage writes such a file."""
    values = axes.parse(path.stem) if path.suffix in SUFFIXES else None
    return path.stem if values and models.known(values["model"]) else None


def orphans(root: Path, cells: Collection[str]) -> Iterator[Path]:
    """Results of cells that are not among `cells`."""
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("*")):
            cell = cell_of(path)
            if cell is not None and cell not in cells:
                yield path


def remove_orphans(root: Path, cells: Collection[str]) -> None:
    """Remove the results of cells that are not among `cells`, those of the grid.

    DVC's cache keeps the results and restores them with the cell. The settings stage calls this when cells leave the
    grid. Orphans can also come with a checkout or `dvc exp apply` that leaves the settings alone. These change a folder
    that maps and report depend on, so those stages run, and call this too.
    """
    for path in orphans(root, cells):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
