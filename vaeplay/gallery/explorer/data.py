"""The decoders in the page, where the explorer opens, and what its pairs gain and lose."""

from itertools import permutations
from typing import Any

from vaeplay.evaluation.registry import BY_KEY
from vaeplay.gallery.explorer.explorable import Explorable
from vaeplay.gallery.map.data import marks
from vaeplay.gallery.page import Cell, Page
from vaeplay.gallery.views import View
from vaeplay.gallery.words import collapsed
from vaeplay.verdicts import words
from vaeplay.verdicts.table import Compared


def data(view: View) -> dict[str, Any]:
    """The names of cells, the classes' marks, the classes that images of the page have, and what the scripts need."""
    page = view.page
    present = sorted(set(page.images.labels)) if page.images else []
    return {
        "labels": {cell.name: cell.label for cell in page.cells},
        "marks": marks(page),
        "present": [(label, page.data.classes[label]) for label in present if label < len(page.data.classes)],
        "explorer": {
            "opening": opening(page),
            "pairs": {f"{pair.first} {pair.second}": traded(pair) for pair in _pairs(page)},
            "reasons": {item.cell: item.reason for item in page.explorer if item.reason},
            "collapsed": {cell.name: text for cell in page.cells if (text := collapsed(cell))},
        },
    }


def opening(page: Page) -> dict[str, Any]:
    """The cells that the explorer shows first and the place, in standard deviations, or None for the middle.

    They are the two of one size whose shares of holes differ most, of two dimensions if there are such. The place lies
    in a hole of the first.
    """
    cells = {cell.name: cell for cell in page.cells}
    usable = sorted((item for item in page.explorer if item.way != "none"), key=lambda item: item.way != "live")
    live = [item for item in usable if item.way == "live"]
    pairs = [
        (one, other)
        for one, other in permutations(live, 2)
        if _holes(cells[one.cell]) > _holes(cells[other.cell]) >= 0 and _alike(cells[one.cell], cells[other.cell])
    ]
    if not pairs:
        return {"cells": [item.cell for item in usable[:1]], "at": None}

    def seen(pair: tuple[Explorable, Explorable]) -> tuple[bool, float]:
        one, other = pair
        return one.plane, _holes(cells[one.cell]) - _holes(cells[other.cell])

    first, second = max(pairs, key=seen)
    return {"cells": [first.cell, second.cell], "at": first.hole}


def _holes(cell: Cell) -> float:
    """The share of holes; below 0 where it is not known."""
    return next((item.value for item in cell.metrics if item.key == "holes" and item.value is not None), -1.0)


def _alike(one: Cell, other: Cell) -> bool:
    """Whether two cells differ in their model alone."""
    if not one.axes or not other.axes or one.model == other.model:
        return False
    return one.axes == other.axes.model_copy(update={"model": one.model}) and one.run == other.run


def _pairs(page: Page) -> list[Compared]:
    return list(page.verdicts.pairs) if page.verdicts else []


def traded(pair: Compared) -> str:
    """What the second of a pair gains in holes, and what that costs, in a few words each."""
    comparisons = [item for item in pair.comparisons if BY_KEY[item.metric].headline]
    holes = next((words.finding(item) for item in pair.comparisons if item.metric == "holes"), "holes not measured")
    lost = [words.finding(item) for item in comparisons if item.metric != "holes" and words.outcome(item) == "worse"]
    mse = next((words.finding(item) for item in comparisons if item.metric == "mse"), "MSE was not measured")
    cost = f"What it costs: {'; '.join(lost)}." if lost else f"It costs nothing that was measured. {mse}."
    return f"{pair.title}: {holes}. {cost}"
