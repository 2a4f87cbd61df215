"""How sure a metric is: 95 % intervals over the images, samples or pairs of images that it is taken over.

A metric that is a mean over images, or a ratio of two such means, is resampled (the percentile bootstrap, Efron 1979):
images are drawn with replacement, and the metric is computed again for each draw. A share of images needs no draws, and
must not have them: where all or none count, every draw is the same, and the interval would say that nothing else can
be. It has Wilson's interval (1927, doi:10.1080/01621459.1927.10502953). A metric of a set as a whole, like a Fréchet
distance, would be biased by the duplicates in a draw; there groups of images are left out in turn (the grouped
jackknife, Quenouille 1956).

All say how much the metric would move with others of what it is taken over, which the registry names (`over`), and
nothing of how much it would move with another training: for that there are `repeats`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import torch
from torch import Tensor

from vaeplay.seeds import seed_for

RESAMPLES = 1000
AT_ONCE = 4_000_000  # images that are drawn at a time, whatever their number
GROUPS = 10
T_975 = 2.262157  # Student's t with GROUPS − 1 degrees of freedom
Z_975 = 1.959964  # and with endless ones, the normal distribution's
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A metric's value, its interval where it has one, and the number N of images, samples or pairs that it is over.

    What two models are compared by, too: `values` (N,), whose mean it is, or `replicates` (GROUPS,), what it is without
    each group of these in turn.
    """

    value: float
    count: int
    low: float | None = None
    high: float | None = None
    values: Tensor | None = field(default=None, compare=False, repr=False)
    replicates: Tensor | None = field(default=None, compare=False, repr=False)


def bootstrap_means(values: dict[str, Tensor], seed: int, strata: Tensor | None = None) -> dict[str, Estimate]:
    """The mean of each metric over N images with its interval: {name: (N,)} → {name: Estimate}.

    Where the number of images of each class is fixed, `strata` (N,) are the classes, and images are drawn within them.
    """
    stacked = torch.stack([value.double() for value in values.values()])
    resampled = _resampled(stacked, seed, strata)
    rows = zip(values, stacked, resampled, strict=True)
    return {name: _measured(own.mean(), drawn, values=own) for name, own, drawn in rows}


def wilson(values: dict[str, Tensor]) -> dict[str, Estimate]:
    """The share of N images that count, by each metric, with Wilson's interval: {name: (N,) of 0 and 1}."""
    return {name: _share(value.double()) for name, value in values.items()}


def _share(values: Tensor) -> Estimate:
    share, count = float(values.mean()), len(values)
    scale = 1 + Z_975**2 / count
    centre = (share + Z_975**2 / (2 * count)) / scale
    half = Z_975 * math.sqrt(share * (1 - share) / count + Z_975**2 / (4 * count**2)) / scale
    return Estimate(share, count, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)), values)


def bootstrap_ratio(above: Tensor, below: Tensor, seed: int, *, paired: bool) -> Estimate:
    """The ratio of two means with its interval: (N,), (M,).

    `paired` values belong to the same N images, and are drawn together; others are drawn independently.
    """
    seeds = (seed, seed if paired else seed_for(seed, "below"))
    above, below = above.double(), below.double()
    draws = [_resampled(part[None], own)[0] for part, own in zip((above, below), seeds, strict=True)]
    parts = _without_each_group(above), (_without_each_group(below) if paired else below.mean())
    return _measured(above.mean() / below.mean(), draws[0] / draws[1], count=len(above), replicates=parts[0] / parts[1])


def _without_each_group(values: Tensor) -> Tensor:
    """Means of N values without each tenth of them in turn: (N,) → (GROUPS,)."""
    groups = torch.arange(len(values), device=values.device) % GROUPS
    sums = values.new_zeros(GROUPS).index_add_(0, groups, values)
    counts = torch.bincount(groups, minlength=GROUPS)
    return (values.sum() - sums) / (len(values) - counts)


def jackknife(statistic: Callable[[Tensor], float], count: int) -> Estimate:
    """A metric of a set of `count` images with its interval; `statistic` takes the rows of a part of it, (n,) int64.

    Groups are every tenth image, so that they are alike in classes that are sorted.
    """
    rows = torch.arange(count)
    value = float(statistic(rows))
    if count < 2 * GROUPS:
        return Estimate(value, count)
    parts = torch.tensor([statistic(rows[rows % GROUPS != group]) for group in range(GROUPS)], dtype=torch.double)
    return from_replicates(value, parts, count)


def from_replicates(value: float, parts: Tensor, count: int) -> Estimate:
    """The jackknife's interval of a metric of a set of `count` by what it is without each group, (GROUPS,)."""
    if count < 2 * GROUPS:
        return Estimate(value, count)
    error = math.sqrt((GROUPS - 1) / GROUPS * float((parts - parts.mean()).square().sum()))
    return Estimate(value, count, value - T_975 * error, value + T_975 * error, replicates=parts)


def _resampled(values: Tensor, seed: int, strata: Tensor | None = None) -> Tensor:
    """Means over RESAMPLES draws with replacement of N images: (F, N) → (F, RESAMPLES)."""
    count = values.shape[1]
    at_once = max(1, min(RESAMPLES, AT_ONCE // count))
    blocks = [(start, min(at_once, RESAMPLES - start)) for start in range(0, RESAMPLES, at_once)]
    classes = None if strata is None else strata.cpu().numpy().tobytes()
    seeds = (seed_for(seed, f"from {start}") if start else seed for start, _ in blocks)
    weights = (_weights(count, size, own, classes) for (_, size), own in zip(blocks, seeds, strict=True))
    return torch.cat([values @ block.to(values.device).T for block in weights], dim=1)


@lru_cache(maxsize=4)
def _weights(count: int, draws: int, seed: int, strata: bytes | None) -> Tensor:
    """How often each of N images is in each draw with replacement, as a share: (draws, N).

    Kept for the next metric over as many images: to draw takes longer than all that is done with the draws.
    """
    generator = torch.Generator().manual_seed(seed)
    if strata is None:
        rows = torch.randint(count, (draws, count), generator=generator)
    else:
        classes = torch.frombuffer(bytearray(strata), dtype=torch.int64)
        members = [(classes == each).nonzero()[:, 0] for each in classes.unique()]
        rows = torch.cat([own[torch.randint(len(own), (draws, len(own)), generator=generator)] for own in members], 1)
    share = torch.full((), 1 / count, dtype=torch.double).expand(rows.shape)
    return torch.zeros(rows.shape, dtype=torch.double).scatter_add_(1, rows, share)


def _measured(
    value: Tensor, resampled: Tensor, *, count: int = 0, values: Tensor | None = None, replicates: Tensor | None = None
) -> Estimate:
    tail = (1 - LEVEL) / 2
    low, high = torch.quantile(resampled, torch.tensor([tail, 1 - tail], dtype=resampled.dtype, device=value.device))
    count = count if values is None else len(values)
    low, high = torch.minimum(low, value), torch.maximum(high, value)  # equal values differ from their mean by a bit
    return Estimate(float(value), count, float(low), float(high), values, replicates)
