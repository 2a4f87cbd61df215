"""The rate–distortion plane, and the metrics that may take the place of rate and distortion."""

from typing import Any

from vaeplay.gallery.columns import grouped
from vaeplay.gallery.plane.drawing import plane
from vaeplay.gallery.views import View


def data(view: View) -> dict[str, Any]:
    """The drawing, the metrics to choose from, and for the script the cells of each sweep and those beyond the axis."""
    drawn = plane(view)
    return {
        "plane": drawn,
        "choices": grouped(view.columns),
        "deep": "depth" in {axis.name for axis in view.varying},
        "plane_data": {
            "sweeps": [sweep.cells for sweep in drawn.sweeps] if drawn else [],
            "beyond": [point.cell for point in drawn.points if point.beyond] if drawn else [],
        },
    }
