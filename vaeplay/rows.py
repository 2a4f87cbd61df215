"""Which rows of a split to take when not all are needed."""

import numpy as np
from numpy.typing import NDArray


def evenly(count: int, most: int) -> NDArray[np.intp]:
    """At most `most` of `count` row numbers, spread evenly over a split that may be sorted by class.

    >>> evenly(9, 3).tolist()
    [0, 4, 8]
    """
    return np.linspace(0, count - 1, min(count, most)).round().astype(np.intp)
