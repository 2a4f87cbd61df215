"""The cells' pictures as lossless WebP, and fewer images a picture where a page of many cells would grow too large.

Every cell gives up the same rows and columns, so that what remains can still be compared.
"""

import base64
import io
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vaeplay.data.drawing import GAP
from vaeplay.errors import UserError
from vaeplay.gallery import webp
from vaeplay.gallery.page import Picture, Sample
from vaeplay.gallery.wall.samples import path
from vaeplay.rows import evenly

LEVELS = ((64, 64, 64), (12, 4, 8), (12, 3, 6), (10, 2, 5), (8, 2, 4), (6, 2, 3), (5, 1, 3), (4, 1, 3), (3, 1, 2))
"""Columns, rows, and rows of a traversal, at most. The first takes everything."""
PAIRS = ("reconstruction", "best", "worst")
SPREAD = ("reconstruction", "interpolation", "traversal")
"""Kinds whose columns follow an order: what remains is spread evenly over it, its ends included."""

PROBES = 3  # cells whose pictures tell whether all will fit

Pixels = NDArray[np.uint8]


def packed(
    pictures: dict[str, dict[str, bytes]], shape: tuple[int, ...], budget: float
) -> tuple[dict[str, tuple[Sample, ...]], bool]:
    """The pictures of each cell, {cell: {kind: PNG}}, in `budget` bytes, and whether they were thinned.

    `shape` is that of the data set's images, (channels, height, width). Where even the fewest images take too much,
    they are returned all the same: the page as a whole is held to its limit.
    """
    with ThreadPoolExecutor() as pool:  # compressing, which is most of the work, leaves the interpreter to others
        return _packed(pictures, shape, budget, pool)


def _packed(
    pictures: dict[str, dict[str, bytes]], shape: tuple[int, ...], budget: float, pool: ThreadPoolExecutor
) -> tuple[dict[str, tuple[Sample, ...]], bool]:
    tiles = {
        name: {kind: _tiles(path(name, kind), png, shape) for kind, png in kinds.items()}
        for name, kinds in pictures.items()
    }
    made: dict[str, tuple[Sample, ...]] = {}
    for level in LEVELS:
        made = {}
        for done, name in enumerate(tiles, 1):
            made[name] = tuple(pool.map(_sample, tiles[name], tiles[name].values(), repeat(level)))
            if done >= PROBES and level != LEVELS[-1] and _size(made) > 1.1 * budget * done / len(tiles):
                break  # at this rate all will not fit
        if len(made) == len(tiles) and (_size(made) <= budget or level == LEVELS[-1]):
            break
    return made, bool(tiles) and level != LEVELS[0]


def picture(file: str, png: bytes) -> Picture:
    """One PNG, the content of `file`, as it is, for the page."""
    size = _pixels(file, png).shape[1::-1]
    return Picture("data:image/png;base64," + base64.b64encode(png).decode(), *size)


def _size(made: dict[str, tuple[Sample, ...]]) -> int:
    return sum(len(sample.picture.address) for samples in made.values() for sample in samples)


def _pixels(file: str, png: bytes) -> Pixels:
    try:
        with Image.open(io.BytesIO(png)) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:
        raise UserError(f"{file}: a damaged PNG ({error}); delete it and run `uv run dvc repro`") from None


def _tiles(file: str, png: bytes, shape: tuple[int, ...]) -> Pixels:
    """The images in a picture: (rows, columns, height, width, 3), or one image where it is no sheet of `shape`."""
    pixels = _pixels(file, png)
    if len(shape) == 3:
        high, wide = shape[1] + GAP, shape[2] + GAP
        rows, columns = (pixels.shape[0] - GAP) // high, (pixels.shape[1] - GAP) // wide
        if rows and columns and pixels.shape[:2] == (rows * high + GAP, columns * wide + GAP):
            cut = pixels[GAP:, GAP:].reshape(rows, high, columns, wide, 3)
            return cut[:, : shape[1], :, : shape[2]].transpose(0, 2, 1, 3, 4)
    return pixels[None, None]


def _sample(kind: str, tiles: Pixels, level: tuple[int, int, int]) -> Sample:
    most_columns, most_rows, most_dimensions = level
    rows, columns = tiles.shape[:2]
    if kind == "traversal":
        rows = min(rows, most_dimensions)
    elif kind not in PAIRS:
        rows = min(rows, most_rows)
    if columns > most_columns:
        spread = evenly(columns, most_columns)
        kept = spread if kind in SPREAD else slice(-most_columns, None) if kind == "worst" else slice(most_columns)
        tiles = tiles[:, kept]
    sheet = _sheet(tiles[:rows])
    picture = Picture(webp.address(sheet), sheet.shape[1], sheet.shape[0])
    rows, columns = (rows, tiles.shape[1]) if rows > 1 or tiles.shape[1] > 1 else (0, 0)
    return Sample(kind, picture, rows, columns)


def _sheet(tiles: Pixels) -> Pixels:
    """Images side by side, (rows, columns, height, width, 3) → RGBA (height, width, 4), with transparent gaps."""
    rows, columns, height, width = tiles.shape[:4]
    if rows == columns == 1:
        return np.asarray(tiles[0, 0])
    cells = np.zeros((rows, height + GAP, columns, width + GAP, 4), np.uint8)
    cells[:, :height, :, :width, :3] = tiles.transpose(0, 2, 1, 3, 4)
    cells[:, :height, :, :width, 3] = 255
    return cells.reshape(rows * (height + GAP), columns * (width + GAP), 4)[:-GAP, :-GAP]
