"""Whose samples are best: said only of cells that the measures agree on, with ties within the intervals named."""

from dataclasses import dataclass

from vaeplay.evaluation.registry import BY_KEY
from vaeplay.gallery.answer.sentences import SAMPLES, inline, is_below_pca, joined
from vaeplay.gallery.columns import Column, Row
from vaeplay.gallery.page import Estimate
from vaeplay.gallery.words import number, plural

NAMED = 3  # configurations that a sentence names at most


@dataclass(frozen=True)
class Best:
    """The sentence, and the configurations that it recommends."""

    sentence: str
    rows: tuple[Row, ...]


def best_samples(rows: tuple[Row, ...], columns: tuple[Column, ...]) -> Best | None:
    """Which configurations have the best samples; None where fewer than two have every measure.

    A configuration is level with the leader of a measure where their difference is within the interval of a difference
    of independent values, √(h₁² + h₂²). Those that PCA beats in reconstruction are left out.
    """
    table = {column.metric.key: column.means for column in columns}
    if not set(SAMPLES) <= set(table):
        return None
    able = [row for row in rows if not any(is_below_pca(cell) for cell in row.cells)]
    able = [row for row in able if all(_value(table[key].get(row.name)) is not None for key in SAMPLES)]
    if len(able) < 2:
        return None
    level = {key: _level(key, able, table[key]) for key in SAMPLES}
    common = [row for row in able if all(row in level[key] for key in SAMPLES)]
    if not common:
        leaders = "; ".join(f"by {inline(key)}, {_named(level[key])}" for key in SAMPLES)
        ahead = {level[key][0].name: level[key][0] for key in SAMPLES}
        return Best(f"it depends on the measure: {leaders}", tuple(ahead.values()))
    if len(common) > 1:
        return Best(f"{_named(common)}: the intervals separate them in no measure of samples", tuple(common[:NAMED]))
    winner = common[0]
    alone = [key for key in SAMPLES if len(level[key]) == 1]
    tied = [f"{plural(len(level[key]) - 1, 'other cell')} in {inline(key)}" for key in SAMPLES if key not in alone]
    level_with_it = f". The intervals do not separate it from {joined(tied)}" if tied else ""
    if len(alone) < 2:
        said = f"{winner.label} is among the best in every measure of samples, but ahead in fewer than two"
    else:
        measures = joined([f"{inline(key)} ({_shown(key, table[key][winner.name])})" for key in alone])
        said = f"{winner.label}, whose samples are ahead of those of every other cell in {measures}"
    return Best(said + level_with_it, (winner,))


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
    return named([row.label for row in rows])


def named(labels: list[str]) -> str:
    """The first of these labels, and how many more there are."""
    rest = len(labels) - NAMED
    return joined([*labels[:NAMED], f"{rest} more"] if rest > 0 else labels)
