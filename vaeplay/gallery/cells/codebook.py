"""A codebook by the use of its entries over the test split: a tile for each, the most used first, and a table."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vaeplay.errors import UserError
from vaeplay.gallery import webp
from vaeplay.gallery.charts import Table
from vaeplay.gallery.page import Cell, Picture
from vaeplay.gallery.tensors import Tensors
from vaeplay.gallery.words import number, plural

MOST = 128
"""How many entries are shown, the most used ones."""
COLUMNS = 16
SIDE = 22  # that a tile has about, in the drawing's pixels
GAP, BELOW = 4, 10  # between tiles, and below them, where the bar of their use is


@dataclass(frozen=True)
class Tile:
    """An entry's place in the drawing, the length of its bar, and its words; `used` says whether anything uses it."""

    x: int
    y: int
    bar: float
    label: str
    used: bool


@dataclass(frozen=True)
class Codebook:
    """The tiles in a drawing of width × height pixels: `across` × `down` each, their bars `down` + 2 below `y`."""

    tiles: tuple[Tile, ...]
    width: int
    height: int
    across: int
    down: int
    table: Table
    summary: str


def order(usage: tuple[int, ...]) -> list[int]:
    """The entries that are shown, by their number: the most used first."""
    return sorted(range(len(usage)), key=lambda entry: (-usage[entry], entry))[:MOST]


def named(usage: tuple[int, ...], images: int | None, shape: tuple[int, ...]) -> str | None:
    """What a map of codes is called; `shape` is that of the images. None for a code that is no map.

    >>> named((300, 100), 100, (1, 28, 28)), named((300, 300), 100, (1, 28, 28)), named((), 100, (1, 28, 28))
    ('2 × 2 codes of 2', '6 codes of 2', None)
    """
    if not usage or not images:
        return None
    places = sum(usage) // images
    side = math.isqrt(places)
    square = side * side == places and shape[-1] == shape[-2]
    return f"{side} × {side} codes of {len(usage)}" if square else f"{places} codes of {len(usage)}"


def sheet(root: Path, name: str, usage: tuple[int, ...]) -> Picture | None:
    """The parts of images that the entries describe, in `order`, each where the drawing has its tile.

    The picture's size is said as that of one tile. None where the cell has no decoded parts. Raises:
        UserError: its exported decoder is malformed.
    """
    path = f"evaluation/{name}/explorer.safetensors"
    if not usage or not (root / path).exists():
        return None
    file = Tensors(root, path)
    if "palette" not in file:
        return None
    parts, entries = file["palette"], file["entries"].tolist()
    fits = parts.ndim == 4 and parts.shape[1] in (1, 3) and len(parts) <= len(entries)
    if not fits or not set(entries) <= set(range(len(usage))):
        raise UserError(f"{path}: 'palette' and 'entries' do not fit the codebook; delete it and run `dvc repro`")
    factor = max(1, round(SIDE / parts.shape[3]))
    images = np.broadcast_to(parts.transpose(0, 2, 3, 1), (*parts.shape[:1], *parts.shape[2:], 3))
    images = images.repeat(factor, 1).repeat(factor, 2)
    down, across = images.shape[1:3]
    place = {entry: at for at, entry in enumerate(order(usage))}
    rows = -(-len(place) // COLUMNS)
    pixels = np.zeros((rows, down + BELOW, COLUMNS, across + GAP, 4), np.uint8)
    for entry, image in zip(entries, images, strict=False):
        if entry in place:
            row, column = divmod(place[entry], COLUMNS)
            pixels[row, :down, column, :across, :3] = image
            pixels[row, :down, column, :across, 3] = 255
    return Picture(webp.address(pixels.reshape(rows * (down + BELOW), COLUMNS * (across + GAP), 4)), across, down)


def codebook(cell: Cell) -> Codebook | None:
    """The codebook of a cell; None where it has none."""
    if not sum(cell.usage):
        return None
    shown, total, most = order(cell.usage), sum(cell.usage), max(cell.usage)
    across, down = (cell.codes.width, cell.codes.height) if cell.codes else (SIDE, SIDE)
    tiles, rows = [], []
    for at, entry in enumerate(shown):
        row, column = divmod(at, COLUMNS)
        uses = cell.usage[entry]
        share = f"{number(100 * uses / total, 2)} %"
        words = f"{share} of all places, {plural(uses, 'use')}" if uses else "unused"
        x, y = column * (across + GAP), row * (down + BELOW)
        tiles.append(Tile(x, y, round(across * uses / most, 2), f"entry {entry}: {words}", uses > 0))
        rows.append((str(entry), number(uses, 0), share if uses else "unused"))
    used = sum(uses > 0 for uses in cell.usage)
    summary = f"{number(used, 0)} of {number(len(cell.usage), 0)} entries in use"
    if len(cell.usage) > MOST:
        summary += f"; the {MOST} most used are shown"
    height = -(-len(shown) // COLUMNS) * (down + BELOW)
    table = Table(("Entry", "Uses", "Share of places"), tuple(rows))
    return Codebook(tuple(tiles), COLUMNS * (across + GAP), height, across, down, table, summary)
