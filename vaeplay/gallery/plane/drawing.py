"""The rate–distortion plane (Alemi et al. 2018, arXiv:1711.00464) as coordinates.

Rate, in nats per image, runs to the right and distortion upwards; every point of a falling diagonal has the same
ELBO = −(rate + distortion). Autoencoders have no rate and stand in a strip beside the axis. So do, on the other side,
the few cells whose rate lies so far out that all others would crowd into a corner, as a VQ-VAE's often does.
"""

import statistics
from dataclasses import dataclass

from vaeplay.gallery.page import Estimate
from vaeplay.gallery.scale import Scale, Tick, clamp, extent
from vaeplay.gallery.views import View
from vaeplay.gallery.words import axis, half, number

WIDTH, HEIGHT = 760, 430
STRIP_LEFT, STRIP_RIGHT = 56, 136
LEFT, RIGHT, TOP, BOTTOM = 150, 676, 14, 384
NEARER, BEYOND_LEFT, BEYOND_RIGHT = 590, 668, 748
FAR = 3.0
"""A rate above this many times the median is drawn beyond the axis."""

NEAR, ASIDE = 16.0, (0.0, 20.0, -20.0)
"""Points of the strip that are nearer than NEAR in height stand beside each other."""

TALL, WIDE = 12.0, 8.6
"""The height of a point's text, and the width of a letter of it: those of a narrow screen, where it is largest."""

PLACES = ((8, -7, "start"), (8, 15, "start"), (-8, -7, "end"), (-8, 15, "end"), (0, -11, "middle"), (0, 20, "middle"))
"""Where a point's text may stand beside it, in order of preference."""


@dataclass(frozen=True)
class Point:
    """One cell in the plane; `rate` is None in the strip of cells without one.

    Its text, `short`, stands at (`text_x`, `text_y`) from it, and is empty where it would cover something. `whiskers`
    is the path of its intervals, around the point itself. `beyond` says that its rate is beyond the axis.
    """

    cell: str
    label: str
    short: str
    family: int
    x: float
    y: float
    text_x: int
    text_y: int
    anchor: str
    rate: str | None
    distortion: str
    whiskers: str
    beyond: bool


@dataclass(frozen=True)
class Diagonal:
    """A line of equal ELBO, from (x1, y1) at its upper left to (x2, y2).

    `label` is its ELBO, written outside the drawing where the line leaves it on the right.
    """

    x1: float
    y1: float
    x2: float
    y2: float
    label: str
    outside: bool


@dataclass(frozen=True)
class Sweep:
    """A line, as an SVG path, that joins cells which differ in β alone."""

    cells: tuple[str, ...]
    path: str


@dataclass(frozen=True)
class Plane:
    """The whole drawing in pixels."""

    points: tuple[Point, ...]
    diagonals: tuple[Diagonal, ...]
    sweeps: tuple[Sweep, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    has_strip: bool
    has_beyond: bool
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM
    strip_left: int = STRIP_LEFT
    strip_right: int = STRIP_RIGHT
    beyond_left: int = BEYOND_LEFT
    beyond_right: int = BEYOND_RIGHT


def plane(view: View) -> Plane | None:
    """The plane of the page's cells; None where no cell has a distortion."""
    tables = {cell.name: {item.key: item for item in cell.metrics} for cell in view.page.cells}
    shown = [
        (cell, _known(tables[cell.name].get("rate")), found)
        for cell in view.page.cells
        if (found := _known(tables[cell.name].get("distortion")))
    ]
    if not shown:
        return None
    known = [rate.value for _, rate, _ in shown if rate]
    limit = furthest(known)
    near = [rate for _, rate, _ in shown if rate and rate.value <= limit]
    strip, beyond = len(known) < len(shown), len(near) < len(known)
    x_low, x_high = extent([end for rate in near for end in (rate.low, rate.high)], 0.12)
    if near and min(rate.value for rate in near) >= 0:
        x_low = max(0.0, x_low)
    y_low, y_high = extent([end for _, _, distortion in shown for end in (distortion.low, distortion.high)], 0.1)
    left, right = LEFT if strip else STRIP_LEFT, NEARER if beyond else RIGHT
    x, y = Scale(x_low, x_high, left, right), Scale(y_low, y_high, BOTTOM, TOP)

    aside = iter(apart([y(distortion.value) for _, rate, distortion in shown if rate is None]))
    deep = "depth" in {axis.name for axis in view.varying}
    spots, texts, columns = [], [], []
    for cell, rate, distortion in shown:
        text = "" if cell.latent_dim is None else axis(cell, "latent_dim")
        if deep and text and not cell.code:
            text = f"{text}/{cell.depth}"
        if rate is None:
            across, column = (STRIP_LEFT + STRIP_RIGHT) / 2 + next(aside), (STRIP_LEFT, left)
        elif rate.value <= limit:
            across, column = x(rate.value), (left, right)
        else:
            across, column = BEYOND_LEFT + 14.0, (BEYOND_LEFT, WIDTH)
            text = " · ".join(filter(None, ("" if cell.code else text, number(rate.value, 0))))  # the strip is narrow
        spots.append((across, y(distortion.value)))
        texts.append(text)
        columns.append(column)
    places = beside(spots, texts, columns)
    points = tuple(
        Point(
            cell=cell.name,
            label=cell.label,
            short=text if place else "",
            family=view.families[cell.model or ""],
            x=spot[0],
            y=spot[1],
            text_x=(place or PLACES[0])[0],
            text_y=(place or PLACES[0])[1],
            anchor=(place or PLACES[0])[2],
            rate=rate.text if rate else None,
            distortion=distortion.text,
            whiskers=_whiskers(rate if rate and rate.value <= limit else None, distortion, x, y),
            beyond=rate is not None and rate.value > limit,
        )
        for (cell, rate, distortion), spot, text, place in zip(shown, spots, texts, places, strict=True)
    )
    diagonals = _diagonals(x, y) if near else ()
    x_ticks = x.ticks(8) if near else ()
    within = {point.cell: (point.x, point.y) for point in points if point.rate is not None and not point.beyond}
    sweeps = _sweeps(view, within)
    return Plane(points, diagonals, sweeps, x_ticks, y.ticks(6), strip, beyond, left=left, right=right)


@dataclass(frozen=True)
class _Known:
    """A value with its interval, as low as high as itself where there is none, and both as text."""

    value: float
    low: float
    high: float
    text: str


def _known(found: Estimate | None) -> _Known | None:
    """What is known of a metric in nats; None where the cell does not have it."""
    if found is None or found.value is None:
        return None
    text = number(found.value, 2)
    if found.low is None or found.high is None:
        return _Known(found.value, found.value, found.value, text)
    return _Known(found.value, found.low, found.high, f"{text} {half((found.high - found.low) / 2, 2)}")


def _whiskers(rate: _Known | None, distortion: _Known, x: Scale, y: Scale) -> str:
    """The intervals as a path around (0, 0)."""
    down, up = y(distortion.low) - y(distortion.value), y(distortion.high) - y(distortion.value)
    path = f"M0 {down:g}V{up:g}"
    if rate:
        path += f"M{x(rate.low) - x(rate.value):g} 0H{x(rate.high) - x(rate.value):g}"
    return path


def apart(heights: list[float]) -> list[float]:
    """How far aside each point of a strip stands, so that no two of these heights cover each other."""
    found = [0.0] * len(heights)
    order = sorted(range(len(heights)), key=heights.__getitem__)
    for rank, place in enumerate(order):
        taken = {found[other] for other in order[:rank] if heights[place] - heights[other] < NEAR}
        found[place] = next((aside for aside in ASIDE if aside not in taken), 0.0)
    return found


def furthest(rates: list[float]) -> float:
    """The rate above which a cell stands beyond the axis: FAR times the median, if that leaves most cells."""
    if not rates:
        return 0.0
    limit = FAR * statistics.median(rates)
    kept = sum(rate <= limit for rate in rates)
    return limit if limit > 0 and 3 * kept >= 2 * len(rates) else max(rates)


def beside(
    spots: list[tuple[float, float]], texts: list[str], columns: list[tuple[int, int]]
) -> list[tuple[int, int, str] | None]:
    """Where each point's text stands so that it covers no marker and no other text; None where there is no room.

    It stays within its column, from left to right: beyond are the names of other things.
    """
    taken = [(x - 8, y - 8, x + 8, y + 8) for x, y in spots]
    found: list[tuple[int, int, str] | None] = []
    for (x, y), text, (least, most) in zip(spots, texts, columns, strict=True):
        wide = WIDE * len(text)
        chosen = None
        for place in PLACES:
            left = x + place[0] - {"start": 0.0, "middle": wide / 2, "end": wide}[place[2]]
            box = (left, y + place[1] + 1 - TALL, left + wide, y + place[1] + 1)
            if left < least or left + wide > most:
                continue
            if not any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
                taken.append(box)
                chosen = place
                break
        found.append(chosen if text else None)
    return found


def _diagonals(x: Scale, y: Scale) -> tuple[Diagonal, ...]:
    """Lines rate + distortion = constant at round values, cut to the drawing."""
    low, high = clamp(x.low + y.low), clamp(x.high + y.high)
    if not low < high:
        return ()
    found = []
    for tick in Scale(low, high, 0.0, 1.0).ticks(9):
        total = tick.value
        first, last = max(x.low, total - y.high), min(x.high, total - y.low)
        if last > first:
            ends = (x(first), y(total - first), x(last), y(total - last))
            if ends[2] - ends[0] > 20:
                label = f"−{tick.label}".replace("−−", "")
                found.append(Diagonal(*ends, label=label, outside=last == x.high))
    return tuple(found)


def _sweeps(view: View, spots: dict[str, tuple[float, float]]) -> tuple[Sweep, ...]:
    """A line through each β-family's cells that are drawn."""
    drawn = (tuple(cell.name for cell in family if cell.name in spots) for family in view.sweeps)
    return tuple(
        Sweep(names, "M" + "L".join(f"{spots[name][0]:g} {spots[name][1]:g}" for name in names))
        for names in drawn
        if len(names) > 1
    )
