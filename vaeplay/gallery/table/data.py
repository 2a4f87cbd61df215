"""The columns of the table of cells, and what one sentence says instead of a column."""

from typing import Any

from vaeplay.gallery.columns import likelihoods, shared
from vaeplay.gallery.table.references import references
from vaeplay.gallery.views import View, constant


def data(view: View) -> dict[str, Any]:
    """The headline metrics, without those in which all cells agree, and the axes of the rows."""
    same = shared(view.page, view.columns)
    ranked = [column for column in view.columns if column.metric.headline and column not in same]
    return {
        "rows": view.rows,
        "ranked": ranked,
        "references": references(view.page, ranked),
        "shared": same,
        "varying": view.varying,
        "constant": constant(view.page),
        "likelihoods": likelihoods(view.page),
        "repeated": len(view.rows) < len(view.page.cells),
    }
