"""What a change did to a cell: each version of it against another, image by image where the values are kept.

Along a sweep of β each cell is held against that with the β before; other versions of a cell against the first, which
is the workspace's where it has one. All are measured on the same test images, so that differences are paired: see
`vaeplay.verdicts.statistics`. They speak of these trained models, not of what other seeds would give.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vaeplay.evaluation.registry import BY_KEY, Metric
from vaeplay.gallery.page import Cell, Estimate
from vaeplay.gallery.views import View
from vaeplay.verdicts import statistics
from vaeplay.verdicts.statistics import Array

METRICS = tuple(BY_KEY[key] for key in ("rate", "distortion", "elbo", "mse", "frechet"))

Values = Callable[[str], dict[str, Array]]
"""From a cell's name to its values at test images, {metric: (N,)}."""


@dataclass(frozen=True)
class Difference:
    """A metric's change, with half its 95 % interval where that is known; `better` is None where nobody can tell."""

    metric: Metric
    value: float
    half: float | None
    better: bool | None


@dataclass(frozen=True)
class Step:
    """From one version of a cell to another: their names for readers, and the differences by their metrics' keys."""

    before: str
    after: str
    differences: dict[str, Difference]


@dataclass(frozen=True)
class Chain:
    """The versions of one cell, in order, and what changes between them."""

    title: str
    versions: tuple[Cell, ...]
    names: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Those that at least one step has a difference of."""
        return tuple(item for item in METRICS if any(item.key in step.differences for step in self.steps))


def chains(view: View, values: Values) -> tuple[Chain, ...]:
    """Every cell that experiments have several versions of, or that one of them has alone."""
    found = []
    taken: set[str] = set()
    for sweep in view.sweeps:
        taken |= {cell.name for cell in sweep}
        names = tuple(f"β = {1 if cell.beta is None else cell.beta:g}" for cell in sweep)
        found.append(_chain(sweep, names, list(pairwise(range(len(sweep)))), values))
    others: dict[str, list[Cell]] = {}
    for cell in view.page.cells:
        if cell.name not in taken:
            others.setdefault(own_name(cell), []).append(cell)
    for versions in others.values():
        names = tuple(cell.name.rpartition("/")[0] for cell in versions)
        found.append(_chain(tuple(versions), names, [(0, place) for place in range(1, len(versions))], values))
    return tuple(found)


def own_name(cell: Cell) -> str:
    """A cell's name in the grid, without that of its experiment."""
    return cell.name.rpartition("/")[2]


def _chain(versions: tuple[Cell, ...], names: tuple[str, ...], pairs: list[tuple[int, int]], values: Values) -> Chain:
    steps = []
    for one, two in pairs:
        found = {item.metric.key: item for item in differences(versions[one], versions[two], values)}
        steps.append(Step(names[one], names[two], found))
    return Chain(own_name(versions[-1]), versions, names, tuple(steps))


def differences(first: Cell, second: Cell, values: Values) -> Iterator[Difference]:
    """The second's metrics less the first's, where both have them."""
    one, two = ({item.key: item for item in cell.metrics} for cell in (first, second))
    kept = values(first.name), values(second.name)
    for metric in METRICS:
        if metric.key in one and metric.key in two:
            before, after = one[metric.key], two[metric.key]
            if before.value is not None and after.value is not None:
                value = after.value - before.value
                half = _half(metric.key, kept, before, after)
                sure = half is not None and abs(value) > half
                better = (value > 0) == (metric.better == "higher") if sure and metric.better else None
                yield Difference(metric, value, half, better)


def _half(key: str, kept: tuple[dict[str, Array], dict[str, Array]], before: Estimate, after: Estimate) -> float | None:
    """Half the interval of a difference: paired over images or jackknife groups, or as of two independent values."""
    if all(key in values for values in kept) and len(kept[0][key]) == len(kept[1][key]) > 1:
        return _paired(kept[1][key] - kept[0][key])
    replicates = [values[f"jackknife.{key}"] for values in kept if f"jackknife.{key}" in values]
    if len(replicates) == 2:
        points = np.array([before.value, after.value], dtype=np.float64)
        first, second = statistics.pseudo_values(points, np.stack(replicates))
        return _paired(second - first)
    halves = [(item.high - item.low) / 2 for item in (before, after) if item.low is not None and item.high is not None]
    return math.hypot(*halves) if len(halves) == 2 else None


def _paired(differences: Array) -> float:
    """Half the interval of the mean of (N,) differences."""
    return float(statistics.half_width(statistics.of_mean(differences, statistics.strata(None, len(differences)))))
