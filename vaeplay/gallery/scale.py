"""From data to pixels: ranges, round ticks and linear scales that stay finite for every finite input."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

LIMIT = 1e300
"""Values beyond ±LIMIT are drawn at it: the width of a range must itself be a finite number."""

MARKERS = (
    "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z",  # circle
    "M-4.5 -4.5h9v9h-9z",  # square
    "M0 -5.8L5.4 4.2H-5.4z",  # triangle
    "M0 -6.4L6 0L0 6.4L-6 0z",  # diamond
    "M0 5.8L5.4 -4.2H-5.4z",  # triangle on its point
    "M-2 -6h4v4h4v4h-4v4h-4v-4h-4v-4h4z",  # plus
    "M-6 -3.4L0 -6.8L6 -3.4V3.4L0 6.8L-6 3.4z",  # hexagon
    "M0 -6.8L1.9 -2H6.6L2.9 1.2L4.2 6L0 3.2L-4.2 6L-2.9 1.2L-6.6 -2H-1.9z",  # star
)
"""The marker of each family as an SVG path around (0, 0), about 12 pixels wide."""


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: its value, its pixel and its text."""

    value: float
    at: float
    label: str


@dataclass(frozen=True)
class Scale:
    """The linear map that takes `low` to pixel `start` and `high` to pixel `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of `value`, rounded to a tenth, so that the page's bytes do not hang on the last bit."""
        share = (clamp(value) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1) + 0.0

    def ticks(self, count: int, whole: bool = False) -> tuple[Tick, ...]:
        """About `count` ticks at round values within the range; only at whole numbers if `whole`."""
        step = _step((self.high - self.low) / max(count, 1))
        if whole:
            step = max(1.0, step)
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        first = math.ceil(self.low / step - 1e-9)
        found = []
        for index in range(first, first + 4 * count + 8):
            value = index * step
            if value > self.high + step * 1e-9:
                break
            found.append(Tick(value, self(value), tick_label(value, digits)))
        return tuple(found)


def tick_label(value: float, digits: int) -> str:
    """The text of a tick, in powers of ten where plain digits would not fit."""
    plain = abs(value) < 1e5 and digits <= 4
    return (f"{value:.{digits}f}" if plain or value == 0 else f"{value:.2g}").replace("-", "−")


def clamp(value: float) -> float:
    """`value` within ±LIMIT."""
    return max(-LIMIT, min(LIMIT, value))


def extent(values: Iterable[float], padding: float = 0.06) -> tuple[float, float]:
    """(low, high) around `values`, with `padding` of the width on both sides; a constant gets room around it."""
    known = [clamp(value) for value in values] or [0.0, 1.0]
    low, high = min(known), max(known)
    room = max(abs(low), abs(high))
    if high - low <= 1e-9 * room or high - low < 1e-12:
        margin = max(room * 0.05, 1e-6 if room else 0.5)
    else:
        margin = (high - low) * padding
    return low - margin, high + margin


def _step(width: float) -> float:
    """The next of 1, 2, 5 times a power of ten at or above `width`."""
    power = 10.0 ** math.floor(math.log10(width))
    return next((factor * power for factor in (1.0, 2.0, 5.0) if factor * power >= width * 0.999), 10.0 * power)
