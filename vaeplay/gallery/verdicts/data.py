"""The headline metrics of each pair, by what came of them."""

from dataclasses import dataclass
from typing import Any

from vaeplay.evaluation.registry import BY_KEY
from vaeplay.gallery.views import View
from vaeplay.verdicts import words
from vaeplay.verdicts.table import Compared, Comparison

COLUMNS = (("Better", ("better",)), ("Worse", ("worse",)), ("Higher or lower", ("higher", "lower")))
"""Columns by their title, each with the outcomes that stand in it."""


@dataclass(frozen=True)
class Row:
    """A pair: what changes, sentences a column, and the labels of the metrics in which no difference was shown."""

    title: str
    columns: tuple[tuple[str, ...], ...]
    alike: str


def data(view: View) -> dict[str, Any]:
    """A row a pair, and whether it is of kinds of model, where trainings were repeated."""
    pairs = view.page.verdicts.pairs if view.page.verdicts else ()
    comparisons = [item for pair in pairs for item in pair.comparisons]
    return {
        "rows": [row(pair) for pair in pairs],
        "titles": [title for title, _ in COLUMNS],
        "of_kinds": any(item.kinds for item in comparisons),
    }


def row(pair: Compared) -> Row:
    """One pair's headline metrics."""
    shown = [item for item in pair.comparisons if BY_KEY[item.metric].headline]

    def of(outcomes: tuple[str, ...]) -> list[Comparison]:
        return [item for item in shown if words.outcome(item) in outcomes]

    columns = tuple(tuple(words.finding(item) for item in of(outcomes)) for _, outcomes in COLUMNS)
    return Row(pair.title, columns, ", ".join(words.unsettled(item) for item in of(("no difference shown",))))
