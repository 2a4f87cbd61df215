"""The axes by which the wall can be laid out, and the kinds of pictures that every cell has."""

from typing import Any

from vaeplay.gallery.views import View
from vaeplay.gallery.wall.samples import EXPECTED


def data(view: View) -> dict[str, Any]:
    """The axes in which cells differ, the kinds, and the cells by whose errors the section of one image can order."""
    rebuilt = view.page.reconstructions
    ordering = {name for name, values in rebuilt.values.items() if "mse" in values} if rebuilt else set()
    return {"varying": view.varying, "expected": EXPECTED, "ordering": ordering}
