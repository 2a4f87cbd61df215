"""The columns of the table of cells, and what one sentence says instead of a column."""

from typing import Any

from vaeplay.gallery.columns import Column, grouped, likelihoods, shared
from vaeplay.gallery.table.references import references
from vaeplay.gallery.views import View, constant

USUAL = ("mse", "elbo", "rate", "frechet", "holes", "trip", "seconds")
"""The columns that the table has until somebody chooses others."""
CODEBOOK = ("bits", "codes_in_use", "perplexity")
"""The columns of cells with a codebook; the table has them when it shows no other cells."""


def data(view: View) -> dict[str, Any]:
    """The headline metrics, without those in which all cells agree, those of codebooks, and the axes of the rows."""
    same = shared(view.page, view.columns)
    ranked = tuple(item for item in view.columns if _in_table(item) and item not in same)
    return {
        "rows": view.rows,
        "ranked": ranked,
        "references": references(view.page, ranked),
        "column_groups": grouped(ranked),
        "shown": dict.fromkeys(USUAL, "usual") | dict.fromkeys(CODEBOOK, "codebook"),
        "shared": same,
        "varying": view.varying,
        "constant": constant(view.page),
        "likelihoods": likelihoods(view.page),
        "repeated": len(view.rows) < len(view.page.cells),
    }


def _in_table(column: Column) -> bool:
    return column.metric.headline or column.metric.key in CODEBOOK
