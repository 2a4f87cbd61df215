"""A few images of a cell's sample pictures, cut out and enlarged: the same places for every cell."""

import base64
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from vaeplay.data.drawing import GAP
from vaeplay.gallery import webp
from vaeplay.gallery.page import Cell
from vaeplay.rows import evenly

SHOWN = 4
SIDE = 84
"""Pixels of an image on the page, about; it is enlarged by a whole number."""
MOST_BYTES = 4_000  # of a strip, from which on it is compressed with loss
ROOM = 280_000
"""Bytes of all strips of the page, about and at most: those of eight cells, of six answers, and of the tour."""
ORIGINAL = ("reconstruction", 0)
RECONSTRUCTION = ("reconstruction", 1)
SAMPLE = ("prior", 0)
FROM_MIXTURE = ("fitted", 1)
CLOSEST = ("nearest", 0)
TRAINING = ("nearest", 1)


@dataclass(frozen=True)
class Strip:
    """Images side by side: a `data:` address, and the size at which they are shown."""

    address: str
    width: int
    height: int


def strip(cell: Cell, kind: str, row: int, shown: int = SHOWN) -> Strip | None:
    """At most `shown` images of one row of a cell's picture; None where it has none, or no such row.

    Reconstructions are taken evenly from the row, which is ordered by class; of other kinds, the first are taken.
    """
    sample = next((item for item in cell.samples if item.kind == kind), None)
    if sample is None or row >= sample.rows:
        return None
    content = base64.b64decode(sample.picture.address.partition(",")[2])
    with Image.open(io.BytesIO(content)) as image:
        sheet = np.asarray(image.convert("RGBA"))
    high, wide = (sheet.shape[0] + GAP) // sample.rows, (sheet.shape[1] + GAP) // sample.columns
    places = evenly(sample.columns, shown) if kind == ORIGINAL[0] else range(sample.columns)[:shown]
    lines = np.pad(sheet, ((0, GAP), (0, GAP), (0, 0)))[row * high : (row + 1) * high - GAP]
    tiles = np.stack([lines[:, place * wide : place * wide + wide - GAP] for place in places])
    tiles = webp.smaller(tiles, SIDE)
    cut = np.concatenate(np.pad(tiles, ((0, 0), (0, 0), (0, GAP), (0, 0))), axis=1)[:, :-GAP]
    scale = max(1, round(SIDE / max(tiles.shape[1:3])))
    return Strip(webp.address(cut, most=MOST_BYTES), cut.shape[1] * scale, cut.shape[0] * scale)
