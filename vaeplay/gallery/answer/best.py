"""Whose samples are best: said only of cells that the measures agree on, with ties within the intervals named."""

from vaeplay.evaluation.registry import BY_KEY
from vaeplay.gallery.answer.sentences import SAMPLES, is_below_pca, joined
from vaeplay.gallery.columns import Column, Row
from vaeplay.gallery.page import Estimate
from vaeplay.gallery.words import number, plural

NAMED = 3  # configurations that a sentence names at most


def best_samples(rows: tuple[Row, ...], columns: tuple[Column, ...]) -> str:
    """The sentence; empty where fewer than two configurations have every measure.

    A configuration is level with the leader of a measure where their difference is within the interval of a difference
    of independent values, √(h₁² + h₂²). Those that PCA beats in reconstruction are left out.
    """
    table = {column.metric.key: column.means for column in columns}
    if not set(SAMPLES) <= set(table):
        return ""
    able = [row for row in rows if not any(is_below_pca(cell) for cell in row.cells)]
    able = [row for row in able if all(_value(table[key].get(row.name)) is not None for key in SAMPLES)]
    if len(able) < 2:
        return ""
    level = {key: _level(key, able, table[key]) for key in SAMPLES}
    common = [row for row in able if all(row in level[key] for key in SAMPLES)]
    if not common:
        leaders = joined([f"{BY_KEY[key].label}: {_named(level[key])}" for key in SAMPLES])
        return f"Which cell has the best samples depends on the measure. {leaders}."
    if len(common) > 1:
        return (
            f"The best samples cannot be told apart: {_named(common)} are level within the intervals of all measures."
        )
    winner = common[0]
    alone = [key for key in SAMPLES if len(level[key]) == 1]
    tied = [
        f"in {BY_KEY[key].label} {plural(len(level[key]) - 1, 'other cell')}" for key in SAMPLES if key not in alone
    ]
    level_with_it = f"; level with it within the intervals: {joined(tied)}" if tied else ""
    if len(alone) < 2:
        return (
            f"No cell is ahead in several measures of samples; {winner.label} is among the best in each{level_with_it}."
        )
    measures = joined([f"{BY_KEY[key].label} ({_shown(key, table[key][winner.name])})" for key in alone])
    return f"{winner.label} has the best samples, ahead of every other cell in {measures}{level_with_it}."


def _level(key: str, rows: list[Row], means: dict[str, Estimate]) -> list[Row]:
    """The leader of a measure and all that are level with it, the leader first."""
    sign = 1 if BY_KEY[key].better == "higher" else -1
    ordered = sorted(rows, key=lambda row: -sign * (_value(means[row.name]) or 0.0))
    leader = means[ordered[0].name]
    return [row for row in ordered if _gap(leader, means[row.name]) <= _reach(leader, means[row.name])]


def _value(estimate: Estimate | None) -> float | None:
    return estimate.value if estimate else None


def _gap(one: Estimate, other: Estimate) -> float:
    return abs((one.value or 0.0) - (other.value or 0.0))


def _reach(one: Estimate, other: Estimate) -> float:
    """Half the interval of the difference of two independent values."""
    halves = [(item.high - item.low) / 2 for item in (one, other) if item.low is not None and item.high is not None]
    return float(sum(half**2 for half in halves) ** 0.5)


def _shown(key: str, estimate: Estimate) -> str:
    return number(estimate.value, BY_KEY[key].digits)


def _named(rows: list[Row]) -> str:
    names = [row.label for row in rows[:NAMED]]
    rest = len(rows) - len(names)
    return joined([*names, f"{rest} more"] if rest else names)
