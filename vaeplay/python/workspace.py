"""The workspace's cells and images."""

from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from vaeplay import cli
from vaeplay.data import prepared
from vaeplay.errors import UserError
from vaeplay.settings.mistakes import nearest, printed

WEIGHTS = "model.safetensors"
"""The checkpoint in a folder that `vaeplay export --hub` writes."""
SPLITS = ("train", "validation", "test")


class Images(NamedTuple):
    """Images in 0…1, (N, channels, height, width), and their classes, (N,)."""

    images: Tensor
    labels: Tensor


def images(split: str = "test") -> Images:
    """The images of a split of the workspace's data set, and their classes.

    Raises:
        UserError: there is no such split, no data set yet, or no workspace here or above.
    """
    if split not in SPLITS:
        raise UserError(f"{printed(split)}: no such split; there are {', '.join(SPLITS)}{nearest(split, list(SPLITS))}")
    found = prepared.read(cli.workspace() / "data/images.safetensors", split)
    return Images(prepared.as_float(found.images), found.labels)


def cells() -> list[str]:
    """The names of the workspace's trained cells, each of which `vaeplay.load` takes.

    Raises:
        UserError: there is no workspace here or above.
    """
    return sorted(path.stem for path in (cli.workspace() / "checkpoints").glob("*.safetensors"))


def checkpoint_of(path: str | Path) -> Path:
    """A checkpoint's path as given, that in an exported folder, or that of a cell of the workspace.

    Raises:
        UserError: it is the name of no cell.
    """
    if (Path(path) / WEIGHTS).is_file():
        return Path(path) / WEIGHTS
    if Path(path).suffix or Path(path).exists() or len(Path(path).parts) > 1:
        return Path(path)
    known = cells()
    if str(path) not in known:
        raise UserError(f"{printed(str(path))}: no such cell{nearest(str(path), known)}; `vaeplay.cells()` lists them")
    return cli.workspace() / f"checkpoints/{path}.safetensors"
