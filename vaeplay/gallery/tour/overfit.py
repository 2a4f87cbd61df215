"""What there is to see of overfitting: both curves of the training that overfits most."""

from dataclasses import dataclass

from vaeplay.gallery.cells import training
from vaeplay.gallery.charts import Chart, known
from vaeplay.gallery.page import Cell, Page
from vaeplay.gallery.words import number


@dataclass(frozen=True)
class Overfit:
    """The chart of a total loss, training and validation, and its words; no chart where no training overfits."""

    words: str
    chart: Chart | None = None
    cell: Cell | None = None


def most_overfit(page: Page) -> Overfit:
    """The cell whose validation loss ends highest above its lowest, in shares of it, among those that overfit."""
    found = []
    for cell in page.cells:
        history = cell.history
        if history and history.convergence == "overfitting" and history.best_epoch:
            total = next(curve for curve in history.curves if curve.term == "total")
            train, validation = known(total.train), known(total.validation)
            words = (
                f"{cell.label} overfits most: after epoch {history.best_epoch} its validation loss rises from "
                f"{number(min(validation), 1)} to {number(validation[-1], 1)} nats per image, and its "
                f"training loss falls to {number(train[-1], 1)}."
            )
            chart = training.of_terms(history)[0]
            found.append((validation[-1] / min(validation), Overfit(words, chart, cell)))
    if not found:
        return Overfit("No training of this run overfits: every validation loss ends near its lowest.")
    return max(found, key=lambda item: item[0])[1]
