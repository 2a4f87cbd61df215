"""The latent maps by cell and by method, the marks of classes, and what the scripts need of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vaeplay.gallery.map.points import TITLES, place
from vaeplay.gallery.page import Cell, Page, Projection
from vaeplay.gallery.scale import MARKERS
from vaeplay.gallery.views import View

COLOURS = 10  # of classes


def data(view: View) -> dict[str, Any]:
    """The maps, the classes' marks, and for the scripts the images and the points."""
    page = view.page
    return {"latent_maps": views(page), "methods": methods(page), "marks": marks(page), "latent": latent(page)}


@dataclass(frozen=True)
class CellMaps:
    """A cell's maps as the page shows them; `plane` says that its latent space can be drawn decoded."""

    cell: Cell
    plane: bool
    projections: tuple[Projection, ...]


def views(page: Page) -> tuple[CellMaps, ...]:
    """The cells that have a map, or a latent space that is one."""
    maps = {map.cell: map.projections for map in page.maps}
    planes = {item.cell for item in page.explorer if item.plane and item.way != "none"}
    shown = (cell for cell in page.cells if cell.name in maps or cell.name in planes)
    return tuple(CellMaps(cell, cell.name in planes, maps.get(cell.name, ())) for cell in shown)


def methods(page: Page) -> dict[str, str]:
    """The methods of the page's maps and their names, in order."""
    shown = views(page)
    found = {item.method: item.title for view in shown for item in view.projections}
    if any(view.plane for view in shown):
        found["latent"] = TITLES["latent"]
    return {key: found[key] for key in sorted(found, key=place)}


@dataclass(frozen=True)
class Mark:
    """A class of the data set: its name, the number of its colour and the path of its shape."""

    name: str
    colour: int
    path: str


def marks(page: Page) -> tuple[Mark, ...]:
    """How each class of the page is marked."""
    return marks_of(page.data.classes)


def marks_of(classes: Sequence[str]) -> tuple[Mark, ...]:
    """How each of these classes is marked: the colours and shapes together tell forty classes apart."""
    return tuple(Mark(name, n % COLOURS, MARKERS[n % len(MARKERS)]) for n, name in enumerate(classes))


def latent(page: Page) -> dict[str, Any]:
    """What the scripts of maps and explorer need: the images, and each cell's points by method."""
    images = page.images
    return {
        "images": images and {"columns": images.columns, "rows": images.rows, "labels": images.labels},
        "sheet": images and images.sheet,
        "shape": page.data.shape,
        "classes": page.data.classes,
        "maps": {map.cell: {item.method: item.points for item in map.projections} for map in page.maps},
    }
