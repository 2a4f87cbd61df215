"""The dial of the page: its ladder as a rate–distortion curve, and the cells that were trained separately beside it."""

from dataclasses import dataclass
from typing import Any

from vaeplay import models
from vaeplay.gallery.beta.dials import Dial, Rung
from vaeplay.gallery.map.data import marks
from vaeplay.gallery.page import Cell, Page
from vaeplay.gallery.scale import Scale, Tick, extent
from vaeplay.gallery.views import View

WIDTH, HEIGHT = 420, 320
LEFT, RIGHT, TOP, BOTTOM = 52, 408, 12, 276


@dataclass(frozen=True)
class Separate:
    """A cell that was trained for one β alone, with its place in the drawing."""

    cell: Cell
    beta: float
    rate: float
    distortion: float
    x: float
    y: float


@dataclass(frozen=True)
class Drawing:
    """The rate–distortion curve of a dial: the path of its ladder, its points, and separate cells, in pixels."""

    path: str
    points: tuple[tuple[float, float], ...]
    separate: tuple[Separate, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def data(view: View) -> dict[str, Any]:
    """The first dial of the page, if there is one."""
    cells = {cell.name: cell for cell in view.page.cells}
    dial = next((dial for dial in view.page.dials if dial.cell in cells), None)
    if dial is None:
        return {"dial": None}
    cell = cells[dial.cell]
    return {
        "dial": dial,
        "dial_cell": cell,
        "drawing": drawing(dial, separate(view.page, cell)),
        "box": {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT, "top": TOP, "bottom": BOTTOM},
        "marks": marks(view.page),
        "start": next(place for place, rung in enumerate(dial.ladder) if rung.beta == 1),
        "dial_data": {"payload": dial.payload, "labels": dial.labels},
    }


def separate(page: Page, cell: Cell) -> list[tuple[Cell, float, Rung]]:
    """The VAEs and β-VAEs of the same networks and size, each with its β and what it comes to."""
    found = []
    networks = models.kin(cell.model or "").network
    for other in page.cells:
        if other.run != cell.run or not models.known(other.model or ""):
            continue
        kin = models.kin(other.model or "")
        if kin.core not in ("VAE", "BetaVAE") or kin.network != networks:
            continue
        if any(other.on(axis) != cell.on(axis) for axis in ("latent_dim", "depth", "activation")):
            continue
        values = {item.key: item.value for item in other.metrics}
        rate, distortion = values.get("rate"), values.get("distortion")
        if rate is not None and distortion is not None:
            beta = 1.0 if other.beta is None else other.beta
            found.append((other, beta, Rung(beta, rate, distortion, -(rate + distortion), values.get("frechet") or 0)))
    return found


def drawing(dial: Dial, others: list[tuple[Cell, float, Rung]]) -> Drawing:
    """Rate to the right, distortion upwards."""
    rungs = [*dial.ladder, *(rung for *_, rung in others)]
    x = Scale(*extent([rung.rate for rung in rungs], 0.06), LEFT, RIGHT)
    y = Scale(*extent([rung.distortion for rung in rungs], 0.06), BOTTOM, TOP)
    points = tuple((x(rung.rate), y(rung.distortion)) for rung in dial.ladder)
    marks = tuple(
        Separate(cell, beta, rung.rate, rung.distortion, x(rung.rate), y(rung.distortion))
        for cell, beta, rung in others
    )
    path = "M" + "L".join(f"{across} {down}" for across, down in points)
    return Drawing(path, points, marks, x.ticks(5), y.ticks(5))
