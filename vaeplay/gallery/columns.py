"""The table of cells: a row per configuration, a column per metric, with intervals and the best values marked."""

import statistics
from dataclasses import dataclass

from vaeplay.evaluation.registry import BY_KEY, METRICS, Group, Metric
from vaeplay.gallery.page import Cell, Estimate, Page
from vaeplay.gallery.words import plural, run
from vaeplay.verdicts.table import Combined

GROUPS: dict[Group, str] = {
    "reconstruction": "Reconstruction: how well an image is restored from its code",
    "likelihood": "Likelihood: how well the model explains test images",
    "generation": "Generation: how new images compare with real ones",
    "smoothness": "Smoothness: how images change between two codes",
    "representation": "Representation: how useful the codes are",
    "disentanglement": "Disentanglement: whether each dimension encodes one factor",
    "anomalies": "Anomalies: whether unlike images are told from test images",
}
"""The groups of the registry, as the question that each answers."""


@dataclass(frozen=True)
class Row:
    """One configuration and its cells, more than one where it was trained repeatedly."""

    name: str
    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Column:
    """One metric: `cells` by their names, `means` by configurations, `floor` that of real images.

    `ranks` are the places of the configurations by their means as shown, from 1, ties sharing one; empty where the
    metric ranks nothing.
    """

    metric: Metric
    cells: dict[str, Estimate]
    means: dict[str, Estimate]
    ranks: dict[str, int]
    floor: float | None

    @property
    def best(self) -> frozenset[str]:
        """The configurations that share the best mean."""
        return frozenset(name for name, rank in self.ranks.items() if rank == 1)


def rows(page: Page) -> tuple[Row, ...]:
    """The configurations in the order of their first cells."""
    groups: dict[str, list[Cell]] = {}
    for cell in page.cells:
        groups.setdefault(cell.configuration, []).append(cell)
    return tuple(
        Row(name, cells[0].label.removesuffix(run(cells[0].run)), tuple(cells)) for name, cells in groups.items()
    )


def columns(page: Page) -> tuple[Column, ...]:
    """The metrics that at least one cell has, in the registry's order; nats of several likelihoods are not ranked."""
    tables = {cell.name: {item.key: item for item in cell.metrics} for cell in page.cells}
    floors = {item.key: item.value for item in page.judge.floors} if page.judge else {}
    configurations, alike = rows(page), len(likelihoods(page)) <= 1
    combined = page.verdicts.combined if page.verdicts else {}
    found = []
    for metric in METRICS:
        own = {name: table[metric.key] for name, table in tables.items() if metric.key in table}
        if own:
            means = {
                row.name: estimate
                for row in configurations
                if (estimate := _mean(row, own, combined.get(row.name, {})))
            }
            values = {name: estimate.value for name, estimate in means.items()}
            ranked = ranks(metric, values) if alike or not metric.unit.startswith("nats") else {}
            found.append(Column(metric, own, means, ranked, floors.get(metric.key)))
    return tuple(found)


def over(estimate: Estimate) -> str:
    """What an interval is over, in words."""
    units = BY_KEY[estimate.key].over
    if not estimate.count:
        return "the test split"
    return plural(estimate.count, estimate.over or units) + (f" and their {units}s" if estimate.units else "")


def _mean(row: Row, estimates: dict[str, Estimate], combined: dict[str, Combined]) -> Estimate | None:
    """The mean over a configuration's trainings; of a single one, its own estimate.

    The interval of a mean is that of the verdicts, over trainings and images together; without verdicts it has none.
    """
    own = [estimates[cell.name] for cell in row.cells if cell.name in estimates]
    if len(row.cells) == 1 or not own:
        return own[0] if own else None
    key, values = own[0].key, [estimate.value for estimate in own]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return Estimate(key, None, count=len(values), over="training")
    if found := combined.get(key):
        return Estimate(
            key, found.value, found.low, found.high, found.trainings, over="training", units=found.over_images
        )
    return Estimate(key, statistics.fmean(known), count=len(known), over="training")


def shared(page: Page, table: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns of `table` in which every cell shows the same value and none is better: one sentence says as much."""
    found = []
    for column in table:
        values = [estimate.value for estimate in column.cells.values()]
        texts = {None if value is None else round(value, column.metric.digits) for value in values}
        if column.metric.better is None and len(texts) == 1 and 1 < len(page.cells) == len(values):
            found.append(column)
    return tuple(found)


def likelihoods(page: Page) -> tuple[str, ...]:
    """The likelihoods that the cells' decoders use, in order of appearance."""
    found = (item.value for cell in page.cells for item in cell.settings if item.key == "likelihood.name")
    return tuple(dict.fromkeys(str(value) for value in found))


def ranks(metric: Metric, values: dict[str, float | None]) -> dict[str, int]:
    """The place of each named value, as rounded for show, from 1 for the best; ties share one.

    Empty for a metric without a direction, and for a value without a rival.
    """
    rounded = {name: round(value, metric.digits) for name, value in values.items() if value is not None}
    if metric.better is None or len(rounded) < 2:
        return {}
    ordered = sorted(rounded.values(), reverse=metric.better == "higher")
    return {name: 1 + ordered.index(value) for name, value in rounded.items()}


def grouped(shown: tuple[Column, ...]) -> tuple[tuple[str, tuple[Column, ...]], ...]:
    """Columns under the titles of their groups, without the groups that have none."""
    groups = ((title, tuple(item for item in shown if item.metric.group == group)) for group, title in GROUPS.items())
    return tuple((title, members) for title, members in groups if members)
