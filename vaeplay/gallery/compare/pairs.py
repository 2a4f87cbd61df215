"""Pairs of cells by what the paired verdicts say of them: a group an outcome, the metrics that matter most first."""

from dataclasses import dataclass
from typing import Any

from vaeplay.evaluation.registry import BY_KEY, METRICS, Metric
from vaeplay.gallery.answer.pairs import chosen
from vaeplay.gallery.page import Cell, Page
from vaeplay.gallery.words import number
from vaeplay.verdicts import words
from vaeplay.verdicts.table import Compared, Comparison, Outcome

FIRST = (
    *("mse", "elbo", "holes", "frechet", "coverage", "trip"),
    *("sharpness", "rate", "distortion", "probe_accuracy", "bits"),
)
"""The metrics that are shown at once, in order; the others are folded."""

GROUPS: tuple[tuple[str, tuple[Outcome, ...]], ...] = (
    ("Better", ("better",)),
    ("Worse", ("worse",)),
    ("Different, and neither is better", ("higher", "lower")),
    ("No difference shown", ("no difference shown",)),
    ("Cannot be compared", ("cannot be compared",)),
)
"""The groups of a comparison, each with the outcomes that stand in it."""

OUTCOMES: tuple[Outcome, ...] = tuple(outcome for _, outcomes in GROUPS for outcome in outcomes)
UNPAIRED = "No paired comparison was computed for these two, because they differ in more than one thing."


@dataclass(frozen=True)
class Line:
    """One metric of two cells; `difference` has its sign and interval, or says why there is none."""

    metric: Metric
    first: str
    difference: str
    second: str


@dataclass(frozen=True)
class Group:
    """The metrics with one outcome."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Shown:
    """A comparison: what limits it, and its groups, of the metrics that matter most and of the others."""

    first: Cell
    second: Cell
    note: str
    groups: tuple[Group, ...]
    further: tuple[Group, ...]


def default(page: Page) -> tuple[Cell, Cell] | None:
    """The pair of the first answer, else the first pair compared, else the first two cells."""
    for answer in chosen(page):
        return answer.first, answer.second
    cells = {cell.name: cell for cell in page.cells}
    for pair in page.verdicts.pairs if page.verdicts else ():
        if pair.first in cells and pair.second in cells:
            return cells[pair.first], cells[pair.second]
    return (page.cells[0], page.cells[1]) if len(page.cells) > 1 else None


def comparison(page: Page, first: Cell, second: Cell) -> Shown:
    """Two cells compared, as the page shows it without scripts."""
    known = page.verdicts.pairs if page.verdicts else ()
    pair = next((pair for pair in known if (pair.first, pair.second) == (first.name, second.name)), None)
    values = [{item.key: item.value for item in cell.metrics} for cell in (first, second)]

    def line(metric: Metric, item: Comparison | None) -> Line:
        ends = [_value(metric, table) for table in values]
        return Line(metric, ends[0], _difference(item, page) if item else "", ends[1])

    def groups(keys: list[str]) -> tuple[Group, ...]:
        if pair is None:
            lines = tuple(line(BY_KEY[key], None) for key in keys if any(key in table for table in values))
            return (Group("", lines),) if lines else ()
        items = {item.metric: item for item in pair.comparisons}
        found = (
            Group(title, tuple(line(BY_KEY[key], items[key]) for key in keys if _is(items.get(key), outcomes)))
            for title, outcomes in GROUPS
        )
        return tuple(group for group in found if group.lines)

    further = [metric.key for metric in METRICS if metric.key not in FIRST]
    return Shown(first, second, note(pair, page) if pair else UNPAIRED, groups(list(FIRST)), groups(further))


def _is(item: Comparison | None, outcomes: tuple[Outcome, ...]) -> bool:
    return item is not None and words.outcome(item) in outcomes


def _value(metric: Metric, values: dict[str, float | None]) -> str:
    return number(values[metric.key], metric.digits) if metric.key in values else "—"


def _difference(item: Comparison, page: Page) -> str:
    difference, digits = words.decisive(item), BY_KEY[item.metric].digits
    if difference is None:
        return _obstacle(item, page)
    value, low, high = (_signed(end, digits) for end in (difference.difference, difference.low, difference.high))
    return value if difference.low == difference.high else f"{value} ({low} to {high})"


def _signed(value: float, digits: int) -> str:
    return f"+{number(value, digits)}" if value > 0 else number(value, digits)


def _obstacle(item: Comparison, page: Page) -> str:
    """Why two cells cannot be compared, by the cells' labels."""
    said = item.obstacle or ""
    name = next((cell for cell in page.cells if said.startswith(f"{cell.name} ")), None)
    return f"{name.label}{said.removeprefix(name.name)}" if name else said


def note(pair: Compared, page: Page) -> str:
    """What limits a comparison, whichever of the two comes first."""
    trained = next((item.kinds.trainings for item in pair.comparisons if item.kinds), None)
    said = f"Means over {trained[0]} and {trained[1]} trainings." if trained else words.ONCE
    labels = {cell.name: cell.label for cell in page.cells}
    falling = [
        labels.get(name, name) for name, state in zip((pair.first, pair.second), pair.falling, strict=True) if state
    ]
    return said + (f" Still improving when training ended: {' and '.join(falling)}." if falling else "")


def packed(page: Page, opening: tuple[Cell, Cell] | None) -> dict[str, Any]:
    """Every pair for the script.

    A pair is [first, second, note, lines], and a line [metric, outcome, difference, low, high], by their places in
    `metrics` and `outcomes`, or [metric, outcome, obstacle]. Where models were trained repeatedly, both means follow.
    """
    keys = [*FIRST, *(metric.key for metric in METRICS if metric.key not in FIRST)]
    obstacles: dict[str, int] = {}
    found = []
    for pair in page.verdicts.pairs if page.verdicts else ():
        lines = [_packed(item, page, keys, obstacles) for item in pair.comparisons]
        found.append([pair.first, pair.second, note(pair, page), sorted(lines)])
    return {
        "opening": [cell.name for cell in opening] if opening else [],
        "metrics": keys,
        "first": len(FIRST),
        "outcomes": OUTCOMES,
        "groups": GROUPS,
        "obstacles": list(obstacles),
        "unpaired": UNPAIRED,
        "pairs": found,
    }


def _packed(item: Comparison, page: Page, keys: list[str], obstacles: dict[str, int]) -> list[float]:
    place, outcome = keys.index(item.metric), OUTCOMES.index(words.outcome(item))
    difference, digits = words.decisive(item), BY_KEY[item.metric].digits
    if difference is None:
        return [place, outcome, obstacles.setdefault(_obstacle(item, page), len(obstacles))]
    numbers = [difference.difference, difference.low, difference.high]
    if item.kinds and item.first is not None and item.second is not None:
        numbers += [item.first, item.second]
    return [place, outcome, *(round(value, digits) for value in numbers)]
