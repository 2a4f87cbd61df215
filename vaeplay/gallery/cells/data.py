"""Everything about each cell: what its account draws, and its metrics by group."""

from functools import partial
from typing import Any

from vaeplay.gallery.cells import own, training
from vaeplay.gallery.cells.codebook import codebook
from vaeplay.gallery.columns import grouped
from vaeplay.gallery.views import View


def data(view: View) -> dict[str, Any]:
    """The metrics by group, and functions of a cell for what its account draws."""
    return {
        "groups": grouped(view.columns),
        "axes": view.axes,
        "explorable": {item.cell for item in view.page.explorer if item.way != "none"},
        "training_charts": training.charts,
        "training_table": training.table,
        "spectrum": own.spectrum,
        "beside_trip": partial(own.beside_trip, view.page),
        "codebook": codebook,
        "memory_chart": own.memory,
        "memory_table": own.memory_table,
        "row_labels": own.row_labels,
        "rows_shown": own.rows_shown,
        "address_of": partial(own.address_of, view.page),
    }
