"""The axes by which the wall can be laid out, and the kinds of pictures that every cell has."""

from typing import Any

from vaeplay.gallery.views import View
from vaeplay.gallery.wall.samples import EXPECTED


def data(view: View) -> dict[str, Any]:
    """The axes in which cells differ, and the kinds."""
    return {"varying": view.varying, "expected": EXPECTED}
