"""evaluation/<cell>/dial.safetensors for the page: deflated, as base64, with what the page says of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vaeplay.errors import UserError
from vaeplay.gallery.explorer.packing import KEY, packed
from vaeplay.gallery.tensors import Tensors


@dataclass(frozen=True)
class Rung:
    """What a multi-rate VAE comes to at one β: nats per image, and the Fréchet distance of its samples."""

    beta: float
    rate: float
    distortion: float
    elbo: float
    frechet: float


@dataclass(frozen=True)
class Dial:
    """A cell's dial: the file for the script, the classes of its points, and its ladder in the order of β."""

    cell: str
    payload: str
    labels: tuple[int, ...]
    ladder: tuple[Rung, ...]
    error: float


def read(root: Path, names: Sequence[str]) -> tuple[Dial, ...]:
    """The dials of those cells that have one.

    Raises:
        UserError: a file is malformed.
    """
    return tuple(_dial(root, name) for name in names if (root / _path(name)).exists())


def _path(name: str) -> str:
    return f"evaluation/{name}/dial.safetensors"


def _dial(root: Path, name: str) -> Dial:
    file, labels = Tensors(root, _path(name)), Tensors(root, "data/images.safetensors")["test_labels"]
    try:
        about = json.loads(file.metadata[KEY])
        ladder = tuple(Rung(**rung) for rung in about["ladder"])
        error = float(about["error"])
    except (KeyError, TypeError, ValueError) as wrong:
        raise UserError(f"{_path(name)}: damaged ({wrong}); delete it and run `dvc repro`") from None
    payload = packed({key: file[key] for key in sorted(file.names)}, about)
    return Dial(name, payload, tuple(int(labels[row]) for row in file["rows"]), ladder, error)
