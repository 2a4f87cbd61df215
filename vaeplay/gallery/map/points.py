"""The latent maps: two-dimensional views of the codes of some test images, and these images as one sheet.

`maps/<cell>.json` says which rows of the test split a cell's maps show; the page shows the same images for every cell.
"""

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vaeplay.errors import UserError
from vaeplay.gallery import results, webp
from vaeplay.gallery.page import LatentMap, Projection, TestImages
from vaeplay.gallery.tensors import Tensors
from vaeplay.rows import evenly

TITLES = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP", "latent": "Latent space"}
POINTS = 20_000  # on the whole page; each cell shows the same images
FEWEST, MOST = 200, 1000  # points per cell
SHEET_NUMBERS = 2_000_000  # pixels times channels of the images' sheet, which leaves fewer of larger images
FEWEST_IMAGES = 60
LARGEST_SIDE = 128  # pixels of an image in the sheet, each way
SHEET_BYTES = 3_000_000  # from which on the sheet is compressed with loss
STEPS = 65535  # a position is a whole number of these


@dataclass(frozen=True)
class Found:
    """What a file in maps/ holds: `rows` of the test split, and each method's points, (rows, 2)."""

    rows: list[int]
    points: dict[str, NDArray[np.float64]]
    trustworthiness: dict[str, float | None]


def found(root: Path, names: Sequence[str]) -> dict[str, Found]:
    """The maps of those cells that have a file in maps/.

    Raises:
        UserError: a file is malformed.
    """
    return {name: _load(root, f"maps/{name}.json") for name in names if (root / f"maps/{name}.json").exists()}


def _load(root: Path, path: str) -> Found:
    file = results.load(root, path, results.Maps)
    for name, method in file.methods.items():
        if len(method.points) != len(file.rows):
            wrong = f"{name} has {len(method.points)} points; expected {len(file.rows)}, one for each of the rows"
            raise UserError(f"{path}: {wrong}; delete it and run `dvc repro`")
    points = {name: np.array(method.points, np.float64).reshape(-1, 2) for name, method in file.methods.items()}
    return Found(list(file.rows), points, {name: method.trustworthiness for name, method in file.methods.items()})


def images(root: Path, maps: dict[str, Found], cells: int) -> TestImages:
    """The test images that the page shows: those of the first map, fewer where cells are many or images large.

    Raises:
        UserError: the prepared data set is missing or damaged.
    """
    data = Tensors(root, "data/images.safetensors")
    pixels, labels = data["test_images"], data["test_labels"]
    known = next((map.rows for map in maps.values()), list(range(len(pixels))))
    rows = np.array([row for row in known if 0 <= row < len(pixels)], np.intp)
    wanted = min(max(POINTS // max(cells, 1), FEWEST), MOST)
    wanted = min(wanted, max(SHEET_NUMBERS // math.prod(pixels.shape[1:]), FEWEST_IMAGES), len(rows))
    rows = rows[evenly(len(rows), wanted)]
    columns = math.ceil(math.sqrt(max(wanted, 1)))
    return TestImages(
        sheet=_sheet(np.asarray(pixels[rows]), columns),
        columns=columns,
        rows=tuple(int(row) for row in rows),
        labels=tuple(int(label) for label in labels[rows]),
    )


def _sheet(pixels: NDArray[np.uint8], columns: int) -> str:
    """Images side by side, `columns` in a row, as the address of a WebP."""
    shown = webp.smaller(pixels.transpose(0, 2, 3, 1), LARGEST_SIDE)
    return webp.address(webp.tiled(shown, columns), quality=20, most=SHEET_BYTES)


def latent_maps(maps: dict[str, Found], images: TestImages) -> tuple[LatentMap, ...]:
    """Each cell's maps with the points of the page's images."""
    made = []
    for name, map in maps.items():
        index = {row: number for number, row in enumerate(map.rows)}
        kept = [index[row] for row in images.rows if row in index]
        if len(kept) == len(images.rows):
            projections = (_projection(key, map, kept) for key in sorted(map.points, key=place))
            made.append(LatentMap(name, tuple(projections)))
    return tuple(made)


def place(method: str) -> tuple[int, str]:
    """What a method is sorted by."""
    return (list(TITLES).index(method) if method in TITLES else len(TITLES), method)


def _projection(method: str, map: Found, kept: list[int]) -> Projection:
    """Points scaled into a square, x and y alike, as 16-bit numbers."""
    points = map.points[method][kept]
    low, high = (points.min(0), points.max(0)) if len(points) else (np.zeros(2), np.ones(2))
    side = max(float((high - low).max()), 1e-12)
    scaled = (points - (low + high) / 2) / side + 0.5
    packed = base64.b64encode((scaled * STEPS).round().clip(0, STEPS).astype("<u2").tobytes()).decode()
    return Projection(method, TITLES.get(method, method), map.trustworthiness[method], packed)
