"""Reconstructions of some test images by every cell, as a sheet a cell, with the values of metrics at each.

`evaluation/<cell>/reconstructions.safetensors` holds `rows` (n,) of the test split, the same for every cell, and
`images` (n, channels, height, width). The page shows as many of them as BYTES hold, spread evenly.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vaeplay.errors import UserError
from vaeplay.gallery import webp
from vaeplay.gallery.image.data import VALUES
from vaeplay.gallery.page import Reconstructions
from vaeplay.gallery.tensors import Tensors
from vaeplay.rows import evenly

BYTES = 520_000  # of all sheets on the page
QUALITY = 75  # with it, a digit is off by two grey levels on average
SIDE = 64  # pixels of an image each way, at most
PROBES = 8  # cells whose sheets tell how many images fit

Pixels = NDArray[np.uint8]


def read(root: Path, names: Sequence[str]) -> Reconstructions | None:
    """What the page shows of the cells that have such a file; None where none has.

    Raises:
        UserError: a file is damaged, or is about other images than the first.
    """
    files = {
        name: path for name in names if (root / (path := f"evaluation/{name}/reconstructions.safetensors")).exists()
    }
    if not files:
        return None
    made: dict[str, Pixels] = {}
    rows: NDArray[np.int64] | None = None
    for name, path in files.items():
        file = Tensors(root, path)
        own, images = file["rows"].astype(np.int64), file["images"]
        if images.ndim != 4 or images.dtype != np.uint8 or len(own) != len(images):
            raise UserError(f"{path}: not what the evaluation writes; delete it and run `dvc repro`")
        rows = own if rows is None else rows
        if not np.array_equal(own, rows):
            raise UserError(f"{path}: of other test images than {next(iter(files.values()))}; run `dvc repro`")
        made[name] = webp.smaller(images.transpose(0, 2, 3, 1), SIDE)
    assert rows is not None
    data = Tensors(root, "data/images.safetensors")
    originals, labels = data["test_images"], data["test_labels"]
    if len(rows) == 0 or rows.max() >= len(originals):
        raise UserError(
            f"{next(iter(files.values()))}: of other test images than data/images.safetensors; run `dvc repro`"
        )
    chosen = evenly(len(rows), _fitting(list(made.values())))
    rows = rows[chosen]
    columns = math.ceil(math.sqrt(len(rows)))
    shown = webp.smaller(originals[rows].transpose(0, 2, 3, 1), SIDE)
    return Reconstructions(
        rows=tuple(rows.tolist()),
        labels=tuple(labels[rows].tolist()),
        columns=columns,
        size=(shown.shape[2], shown.shape[1]),
        originals=webp.lossy(webp.tiled(shown, columns)),
        sheets={name: webp.lossy(webp.tiled(images[chosen], columns), QUALITY) for name, images in made.items()},
        values={name: _values(root, name, rows, len(originals)) for name in files},
    )


def _fitting(made: list[Pixels]) -> int:
    """How many images of each cell fit, by the sheets of a few cells."""
    probes = [made[place] for place in evenly(len(made), PROBES)]
    count = len(probes[0])
    each = sum(len(webp.lossy(webp.tiled(images, math.ceil(math.sqrt(count))), QUALITY)) for images in probes)
    return max(1, min(count, int(count * BYTES * len(probes) / (each * (len(made) + 1)))))


def _values(root: Path, name: str, rows: NDArray[np.int64], images: int) -> dict[str, tuple[float | None, ...]]:
    """The values at these images, as far as the evaluation has kept them: of many images, it keeps some."""
    path = f"evaluation/{name}/images.safetensors"
    if not (root / path).exists():
        return {}
    file = Tensors(root, path)
    found = {key: file[key] for key in VALUES if key in file}
    return {key: _at(values, rows, images, VALUES[key][1]) for key, values in found.items()}


def _at(values: NDArray[Any], rows: NDArray[np.int64], images: int, digits: int) -> tuple[float | None, ...]:
    places = {int(row): place for place, row in enumerate(evenly(images, len(values)))}
    known = (places.get(int(row)) for row in rows)
    return tuple(None if place is None else round(float(values[place]), digits) for place in known)
