"""Line charts of what changes over the epochs: coordinates and texts, which the templates write as SVG."""

from dataclasses import dataclass

from vaeplay.gallery.scale import Scale, Tick, extent
from vaeplay.gallery.trained import Curve, History
from vaeplay.gallery.words import DASH, number

WIDTH, HEIGHT = 420, 240
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 10, 30
DASHES = 4
"""How many dash patterns there are; the style sheet holds them as `dash-0` and up."""

TERMS = {
    "total": "Total loss, as trained",
    "distortion": "Distortion",
    "rate": "Rate",
    "bound": "Importance-weighted bound",
    "codebook": "Codebook loss",
    "commitment": "Commitment loss",
    "entropy": "Entropy of each code, less that of all",
    "kl": "KL of the codes from a uniform distribution",
    "perplexity": "Perplexity of the codebook",
    "codes_in_use": "Codes in use per batch",
    "bits": "Code length, bits per image",
    "mmd": "MMD² between codes and prior, no unit",
}
"""Titles of the usual terms, in the order in which they are shown; others follow under their own names."""


@dataclass(frozen=True)
class Line:
    """One line: `path` is SVG path data, `dots` the points alone (gaps leave them out), `last` its text at the end.

    `values` has the epoch and the value of each point, in the order of `dots`.
    """

    cell: str
    label: str
    family: int
    dash: int
    path: str
    dots: tuple[tuple[float, float], ...]
    last: str
    values: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A drawing of `width` × `height` pixels, and the sides of the rectangle between its axes."""

    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True)
class Chart(Frame):
    """One set of axes with its lines."""

    title: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    x_name: str = "epoch"


@dataclass(frozen=True)
class Table:
    """The numbers of a chart: a heading for each column and a row of texts for each epoch."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def term_title(term: str) -> str:
    """What a term is called on the page."""
    return TERMS.get(term, term.replace("_", " ").capitalize())


def in_order(history: History) -> list[Curve]:
    """The curves of a run: the usual terms in the order of `TERMS`, then the others."""
    known = list(TERMS)
    return sorted(history.curves, key=lambda curve: known.index(curve.term) if curve.term in TERMS else len(known))


def known(values: tuple[float | None, ...]) -> list[float]:
    """The values that there are."""
    return [value for value in values if value is not None]


def text(value: float | None, digits: int = 2) -> str:
    """A number of a chart or table."""
    return DASH if value is None else number(value, digits)


def scales(epochs: list[int], values: list[float]) -> tuple[Scale, Scale]:
    """The axes of a chart of these values."""
    x_low, x_high = (min(epochs), max(epochs)) if epochs and min(epochs) < max(epochs) else extent(epochs)
    y_low, y_high = extent(values)
    return Scale(x_low, x_high, LEFT + 4, WIDTH - RIGHT - 4), Scale(y_low, y_high, HEIGHT - BOTTOM, TOP)


def line(
    cell: str,
    label: str,
    family: int,
    dash: int,
    epochs: tuple[int, ...],
    values: tuple[float | None, ...],
    axes: tuple[Scale, Scale],
) -> Line:
    """A line through the values that there are; an absent value breaks it."""
    x, y = axes
    parts, dots, joined = [], [], False
    for epoch, value in zip(epochs, values, strict=True):
        if value is not None:
            point = (x(epoch), y(value))
            parts.append(f"{'L' if joined else 'M'}{point[0]:g} {point[1]:g}")
            dots.append(point)
        joined = value is not None
    there = tuple((epoch, value) for epoch, value in zip(epochs, values, strict=True) if value is not None)
    last = text(there[-1][1] if there else None)
    return Line(cell, label, family, dash, "".join(parts), tuple(dots), last, there)
