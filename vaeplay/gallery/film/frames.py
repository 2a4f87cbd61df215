"""What the page needs of film/<cell>.safetensors, packed: positions of some codes in one plane, and some pictures.

The plane is the code itself where it has two numbers, else the plane of the first two principal components of the last
frame's codes, the same for all frames, so that what moves is the codes. A codebook has no plane: how often each of its
entries is used takes its place.
"""

import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vaeplay.gallery import webp
from vaeplay.gallery.tensors import Tensors
from vaeplay.rows import evenly

POINTS = 400
SHOWN = 8  # reconstructions in each frame
STEPS = 255  # a position is a whole number of these
BUDGET = 1_200_000  # bytes of all films
LARGEST_SIDE = 28  # pixels of a reconstruction, each way


@dataclass(frozen=True)
class Film:
    """A cell's film: its `epochs`, and for each of them the images' places, or the use of a codebook, and pictures.

    `places` are base64 of deflated bytes: (epochs, points, 2) from 0 to 255, over −reach…reach each way around the
    plane's centre; or, where `reach` is None, (epochs, entries), the share of an entry's use in the largest of all.
    `sheet` is a picture of (epochs × SHOWN) images. `labels` are the points' classes.
    """

    cell: str
    epochs: tuple[int, ...]
    places: str
    reach: float | None
    sheet: str
    labels: tuple[int, ...]


def read(root: Path, names: Sequence[str]) -> tuple[Film, ...]:
    """The films of `names`, in order, as many as fit.

    Raises:
        UserError: a file is malformed.
    """
    films: list[Film] = []
    left = BUDGET
    present = [name for name in names if (root / _path(name)).exists()]
    labels = Tensors(root, "data/images.safetensors")["test_labels"] if present else np.empty(0, np.int64)
    for name in present:
        film = _film(Tensors(root, _path(name)), name, labels)
        left -= len(film.places) + len(film.sheet)
        if left < 0:
            break
        films.append(film)
    return tuple(films)


def _path(name: str) -> str:
    return f"film/{name}.safetensors"


def _film(file: Tensors, name: str, labels: NDArray[Any]) -> Film:
    epochs, codes, images = file["epochs"], file["codes"], file["images"]
    if np.issubdtype(codes.dtype, np.integer):
        places, reach, kept = _use(codes), None, np.empty(0, np.intp)
    else:
        kept = evenly(codes.shape[1], POINTS)
        places, reach = _positions(codes.reshape(*codes.shape[:2], -1)[:, kept].astype(np.float64))
    return Film(
        cell=name,
        epochs=tuple(int(epoch) for epoch in epochs),
        places=base64.b64encode(zlib.compress(places.tobytes(), 9)).decode(),
        reach=reach,
        sheet=_sheet(file["reconstructions"]),
        labels=tuple(int(labels[row]) for row in images[kept]),
    )


def _positions(codes: NDArray[np.float64]) -> tuple[NDArray[np.uint8], float]:
    """Codes (E, N, D) in one plane, as bytes, and how far it reaches: the farthest few in a thousand are cut off."""
    last = codes[-1]
    axes = np.eye(2) if codes.shape[2] == 2 else np.linalg.svd(last - last.mean(0), full_matrices=False)[2][:2]
    if codes.shape[2] == 1:
        axes = np.array([[1.0], [0.0]])
    plane = codes @ axes.T
    reach = float(max(np.quantile(np.abs(plane), 0.998), 3))
    return ((plane / reach + 1) / 2 * STEPS).round().clip(0, STEPS).astype(np.uint8), reach


def _use(codes: NDArray[Any]) -> NDArray[np.uint8]:
    """How often each entry of a codebook is used in each frame, (E, entries), over the most that any ever is."""
    entries = int(codes.max()) + 1
    counts = np.stack([np.bincount(frame.ravel(), minlength=entries) for frame in codes])
    return (counts / counts.max() * STEPS).round().astype(np.uint8)


def _sheet(pictures: NDArray[np.uint8]) -> str:
    """Some of each frame's pictures (E, 16, channels, height, width), a row for each frame."""
    chosen = pictures[:, evenly(pictures.shape[1], SHOWN)].transpose(0, 1, 3, 4, 2)
    small = webp.smaller(chosen, LARGEST_SIDE)
    return webp.address(webp.tiled(small.reshape(-1, *small.shape[2:]), small.shape[1]), quality=60, most=60_000)
