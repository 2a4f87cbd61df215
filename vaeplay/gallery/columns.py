"""The table of cells: a row a configuration, a column a metric, each value with its interval, the best ones marked."""

import math
import statistics
from dataclasses import dataclass

from vaeplay.evaluation.registry import BY_KEY, METRICS, Group, Metric
from vaeplay.gallery.page import Cell, Figure, Page
from vaeplay.gallery.words import plural, run

GROUPS: dict[Group, str] = {
    "reconstruction": "Reconstruction: what comes back of an image",
    "likelihood": "Likelihood: what an image costs",
    "generation": "Generation: how new images compare with real ones",
    "smoothness": "Smoothness: what lies between codes",
    "representation": "Representation: what codes are good for",
    "disentanglement": "Disentanglement: one factor a dimension",
}
"""The groups of the registry, as the question that each answers."""


@dataclass(frozen=True)
class Row:
    """One configuration and its cells, more than one where it was trained repeatedly."""

    name: str
    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Entry:
    """One value with its 95 % interval, where there is one, and what that is over: images or such, or trainings."""

    value: float | None
    low: float | None
    high: float | None
    over: str

    @property
    def half(self) -> float | None:
        """Half of the interval's width."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2


@dataclass(frozen=True)
class Column:
    """One metric: `cells` by their names, `means` by configurations, `floor` that of real images.

    `best` are the configurations that share the best mean as shown.
    """

    metric: Metric
    cells: dict[str, Entry]
    means: dict[str, Entry]
    best: frozenset[str]
    floor: float | None


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
    tables = {cell.name: {figure.key: figure for figure in cell.figures} for cell in page.cells}
    floors = {figure.key: figure.value for figure in page.judge.floors} if page.judge else {}
    configurations, alike = rows(page), len(likelihoods(page)) <= 1
    found = []
    for metric in METRICS:
        owned = {name: table[metric.key] for name, table in tables.items() if metric.key in table}
        entries = {name: Entry(own.value, own.low, own.high, _over(own)) for name, own in owned.items()}
        if entries:
            means = {row.name: entry for row in configurations if (entry := _mean(row, entries))}
            values = {name: entry.value for name, entry in means.items()}
            marked = best(metric, values) if alike or not metric.unit.startswith("nats") else frozenset()
            found.append(Column(metric, entries, means, marked, floors.get(metric.key)))
    return tuple(found)


def _over(figure: Figure) -> str:
    return plural(figure.count, BY_KEY[figure.key].over) if figure.count else "the test split"


def _mean(row: Row, entries: dict[str, Entry]) -> Entry | None:
    """The mean over a configuration's trainings with Student's interval; of a single one, its own entry."""
    own = [entries[cell.name] for cell in row.cells if cell.name in entries]
    if len(row.cells) == 1 or not own:
        return own[0] if own else None
    values = [entry.value for entry in own]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return Entry(None, None, None, plural(len(values), "training"))
    mean = statistics.fmean(known)
    half = student(len(known)) * statistics.stdev(known) if len(known) > 1 else None
    low, high = (None, None) if half is None else (mean - half, mean + half)
    return Entry(mean, low, high, plural(len(known), "training"))


def student(count: int) -> float:
    """What a standard deviation of `count` values is multiplied by, for half the 95 % interval of their mean.

    Student 1908, doi:10.1093/biomet/6.1.1.
    """
    from scipy.special import stdtrit  # a fifth of a second, which only repeated trainings cost

    return float(stdtrit(count - 1, 0.975)) / math.sqrt(count)


def shared(page: Page, table: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns of `table` in which every cell shows the same value and none is better: one sentence says as much."""
    found = []
    for column in table:
        values = [entry.value for entry in column.cells.values()]
        texts = {None if value is None else round(value, column.metric.digits) for value in values}
        if column.metric.better is None and len(texts) == 1 and 1 < len(page.cells) == len(values):
            found.append(column)
    return tuple(found)


def likelihoods(page: Page) -> tuple[str, ...]:
    """The likelihoods that the cells' decoders use, in order of appearance."""
    found = (item.value for cell in page.cells for item in cell.settings if item.key == "likelihood.name")
    return tuple(dict.fromkeys(str(value) for value in found))


def best(metric: Metric, values: dict[str, float | None]) -> frozenset[str]:
    """Which of the named values are best, as rounded for show: ties all are; without a direction, or a rival, none."""
    rounded = {name: round(value, metric.digits) for name, value in values.items() if value is not None}
    if metric.better is None or len(rounded) < 2:
        return frozenset()
    target = min(rounded.values()) if metric.better == "lower" else max(rounded.values())
    return frozenset(name for name, value in rounded.items() if value == target)


def grouped(shown: tuple[Column, ...]) -> tuple[tuple[str, tuple[Column, ...]], ...]:
    """Columns under the titles of their groups, without the groups that have none."""
    groups = ((title, tuple(item for item in shown if item.metric.group == group)) for group, title in GROUPS.items())
    return tuple((title, members) for title, members in groups if members)


def glossary() -> tuple[tuple[str, tuple[Metric, ...]], ...]:
    """Every metric of the registry under the title of its group."""
    return tuple(
        (title, members)
        for group, title in GROUPS.items()
        if (members := tuple(metric for metric in METRICS if metric.group == group))
    )
