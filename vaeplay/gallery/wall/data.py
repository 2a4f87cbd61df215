"""The axes by which the wall can be laid out."""

from typing import Any

from vaeplay.gallery.views import View


def data(view: View) -> dict[str, Any]:
    """The axes in which cells differ."""
    return {"varying": view.varying}
