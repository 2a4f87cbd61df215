"""The decoders in the page, and how classes are marked on their pads."""

from typing import Any

from vaeplay.gallery.map.data import marks
from vaeplay.gallery.views import View


def data(view: View) -> dict[str, Any]:
    """The names of cells, and the classes' marks."""
    return {"labels": {cell.name: cell.label for cell in view.page.cells}, "marks": marks(view.page)}
