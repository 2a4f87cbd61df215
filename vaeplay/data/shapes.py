"""White shapes on black, made, not loaded: every image is one combination of five factors, and its labels are exact.

In the manner of dSprites (Matthey et al. 2017), at any size and anti-aliased, with one difference: dSprites turns a
square through a full circle, so that four of its rotation labels mean the same picture. Here rotations cover a quarter
of a circle, in which each of the three shapes looks different at every angle.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vaeplay.data.images import Images, Request, scratch, subset

SETS = {"shapes": (1, 32, 32)}

FACTORS = {"shape": 3, "scale": 5, "rotation": 10, "x": 16, "y": 16}
"""Each factor with its number of places; together 38,400 images."""
CLASSES = ("square", "ellipse", "triangle")
SCALES = np.linspace(0.14, 0.26, FACTORS["scale"])  # half of a square's side, in widths of the image
ANGLES = np.arange(FACTORS["rotation"]) * (np.pi / 2 / FACTORS["rotation"])
PLACES = np.linspace(0.39, 0.61, FACTORS["x"])  # of the centre; the largest shape stays inside the image
BLOCK = 1024  # images drawn at a time: some 4 MB of numbers at 32×32, which stay near the processor

Grid = NDArray[np.float32]


def read(request: Request) -> Images:
    """`limit` of the 38,400 combinations, or all, in the order of the factors."""
    size = request.size or SETS["shapes"][1]
    sizes = tuple(FACTORS.values())
    everything = np.indices(sizes).reshape(len(sizes), -1).T
    factors = everything[subset(everything[:, 0], request.limit, request.seed)].astype(np.int64)
    return Images(
        images=draw(factors, size),
        labels=factors[:, 0].copy(),
        classes=CLASSES,
        title=f"Shapes, {len(factors):,} of them, each with its five factors known",
        source="Made by this project, in the manner of dSprites (Matthey et al. 2017)",
        licence="None needed: the images are computed",
        factors=factors,
        factor_names=tuple(FACTORS),
        factor_sizes=sizes,
    )


def draw(factors: NDArray[np.int64], size: int) -> NDArray[np.uint8]:
    """The images of rows of factors: (N, 5) → (N, 1, size, size).

    A pixel is as white as the share of it that the shape covers, taken from the distance of its centre to the outline:
    exact for a straight outline along the pixels, and within a few grey levels else.
    """
    images = scratch((len(factors), 1, size, size))
    centres = ((np.arange(size) + 0.5) / size).astype(np.float32)
    for start in range(0, len(factors), BLOCK):
        shape, scale, rotation, x, y = factors[start : start + BLOCK].T
        half = SCALES[scale].astype(np.float32)[:, None, None]
        across = centres[None, None, :] - PLACES[x].astype(np.float32)[:, None, None]
        down = centres[None, :, None] - PLACES[y].astype(np.float32)[:, None, None]
        cosine, sine = (turn(ANGLES)[rotation].astype(np.float32)[:, None, None] for turn in (np.cos, np.sin))
        u, v = across * cosine + down * sine, down * cosine - across * sine
        distance = np.empty(u.shape, np.float32)
        for index, outline in enumerate(OUTLINES):
            rows = shape == index
            distance[rows] = outline(u[rows], v[rows], half[rows])
        cover = np.clip(0.5 - distance * size, 0, 1)
        images[start : start + BLOCK, 0] = np.rint(cover * 255)
    return images


def _square(u: Grid, v: Grid, half: Grid) -> Grid:
    """Distance to the nearest of the four sides, negative inside."""
    return np.maximum(np.abs(u), np.abs(v)) - half


def _ellipse(u: Grid, v: Grid, half: Grid) -> Grid:
    """Twice as long as wide. Distance to first order: the implicit function over the length of its gradient."""
    a, b = half * 1.2, half * 0.6
    radius = np.sqrt((u / a) ** 2 + (v / b) ** 2)
    slope = np.sqrt((u / a**2) ** 2 + (v / b**2) ** 2)
    return (radius - 1) * radius / np.maximum(slope, 1e-6)


def _triangle(u: Grid, v: Grid, half: Grid) -> Grid:
    """Equal sides, a corner upwards. Distance to the nearest of the three, negative inside."""
    slanted = np.abs(u) * np.float32(np.sqrt(3) / 2) - v * np.float32(0.5)
    return np.maximum(slanted, v) - half * np.float32(0.7)


OUTLINES: tuple[Callable[[Grid, Grid, Grid], Grid], ...] = (_square, _ellipse, _triangle)
