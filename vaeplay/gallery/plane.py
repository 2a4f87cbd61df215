"""The rate–distortion plane (Alemi et al. 2018, arXiv:1711.00464) as coordinates.

Rate, in nats an image, runs to the right and distortion upwards; every point of a falling diagonal has the same
ELBO = −(rate + distortion). Autoencoders have no rate and stand in a strip beside the axis.
"""

from dataclasses import dataclass

from vaeplay.gallery.page import Cell, Page
from vaeplay.gallery.scale import Scale, Tick, clamp, extent
from vaeplay.gallery.views import families
from vaeplay.gallery.words import number

WIDTH, HEIGHT = 760, 430
STRIP_LEFT, STRIP_RIGHT = 56, 136
LEFT, RIGHT, TOP, BOTTOM = 150, 676, 14, 384


@dataclass(frozen=True)
class Point:
    """One cell in the plane; `rate` is None in the strip of cells without one."""

    cell: str
    label: str
    short: str
    family: int
    x: float
    y: float
    rate: str | None
    distortion: str


@dataclass(frozen=True)
class Diagonal:
    """A line of equal ELBO, from (x1, y1) at its upper left to (x2, y2).

    `label` is its ELBO, written outside the drawing where the line leaves it on the right.
    """

    x1: float
    y1: float
    x2: float
    y2: float
    label: str
    outside: bool


@dataclass(frozen=True)
class Plane:
    """The whole drawing in pixels. `sweeps` are SVG paths joining cells that differ in β alone."""

    points: tuple[Point, ...]
    diagonals: tuple[Diagonal, ...]
    sweeps: tuple[str, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    has_strip: bool
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM
    strip_left: int = STRIP_LEFT
    strip_right: int = STRIP_RIGHT


def plane(page: Page) -> Plane | None:
    """The plane of the page's cells; None where no cell has a distortion."""
    placed = [(cell, figures(cell)) for cell in page.cells]
    shown = [(cell, rate, distortion) for cell, (rate, distortion) in placed if distortion is not None]
    if not shown:
        return None
    rates = [rate for _, rate, _ in shown if rate is not None]
    strip = any(rate is None for _, rate, _ in shown)
    x_low, x_high = extent(rates, 0.12)
    if rates and min(rates) >= 0:
        x_low = max(0.0, x_low)
    y_low, y_high = extent([distortion for _, _, distortion in shown], 0.1)
    left = LEFT if strip else STRIP_LEFT
    x, y = Scale(x_low, x_high, left, RIGHT), Scale(y_low, y_high, BOTTOM, TOP)
    styles = families(page)
    middle = (STRIP_LEFT + STRIP_RIGHT) / 2
    points = tuple(
        Point(
            cell=cell.name,
            label=cell.label,
            short="" if cell.latent_dim is None else str(cell.latent_dim),
            family=styles[cell.model or ""],
            x=middle if rate is None else x(rate),
            y=y(distortion),
            rate=None if rate is None else number(rate, 2),
            distortion=number(distortion, 2),
        )
        for cell, rate, distortion in shown
    )
    diagonals = _diagonals(x, y) if rates else ()
    x_ticks = x.ticks(8) if rates else ()
    return Plane(points, diagonals, _sweeps(shown, x, y), x_ticks, y.ticks(6), strip, left=left)


def figures(cell: Cell) -> tuple[float | None, float | None]:
    """(rate, distortion) of a cell on the test split, in nats an image; None for what it does not have."""
    values = {figure.key: figure.value for figure in cell.figures}
    return values.get("rate"), values.get("distortion")


def _diagonals(x: Scale, y: Scale) -> tuple[Diagonal, ...]:
    """Lines rate + distortion = constant at round values, cut to the drawing."""
    low, high = clamp(x.low + y.low), clamp(x.high + y.high)
    if not low < high:
        return ()
    found = []
    for tick in Scale(low, high, 0.0, 1.0).ticks(9):
        total = tick.value
        first, last = max(x.low, total - y.high), min(x.high, total - y.low)
        if last > first:
            ends = (x(first), y(total - first), x(last), y(total - last))
            if ends[2] - ends[0] > 20:
                label = f"−{tick.label}".replace("−−", "")
                found.append(Diagonal(*ends, label=label, outside=last == x.high))
    return tuple(found)


def _sweeps(shown: list[tuple[Cell, float | None, float]], x: Scale, y: Scale) -> tuple[str, ...]:
    """A path for each set of cells that differ in β alone, in order of β: a VAE is the β-VAE with β = 1."""
    groups: dict[tuple[object, ...], list[tuple[float, float, float]]] = {}
    for cell, rate, distortion in shown:
        if rate is not None and cell.model is not None:
            family = cell.model.replace("Beta", "")
            key = (family, cell.latent_dim, cell.depth, cell.activation, cell.seed)
            beta = 1.0 if cell.beta is None else cell.beta
            groups.setdefault(key, []).append((beta, x(rate), y(distortion)))
    paths = (sorted(group) for group in groups.values() if len(group) > 1)
    return tuple("M" + "L".join(f"{across:g} {up:g}" for _, across, up in group) for group in paths)
