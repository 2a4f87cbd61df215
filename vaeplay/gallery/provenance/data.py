"""The data card and the facts of the whole run."""

from dataclasses import dataclass
from typing import Any

from vaeplay.gallery.page import Page
from vaeplay.gallery.views import View

BAR = 40
"""Height of the tallest bar of the class balance, in pixels."""


@dataclass(frozen=True)
class Bar:
    """One class of the data set: its name, its number of images in all splits, and its bar's height in pixels."""

    name: str
    count: int
    height: float


def balance(page: Page) -> tuple[Bar, ...]:
    """How many images each class has, the largest as the tallest bar."""
    splits = [split.class_counts for split in page.data.splits]
    counts = [sum(counts[place] for counts in splits if place < len(counts)) for place in range(len(page.data.classes))]
    largest = max([1, *counts])
    heights = (round(BAR * count / largest, 1) for count in counts)
    return tuple(Bar(*row) for row in zip(page.data.classes, counts, heights, strict=True))


def data(view: View) -> dict[str, Any]:
    """The balance of classes, what the training took, and how many models there are."""
    page = view.page
    return {
        "balance": balance(page),
        "tallest": BAR,
        "seconds": training_seconds(page),
        "models": len({cell.model for cell in page.cells if cell.model}),
    }


def training_seconds(page: Page) -> float | None:
    """Wall seconds of training, all cells together; None where no log knows."""
    known = [cell.cost.seconds for cell in page.cells if cell.cost and cell.cost.seconds is not None]
    return sum(known) if known else None
