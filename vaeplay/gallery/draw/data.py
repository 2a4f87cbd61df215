"""The cells whose encoders are in the page, how the data set's images are framed, and where test images lie."""

from typing import Any

from vaeplay.gallery.views import View


def data(view: View) -> dict[str, Any]:
    """The cells with their encoders for the template, and what the script needs."""
    page = view.page
    cells = {cell.name: cell for cell in page.cells}
    drawn = [(cells[item.cell], item.encoder) for item in page.explorer if item.encoder and item.cell in cells]
    frame = page.data.frame
    return {
        "drawn": drawn if page.images else [],
        "atlases": sum(item.encoder is None for item in page.explorer),
        "draw_data": {
            "cells": {cell.name: {"measure": made.measure, "places": made.places} for cell, made in drawn},
            "frame": frame and {"longest": frame.longest, "pen": frame.pen, "mass": frame.mass},
            "binarise": any(item.key == "data.binarise" and item.value is True for item in page.provenance.params),
        },
    }
