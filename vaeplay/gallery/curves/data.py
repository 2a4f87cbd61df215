"""One chart per term of the loss, all cells together, and its numbers as a table."""

from dataclasses import dataclass
from typing import Any

from vaeplay.gallery.charts import DASHES, TERMS, Chart, Table, known, line, scales, term_title, text
from vaeplay.gallery.page import Cell, Page
from vaeplay.gallery.trained import Curve
from vaeplay.gallery.views import View
from vaeplay.gallery.words import DASH, axis, code_size


@dataclass(frozen=True)
class TermCharts:
    """One term of the loss over all cells: a chart for each size of the code, on the same scales."""

    term: str
    title: str
    charts: tuple[Chart, ...]
    table: Table

    @property
    def single(self) -> bool:
        """Whether only cells of one size have it, so that its chart shares a row with those of other terms."""
        return len(self.charts) == 1


def data(view: View) -> dict[str, Any]:
    """The charts, and the depths that their dash patterns stand for."""
    return {"terms": of_terms(view), "depths": depths(view.page)}


def of_terms(view: View) -> tuple[TermCharts, ...]:
    """The validation curves of every term that changes in training, all cells together."""
    runs = [(cell, curve) for cell in view.page.cells if cell.history for curve in cell.history.curves]
    named = dict.fromkeys([*TERMS, *(curve.term for _, curve in runs)])
    found = []
    for term in named:
        cells = [(cell, curve) for cell, curve in runs if curve.term == term and known(curve.validation)]
        if any(len(set(known(curve.validation))) > 1 for _, curve in cells):
            found.append(TermCharts(term, term_title(term), _facets(view, cells), _across(cells)))
    return tuple(found)


def _facets(view: View, runs: list[tuple[Cell, Curve]]) -> tuple[Chart, ...]:
    """One chart for each size of the code, maps last. Colour is the model; the dash is the depth."""
    dashes = depths(view.page)
    values = [value for _, curve in runs for value in known(curve.validation)]
    epochs = [epoch for cell, _ in runs for epoch in _epochs(cell)]
    charts = []
    ordered = sorted((cell for cell, _ in runs), key=lambda cell: (cell.code is not None, cell.latent_dim or 0))
    for size in dict.fromkeys(code_size(cell) for cell in ordered):
        chart = [(cell, curve) for cell, curve in runs if code_size(cell) == size]
        x, y = scales(epochs, values)
        lines = tuple(
            line(
                cell.name,
                cell.label,
                view.families[cell.model or ""],
                dashes.index(cell.depth or 0) % DASHES,
                _epochs(cell),
                curve.validation,
                (x, y),
            )
            for cell, curve in chart
        )
        charts.append(Chart(size, x.ticks(5, whole=True), y.ticks(5), lines))
    return tuple(charts)


def depths(page: Page) -> list[int]:
    """The depths of the page's cells, ascending, each with the dash pattern of its place; 0 where it is unknown."""
    return sorted({cell.depth or 0 for cell in page.cells})


def _across(runs: list[tuple[Cell, Curve]]) -> Table:
    """One term of all cells: a row per cell, with its value after the first, the middle and the last epoch."""
    rows = []
    for cell, curve in runs:
        count = len(curve.validation)
        picked = dict.fromkeys((0, count // 2, count - 1))
        texts = [f"{text(curve.validation[index])} (epoch {_epochs(cell)[index]})" for index in picked]
        model, latent, depth = (axis(cell, name) for name in ("model", "latent_dim", "depth"))
        rows.append((cell.label, model, latent, depth, *texts, *[DASH] * (3 - len(texts))))
    return Table(("Cell", "Model", "Latent", "Depth", "First", "Middle", "Last"), tuple(rows))


def _epochs(cell: Cell) -> tuple[int, ...]:
    return cell.history.epochs if cell.history else ()
