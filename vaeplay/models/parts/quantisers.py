r"""Quantisers: how an encoder's vectors become codes, one of K at each position of a map.

    ema, gradient   a codebook of K vectors, of which the nearest is chosen; it follows running means, or a loss
    residual        several codebooks, each for what the one before it has left over
    fsq, lfq        no codebook: each number is rounded to one of its levels, or to its sign

`codebooks` has the maths of the first three, and `scalar` that of the others.
"""

from vaeplay.models.parts.codebooks import EMA, Gradient, ResidualVQ
from vaeplay.models.parts.quantised import Quantiser
from vaeplay.models.parts.scalar import FSQ, LFQ

BY_NAME: dict[str, type[Quantiser]] = {
    "ema": EMA,
    "gradient": Gradient,
    "residual": ResidualVQ,
    "fsq": FSQ,
    "lfq": LFQ,
}
