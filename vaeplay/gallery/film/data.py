"""The films of the page, with each cell's validation loss."""

from typing import Any

from vaeplay.gallery.answer.pairs import chosen
from vaeplay.gallery.map.data import marks
from vaeplay.gallery.page import Cell
from vaeplay.gallery.views import View

FIRST = 4  # films that are shown at once, before the reader asks for all


def data(view: View) -> dict[str, Any]:
    """The films for the template, those of the first section's cells first, and what the script needs of each."""
    cells = {cell.name: cell for cell in view.page.cells}
    answers = [cell.name for item in chosen(view.page) for cell in (item.first, item.second)]
    films = [film for film in view.page.films if film.cell in cells]
    films.sort(key=lambda film: answers.index(film.cell) if film.cell in answers else len(answers))
    return {
        "films": [(cells[film.cell], film) for film in films],
        "first": FIRST,
        "marks": marks(view.page),
        "film_data": {
            "films": {
                film.cell: {
                    "epochs": film.epochs,
                    "places": film.places,
                    "reach": film.reach,
                    "sheet": film.sheet,
                    "labels": film.labels,
                    "prior": bool(film.reach and has_prior(cells[film.cell])),
                    "loss": validation_loss(cells[film.cell]),
                }
                for film in films
            },
        },
    }


def has_prior(cell: Cell) -> bool:
    """Whether a standard normal is the prior of its codes: the circles of which are then drawn."""
    return any(item.key == "rate" for item in cell.metrics)


def validation_loss(cell: Cell) -> tuple[float | None, ...]:
    """The validation loss after each epoch; empty where it is not known."""
    curves = cell.history.curves if cell.history else ()
    return next((curve.validation for curve in curves if curve.term == "total"), ())
