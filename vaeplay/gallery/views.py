"""What is compared on the page: the axes of the grid, the best values, and the sentence of findings."""

from dataclasses import dataclass
from itertools import zip_longest

from vaeplay.gallery.columns import Column, Row, rows
from vaeplay.gallery.page import Page
from vaeplay.gallery.words import axis, number

FAMILIES = 8
"""How many models have a colour and a marker of their own; further ones start again."""

FINDINGS = (
    ("mse", "the best reconstructions"),
    ("frechet", "the best samples"),
    ("path_length", "the smoothest latent space"),
    ("elbo", "the highest ELBO"),
)
"""The metrics of the headline, each with its words, in order."""


@dataclass(frozen=True)
class Axis:
    """One axis of the grid: the cell's attribute, its name for readers, its unit, and its values in order."""

    name: str
    title: str
    unit: str
    values: tuple[str, ...]


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


TITLES = {
    "model": ("Model", "model"),
    "latent_dim": ("Latent", "latent size"),
    "depth": ("Depth", "depth"),
    "activation": ("Activation", "activation"),
    "beta": ("β", "weight β"),
    "seed": ("Seed", "seed"),
    "run": ("Run", "run"),
}


def axes(page: Page) -> tuple[Axis, ...]:
    """Every axis of the grid; numbers ascend, names keep their order of appearance, cells without a value come last."""
    found = []
    for name, (title, unit) in TITLES.items():
        cells = list(page.cells)
        if name not in ("model", "activation"):
            cells.sort(key=lambda cell: (getattr(cell, name) is None, getattr(cell, name) or 0))
        found.append(Axis(name, title, unit, tuple(dict.fromkeys(axis(cell, name) for cell in cells))))
    return tuple(found)


def varying(page: Page) -> tuple[Axis, ...]:
    """The axes in which cells differ. β counts only where cells of one model differ in it, as in a sweep.

    Repeated trainings differ in their run, which says as much as their seed in fewer digits.
    """
    sweep = len({(cell.model, cell.beta) for cell in page.cells}) > len({cell.model for cell in page.cells})
    hidden = {"seed"} if sweep else {"seed", "beta"}
    return tuple(item for item in axes(page) if len(item.values) > 1 and item.name not in hidden)


def constant(page: Page) -> tuple[Axis, ...]:
    """The axes of the grid in which all cells agree."""
    return tuple(item for item in axes(page) if len(item.values) == 1 and item.name not in {"beta", "seed", "run"})


def families(page: Page) -> dict[str, int]:
    """The style number of each model, 0 to FAMILIES − 1, in order of appearance."""
    models = dict.fromkeys(cell.model or "" for cell in page.cells)
    return {model: index % FAMILIES for index, model in enumerate(models)}


def training_seconds(page: Page) -> float | None:
    """Wall seconds of training, all cells together; None where no log knows."""
    known = [cell.cost.seconds for cell in page.cells if cell.cost and cell.cost.seconds is not None]
    return sum(known) if known else None


@dataclass(frozen=True)
class Finding:
    """A part of the headline: by metric `key` the `rows` have `words`, at `value`, with its unit or its name."""

    key: str
    rows: tuple[Row, ...]
    words: str
    value: str


def findings(page: Page, columns: tuple[Column, ...]) -> tuple[Finding, ...]:
    """The best configurations by each metric of `FINDINGS`, where there is a best, from the table's columns."""
    table = {column.metric.key: column for column in columns}
    found = []
    for key, words in FINDINGS:
        column = table.get(key)
        if column and column.best:
            winners = tuple(row for row in rows(page) if row.name in column.best)
            metric = column.metric
            text = number(column.means[winners[0].name].value, metric.digits)
            value = f"{text} {metric.unit}" if metric.label in words else f"{metric.label} {text}"
            found.append(Finding(key, winners, words, value))
    return tuple(found)


def explored_first(page: Page, columns: tuple[Column, ...]) -> list[str]:
    """Every cell in the order of its claim to be explored: those of the headline, then of each model one in turn.

    So that where there is no room for all, a model can still be held against another of the same size.
    """
    best = [cell.name for finding in findings(page, columns) for row in finding.rows for cell in row.cells]
    models = [[cell.name for cell in page.cells if (cell.model or "") == model] for model in families(page)]
    turns = [name for turn in zip_longest(*models) for name in turn if name]
    return list(dict.fromkeys([*best, *turns]))
