"""How far a difference of two models can be trusted: over test images, and over trainings.

**These two models.** Both are measured on the same images, so the differences are taken image by image, and what makes
an image hard for both cancels. The test split has a fixed number of images of each class. The variance of a mean is
therefore summed over classes (strata), as in Cochran 1977, chapter 5, with Satterthwaite's degrees of freedom. This
closed form needs no draws, and a bootstrap within classes tends to it. A bootstrap over all images would also vary the
numbers of the classes, which the split holds fixed, and give intervals that are too wide.

**These two kinds of model.** A kind is what is trained anew with another seed. Its trainings are all measured on the
same images: a crossed design of two random effects. The variance of the difference of two means over trainings is that
between trainings, plus that over images, less the interaction of both, which the first two each contain (Searle,
Casella & McCulloch 1992, chapter 4). The degrees of freedom are again Satterthwaite's (1946, doi:10.2307/3002019), and
the variances of the two kinds are not pooled (Welch 1947, doi:10.1093/biomet/34.1-2.28): few trainings give wide
intervals. Two trainings of each are the fewest that say anything, and the only number at which intervals of 95 % were
seen to cover less than 90 % (89.5 %): where the seeds of one kind vary six times as much as those of the other, and
about as much as the images.

**Units.** The columns of `values` are images with the metric's value on each; for a ratio of means or a metric of a
set, the jackknife's pseudo-values of its groups (`pseudo_values`, Tukey 1958). The mean over units has in both cases
the variance of the metric, so that one set of formulas serves both. Leading dimensions are many problems at once.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, ndtri, stdtr, stdtrit

Array = NDArray[np.float64]

LEVEL = 0.95
ALPHA = 1 - LEVEL
MOST_TRAININGS = 100
"""Beyond as many trainings nobody goes to settle a question."""


class Spread(NamedTuple):
    """The variance of an estimate, and the degrees of freedom that it is known with."""

    variance: Array
    freedom: Array


@dataclass(frozen=True)
class Levels:
    """A difference between kinds of model, and where its variance comes from.

    `between` is the variance between the trainings of each kind, (..., kinds); `trainings` their number. `images` is
    the part of the variance that no further training takes away.
    """

    difference: Array
    spread: Spread
    between: Array
    trainings: tuple[int, ...]
    images: Spread


def strata(labels: NDArray[Any] | None, count: int) -> Array:
    """Membership of `count` units in strata, (count, H) of 0 and 1. Without labels all are in one.

    A stratum of one unit has no variance of its own: such units share a stratum, or join the smallest of the others.
    """
    if labels is None:
        return np.ones((count, 1))
    _, codes, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    alone = sizes[codes] == 1
    if alone.sum() == 1 and len(sizes) > 1:
        larger = np.flatnonzero(sizes > 1)
        alone |= codes == larger[np.argmin(sizes[larger])]
    codes = np.where(alone, codes[alone].min(initial=len(sizes)), codes)
    return (codes[:, None] == np.unique(codes)).astype(float)


def of_mean(values: Array, members: Array) -> Spread:
    """The spread of the mean over units: (..., N), strata (N, H)."""
    count, sizes = len(members), members.sum(0)
    centred = values - values.mean(-1, keepdims=True)
    within = centred**2 @ members - (centred @ members) ** 2 / sizes
    parts = np.clip(within, 0, None) / (sizes - 1) * sizes / count**2
    variance = parts.sum(-1)
    freedom = _ratio(variance**2, (parts**2 / (sizes - 1)).sum(-1), count - len(sizes))
    return Spread(variance, freedom)


def interaction(values: Array, members: Array) -> Array:
    """What the interaction of training and image adds to the variance of one training's mean: (..., S, N), S > 1."""
    count, sizes = len(members), members.sum(0)
    left = values - values.mean(-2, keepdims=True)
    within = (left**2 @ members - (left @ members) ** 2 / sizes).sum(-2)
    freedom = (values.shape[-2] - 1) * (sizes - 1)
    return (np.clip(within, 0, None) / freedom * sizes / count**2).sum(-1)


def two_levels(kinds: list[tuple[Array, Array]], members: Array) -> Levels:
    """The last kind's mean less the first's where there are two, or the mean of the only one, over both levels.

    A kind is its trainings' metrics, (..., S), and their values at the units, (..., S, N), with S at least 2. N is 0
    for a metric without values at units: the variance is then that between trainings alone.
    """
    signs = [-1.0, 1.0][-len(kinds) :]
    counts = tuple(points.shape[-1] for points, _ in kinds)
    difference = sum(sign * points.mean(-1) for sign, (points, _) in zip(signs, kinds, strict=True))
    between = np.stack([points.var(-1, ddof=1) for points, _ in kinds], -1)
    seeds = between / counts
    if kinds[0][1].shape[-1]:
        images = of_mean(sum(sign * values.mean(-2) for sign, (_, values) in zip(signs, kinds, strict=True)), members)
        doubled = sum(interaction(values, members) / count for (_, values), count in zip(kinds, counts, strict=True))
        alone = Spread(np.clip(images.variance - doubled, 0, None), images.freedom)
    else:
        alone = images = Spread(np.zeros(difference.shape), np.full(difference.shape, np.inf))
    variance = np.maximum(seeds.sum(-1) + alone.variance, images.variance)
    parts = (seeds**2 / (np.array(counts) - 1)).sum(-1) + images.variance**2 / images.freedom
    freedom = np.maximum(_ratio(variance**2, parts, sum(counts) - len(counts)), min(counts) - 1)
    return Levels(difference, Spread(variance, freedom), between, counts, alone)


def half_width(spread: Spread, alpha: float = ALPHA) -> Array:
    """Half the width of the interval of level 1 − alpha."""
    return stdtrit(spread.freedom, 1 - alpha / 2) * np.sqrt(spread.variance)


def p_value(difference: Array, spread: Spread) -> Array:
    """Two-sided p value of Student's t. A difference without any spread is certain: 0, or 1 where there is none."""
    error = np.sqrt(spread.variance)
    t = np.divide(np.abs(difference), error, out=np.zeros_like(error), where=error > 0)
    return np.where(error > 0, 2 * stdtr(spread.freedom, -t), np.where(difference == 0, 1.0, 0.0))


def trainings_needed(levels: Levels, alpha: float = ALPHA) -> int | None:
    """How many trainings of each kind would part them at this level if all variances and the difference are as now.

    None where that takes more than `MOST_TRAININGS`, or where the test images are too few for any number to do.
    """
    counts = np.arange(2, MOST_TRAININGS + 1)
    seeds = levels.between[..., None] / counts
    variance = seeds.sum(-2) + levels.images.variance
    parts = (seeds**2).sum(-2) / (counts - 1) + levels.images.variance**2 / levels.images.freedom
    half = half_width(Spread(variance, _ratio(variance**2, parts, 2 * counts - 2)), alpha)
    enough = counts[half < abs(levels.difference)]
    return max(int(enough[0]), *levels.trainings) if len(enough) else None


def pseudo_values(metric: Array, replicates: Array) -> Array:
    """The grouped jackknife's pseudo-values: a metric (...) and itself without each of G groups (..., G) → (..., G)."""
    groups = replicates.shape[-1]
    return groups * np.asarray(metric)[..., None] - (groups - 1) * replicates


def paired_shares(first: Array, second: Array, alpha: float = ALPHA) -> tuple[float, float, float, float]:
    """Difference of two shares of the same images, (N,) of 0 and 1: (difference, low, high, p value).

    The interval is Wald's with half an image added to each of the four cells of the table (Agresti & Min 2005,
    doi:10.1002/sim.1781), which has a width even where both models agree on every image. The p value is that of
    McNemar's exact test.
    """
    count = len(first)
    gained, lost = int(np.sum(second > first)), int(np.sum(second < first))
    centre = (gained - lost) / (count + 2)
    error = np.sqrt((gained + lost + 1) - (gained - lost) ** 2 / (count + 2)) / (count + 2)
    half = float(ndtri(1 - alpha / 2) * error)
    difference = (gained - lost) / count
    p = min(1.0, 2 * float(bdtr(min(gained, lost), gained + lost, 0.5))) if gained + lost else 1.0
    return difference, min(difference, centre - half), max(difference, centre + half), p


def wilson(successes: int, count: int) -> tuple[float, float]:
    """Wilson's interval of a share (1927, doi:10.1080/01621459.1927.10502953)."""
    z = float(ndtri(1 - ALPHA / 2))
    share, scale = successes / count, 1 + z**2 / count
    centre = (share + z**2 / (2 * count)) / scale
    half = z * float(np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))) / scale
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def holm(p_values: list[float]) -> list[float]:
    """Adjusted p values of a family of tests, which keep its error at that of one (Holm 1979, Scand. J. Stat. 6).

    >>> holm([0.03, 0.01, 0.04])
    [0.06, 0.03, 0.06]
    """
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted


def _ratio(above: Array, below: Array, otherwise: Any) -> Array:
    """Above over below; `otherwise` where there is no spread at all."""
    out = np.broadcast_to(np.asarray(otherwise, float), np.shape(above)).copy()
    return np.divide(above, below, out=out, where=np.asarray(below) > 0)
