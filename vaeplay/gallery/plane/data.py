"""The rate–distortion plane, and the axes that any other pair of metrics is drawn on."""

from typing import Any

from vaeplay.gallery.columns import Column, grouped
from vaeplay.gallery.plane.drawing import plane
from vaeplay.gallery.scale import Scale, extent
from vaeplay.gallery.views import View

ALWAYS = ("rate", "distortion")  # axes that stand even where no cell has them


def data(view: View) -> dict[str, Any]:
    """The drawing, the metrics to choose from, and for the script their axes and the cells of each line of a sweep."""
    drawn = plane(view)
    return {
        "plane": drawn,
        "choices": grouped(view.columns),
        "plane_data": {
            "axes": dict.fromkeys(ALWAYS, axis([])) | {item.metric.key: axis(_values(item)) for item in view.columns},
            "sweeps": [sweep.cells for sweep in drawn.sweeps] if drawn else [],
        },
    }


def axis(values: list[float]) -> dict[str, Any]:
    """The ends of an axis around `values`, and its ticks, with their texts."""
    scale = Scale(*extent(values, 0.08), 0.0, 1.0)
    ticks = [{"value": tick.value, "label": tick.label} for tick in scale.ticks(6)]
    return {"low": scale.low, "high": scale.high, "ticks": ticks}


def _values(column: Column) -> list[float]:
    return [estimate.value for estimate in column.cells.values() if estimate.value is not None]
