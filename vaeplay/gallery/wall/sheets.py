"""The cells' pictures as WebP: fewer and smaller images a picture, with loss, where the page would grow too large.

Every cell gives up the same rows, columns and pixels, so that what remains can still be compared.
"""

import io
import math
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
LARGE = 32 * 32  # pixels times channels: from here on, all levels but the first are lossy
SIDES = (256, 128, 128, 128, 96, 96, 64, 64, 64)
"""Pixels of an image each way, at most, at each level."""
EXAMPLES_BYTES = 300_000  # from which on the data card's examples are compressed with loss
WHOLE = ("reconstruction", "stages", "nearest", "best", "worst")
"""Kinds that keep all their rows."""
SPREAD = ("reconstruction", "stages", "interpolation", "traversal")
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
    is_large = math.prod(shape) > LARGE
    for level, side in zip(LEVELS, SIDES, strict=True):
        made, most = {}, 0 if is_large and level != LEVELS[0] else math.inf
        for done, name in enumerate(tiles, 1):
            kinds = tiles[name]
            made[name] = tuple(pool.map(_sample, kinds, kinds.values(), repeat(level), repeat(side), repeat(most)))
            if done >= PROBES and level != LEVELS[-1] and _size(made) > 1.1 * budget * done / len(tiles):
                break  # at this rate all will not fit
        if len(made) == len(tiles) and (_size(made) <= budget or level == LEVELS[-1]):
            break
    return made, bool(tiles) and level != LEVELS[0]


def picture(file: str, png: bytes, shape: tuple[int, ...]) -> Picture:
    """One PNG, the content of `file`, for the page; `shape` is that of the images in it."""
    sheet = _sheet(webp.smaller(_tiles(file, png, shape), SIDES[1]))
    return Picture(webp.address(sheet, most=EXAMPLES_BYTES), sheet.shape[1], sheet.shape[0])


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


def _sample(kind: str, tiles: Pixels, level: tuple[int, int, int], side: int, most: float) -> Sample:
    most_columns, most_rows, most_dimensions = level
    rows, columns = tiles.shape[:2]
    if kind == "traversal":
        rows = min(rows, most_dimensions)
    elif kind not in WHOLE:
        rows = min(rows, most_rows)
    if columns > most_columns:
        spread = evenly(columns, most_columns)
        kept = spread if kind in SPREAD else slice(-most_columns, None) if kind == "worst" else slice(most_columns)
        tiles = tiles[:, kept]
    is_sheet = tiles.shape[0] * tiles.shape[1] > 1  # another picture stays as it is
    sheet = _sheet(webp.smaller(tiles[:rows], side) if is_sheet else tiles)
    picture = Picture(webp.address(sheet, most=most), sheet.shape[1], sheet.shape[0])
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
