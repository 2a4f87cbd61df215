"""Whether a training was long enough, as far as its validation curve can tell.

With k a tenth of the epochs (at least 2), and t half a nat or half a per cent of the lowest loss, whichever is larger:

    overfitting   the mean of the last three epochs is more than t above the lowest, at least k epochs ago
    falling       the mean of the last k epochs is more than t below that of the k before, or there are fewer than 2k
    best          neither

From one epoch to the next a loss moves by about 0.1 nats under an annealed learning rate, and by up to 0.6 under a
constant one: t is above the noise of such means. An annealed curve flattens because its learning rate goes to zero,
whether or not more epochs would help: `best` refers to this schedule, not to a longer one.
"""

from statistics import fmean
from typing import Literal

LEAST_NATS = 0.5
LEAST_SHARE = 0.005  # of the lowest loss
ENDING = 3  # epochs whose mean is compared with the lowest loss

Convergence = Literal["falling", "best", "overfitting"]


def of(losses: list[float]) -> tuple[Convergence, int]:
    """What a validation curve says, and the epoch of its lowest loss, from 1. `losses` has one entry per epoch.

    >>> of([9.0, 8.0, 7.0, 6.0]), of([200.0, 150, 120, 119.9, 119.8, 119.8]), of([200.0, 100, 101, 102, 103, 104])
    (('falling', 4), ('best', 5), ('overfitting', 2))
    """
    lowest = min(losses)
    best = losses.index(lowest) + 1
    recent = max(2, round(len(losses) / 10))
    tolerance = max(LEAST_NATS, LEAST_SHARE * abs(lowest))
    if len(losses) - best >= recent and fmean(losses[-ENDING:]) - lowest > tolerance:
        return "overfitting", best
    if len(losses) < 2 * recent or fmean(losses[-2 * recent : -recent]) - fmean(losses[-recent:]) > tolerance:
        return "falling", best
    return "best", best
