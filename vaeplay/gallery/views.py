"""What is compared on the page: the axes of the grid, the best values, and the sentence of findings."""

from dataclasses import dataclass

from vaeplay.gallery.page import Cell, Page
from vaeplay.gallery.words import axis, number
from vaeplay.metrics.registry import METRICS, Metric

FAMILIES = 8
"""How many models have a colour and a marker of their own; further ones start again."""

FINDINGS = (("elbo", "the highest ELBO"), ("mse", "the lowest reconstruction error"))
"""The metrics of the headline, each with its words, in order."""


@dataclass(frozen=True)
class Axis:
    """One axis of the grid: the cell's attribute, its name for readers, its unit, and its values in order."""

    name: str
    title: str
    unit: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """One metric over all cells; `best` are the names of the cells that share the best value as shown."""

    metric: Metric
    values: dict[str, float | None]
    best: frozenset[str]


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
    """The axes in which cells differ. β counts only where cells of one model differ in it, as in a sweep."""
    sweep = len({(cell.model, cell.beta) for cell in page.cells}) > len({cell.model for cell in page.cells})
    return tuple(item for item in axes(page) if len(item.values) > 1 and (item.name != "beta" or sweep))


def columns(page: Page) -> tuple[Column, ...]:
    """The metrics that at least one cell has, in the registry's order."""
    tables = {cell.name: {figure.key: figure.value for figure in cell.figures} for cell in page.cells}
    found = []
    for metric in METRICS:
        values = {name: table[metric.key] for name, table in tables.items() if metric.key in table}
        if values:
            marked = best(metric, values) if comparable(page, metric) else frozenset()
            found.append(Column(metric, values, marked))
    return tuple(found)


def shared(page: Page) -> tuple[Column, ...]:
    """The columns in which every cell shows the same value and none is better: one sentence says as much."""
    found = []
    for column in columns(page):
        texts = {None if value is None else round(value, column.metric.digits) for value in column.values.values()}
        if column.metric.better is None and len(texts) == 1 and 1 < len(page.cells) == len(column.values):
            found.append(column)
    return tuple(found)


def likelihoods(page: Page) -> tuple[str, ...]:
    """The likelihoods that the cells' decoders use, in order of appearance."""
    found = (item.value for cell in page.cells for item in cell.settings if item.key == "likelihood.name")
    return tuple(dict.fromkeys(str(value) for value in found))


def comparable(page: Page, metric: Metric) -> bool:
    """Whether values of `metric` may be ranked: nats under different likelihoods may not."""
    return not metric.unit.startswith("nats") or len(likelihoods(page)) <= 1


def best(metric: Metric, values: dict[str, float | None]) -> frozenset[str]:
    """Which of the named values are best, as rounded for show: ties all are; without a direction, or a rival, none."""
    rounded = {name: round(value, metric.digits) for name, value in values.items() if value is not None}
    if metric.better is None or len(rounded) < 2:
        return frozenset()
    target = min(rounded.values()) if metric.better == "lower" else max(rounded.values())
    return frozenset(name for name, value in rounded.items() if value == target)


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
    """A part of the headline: `cells` have `words`, at `value`, written with its unit or its name."""

    cells: tuple[Cell, ...]
    words: str
    value: str


def findings(page: Page) -> tuple[Finding, ...]:
    """The best cells by each metric of `FINDINGS`, where there is a best."""
    table = {column.metric.key: column for column in columns(page)}
    found = []
    for key, words in FINDINGS:
        column = table.get(key)
        if column and column.best:
            cells = tuple(cell for cell in page.cells if cell.name in column.best)
            metric, value = column.metric, column.values[cells[0].name]
            text = number(value, metric.digits)
            value_text = f"{text} {metric.unit}" if metric.label in words else f"{metric.label} {text}"
            found.append(Finding(cells, words, value_text))
    return tuple(found)
