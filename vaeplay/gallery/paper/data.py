"""The sections that are printed unless a reader chooses others."""

from typing import Any

from vaeplay.gallery.tour import data as tour
from vaeplay.gallery.views import View

USUAL = ("top", "answer", "table", "plane", "curves", "claims")


def data(view: View) -> dict[str, Any]:
    """The ids of those sections, and whether there is a tour to print as a worksheet."""
    return {"printed": USUAL, "worksheet": bool(tour.stations(tour.claims(view.page)))}
