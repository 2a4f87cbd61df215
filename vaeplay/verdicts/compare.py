"""Pairs compared metric by metric, with Holm's correction over the metrics of each pair."""

from dataclasses import replace

import numpy as np

from vaeplay.evaluation.registry import METRICS
from vaeplay.evaluation.registry.metric import Metric, Over
from vaeplay.verdicts import statistics, words
from vaeplay.verdicts.evidence import Evidence, Sample
from vaeplay.verdicts.pairs import Configuration, Pair
from vaeplay.verdicts.statistics import ALPHA, Array
from vaeplay.verdicts.table import Combined, Compared, Comparison, Difference, OfKinds, OfModels

LACKING = "{} has no such metric"
NO_SPREAD = "nothing says how sure it is: it has no values at images, and no repeats"
UNLIKE = "the two were measured on different numbers of images"


def of_models(first: Sample, second: Sample, metric: Metric | None, alpha: float = ALPHA) -> OfModels | None:
    """The first trainings of both compared; None where nothing says how sure their difference is."""
    difference = float(second.points[0] - first.points[0])
    over: Over | None = metric.over if metric else None
    better = None
    if first.exact and second.exact:
        over, low, high, p = None, difference, difference, float(difference == 0)
    elif first.units == 0 or first.units != second.units:
        return None
    elif is_share(first) and is_share(second):
        difference, low, high, p = statistics.paired_shares(first.values[0], second.values[0], alpha)
    else:
        spread = statistics.of_mean(second.values[0] - first.values[0], first.members)
        half = float(statistics.half_width(spread, alpha))
        low, high, p = difference - half, difference + half, float(statistics.p_value(np.asarray(difference), spread))
        if metric and metric.better and not first.grouped:
            better = share_better(first.values[0], second.values[0], metric.better)
    return OfModels(difference=difference, low=low, high=high, p=p, adjusted=p, over=over, better=better)


def of_kinds(
    first: Sample, second: Sample, alpha: float = ALPHA, *, family: int = 1, same: bool = False
) -> OfKinds | None:
    """Both kinds compared; None where one was trained once. `same`: both are metrics of the same trainings.

    `family` is the number of questions that are asked together, which more trainings are to settle.
    """
    trainings = len(first.points), len(second.points)
    if min(trainings) < 2:
        return None
    over_images = first.units == second.units > 0
    ours, theirs = (sample if over_images else without_units(sample) for sample in (first, second))
    if same:
        kinds = [(theirs.points - ours.points, theirs.values - ours.values)]
    else:
        kinds = [(ours.points, ours.values), (theirs.points, theirs.values)]
    levels = statistics.two_levels(kinds, ours.members)
    half, difference = float(statistics.half_width(levels.spread, alpha)), float(levels.difference)
    p = float(statistics.p_value(levels.difference, levels.spread))
    return OfKinds(
        difference=difference,
        low=difference - half,
        high=difference + half,
        p=p,
        adjusted=p,
        trainings=trainings,
        over_images=over_images,
        needed=statistics.trainings_needed(levels, ALPHA / family),
    )


def compare(pair: Pair, evidence: Evidence) -> Compared:
    """A pair in every metric that either of its configurations has."""
    samples = {
        metric: (evidence.sample(pair.first.cells, metric.key), evidence.sample(pair.second.cells, metric.key))
        for metric in METRICS
    }
    known = {metric: both for metric, both in samples.items() if any(both)}
    family = sum(all(both) for both in known.values())
    comparisons = [_comparison(pair, metric, *both, family) for metric, both in known.items()]
    for question in ("models", "kinds"):
        comparisons = _corrected(comparisons, question)
    return Compared(
        change=pair.change,
        title=words.title(pair),
        first=pair.first.name,
        second=pair.second.name,
        falling=(falling(pair.first, evidence), falling(pair.second, evidence)),
        comparisons=tuple(comparisons),
    )


def falling(one: Configuration, evidence: Evidence) -> bool:
    """Whether a training of this configuration ended while its loss on the validation split was still falling."""
    return any(evidence.convergence(cell) == "falling" for cell in one.cells)


def _comparison(pair: Pair, metric: Metric, first: Sample | None, second: Sample | None, family: int) -> Comparison:
    models = kinds = obstacle = None
    if first is None or second is None:
        obstacle = LACKING.format(pair.first.name if first is None else pair.second.name)
    else:
        models = of_models(first, second, metric)
        if not set(pair.first.cells) & set(pair.second.cells):
            kinds = of_kinds(first, second, family=family)
        if models is None and kinds is None:
            obstacle = UNLIKE if first.units and second.units else NO_SPREAD
    means = [None if sample is None else float(sample.points.mean()) for sample in (first, second)]
    return Comparison(metric=metric.key, first=means[0], second=means[1], models=models, kinds=kinds, obstacle=obstacle)


def _corrected(comparisons: list[Comparison], question: str) -> list[Comparison]:
    """The comparisons with Holm's p values over those that this question could be asked of."""
    asked = [place for place, item in enumerate(comparisons) if getattr(item, question) is not None]
    adjusted = statistics.holm([getattr(comparisons[place], question).p for place in asked])
    corrected = list(comparisons)
    for place, value in zip(asked, adjusted, strict=True):
        changes: dict[str, object] = {"adjusted": value}
        difference: Difference = getattr(comparisons[place], question)
        if isinstance(difference, OfKinds) and value < ALPHA:
            changes["needed"] = None
        corrected[place] = comparisons[place].model_copy(update={question: difference.model_copy(update=changes)})
    return corrected


def combined(one: Configuration, evidence: Evidence) -> dict[str, Combined]:
    """The metrics of a configuration with repeats: ± over trainings and images both, in place of over one of them."""
    found = {}
    for metric in METRICS:
        sample = evidence.sample(one.cells, metric.key)
        if sample is not None:
            levels = statistics.two_levels([(sample.points, sample.values)], sample.members)
            value, half = float(levels.difference), float(statistics.half_width(levels.spread))
            found[metric.key] = Combined(
                value=value, low=value - half, high=value + half, trainings=len(one.cells), over_images=sample.units > 0
            )
    return found


def is_share(sample: Sample) -> bool:
    """Whether the values at units are 0 and 1, so that the metric is the share of ones."""
    return bool(np.isin(sample.values, (0.0, 1.0)).all())


def without_units(sample: Sample) -> Sample:
    """The metric in each training, and nothing of how sure it is."""
    return replace(sample, values=np.zeros((len(sample.points), 0)))


def share_better(first: Array, second: Array, direction: str) -> tuple[float, float, float]:
    """The share of images on which the second is better, with Wilson's interval: (N,), (N,)."""
    wins = int(np.sum(second > first if direction == "higher" else second < first))
    return wins / len(first), *statistics.wilson(wins, len(first))
