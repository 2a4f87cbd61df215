"""Loss curves as line charts: coordinates and texts, which the templates write as SVG."""

from dataclasses import dataclass

from vaeplay.gallery.page import Cell, Curve, History, Page
from vaeplay.gallery.scale import Scale, Tick, extent
from vaeplay.gallery.views import families
from vaeplay.gallery.words import DASH, axis, number, plural

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
    "perplexity": "Perplexity of the codebook, codes",
    "codes_in_use": "Codes in use in a batch, codes",
    "bits": "Code length, bits an image",
    "mmd": "MMD² between codes and prior, without unit",
}
"""Titles of the usual terms, in the order in which they are shown; others follow under their own names."""


@dataclass(frozen=True)
class Line:
    """One line: `path` is SVG path data, `dots` the points alone (gaps leave them out), `last` its text at the end."""

    cell: str
    label: str
    family: int
    dash: int
    path: str
    dots: tuple[tuple[float, float], ...]
    last: str


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


@dataclass(frozen=True)
class TermCharts:
    """One term of the loss over all cells: a chart for each number of latent dimensions, on the same scales."""

    term: str
    title: str
    charts: tuple[Chart, ...]
    table: Table


def term_title(term: str) -> str:
    """What a term is called on the page."""
    return TERMS.get(term, term.replace("_", " ").capitalize())


def of_terms(page: Page) -> tuple[TermCharts, ...]:
    """The validation curves of every term that changes in training, all cells together."""
    runs = [(cell, curve) for cell in page.cells if cell.history for curve in cell.history.curves]
    named = dict.fromkeys([*TERMS, *(curve.term for _, curve in runs)])
    found = []
    for term in named:
        cells = [(cell, curve) for cell, curve in runs if curve.term == term and _known(curve.validation)]
        if any(len(set(_known(curve.validation))) > 1 for _, curve in cells):
            found.append(TermCharts(term, term_title(term), _facets(page, cells), _across(cells)))
    return tuple(found)


def _facets(page: Page, runs: list[tuple[Cell, Curve]]) -> tuple[Chart, ...]:
    """One chart for each number of latent dimensions. Colour is the model; the dash is the depth."""
    styles = families(page)
    dashes = depths(page)
    values = [value for _, curve in runs for value in _known(curve.validation)]
    epochs = [epoch for cell, _ in runs for epoch in _epochs(cell)]
    charts = []
    for latent in sorted({cell.latent_dim or 0 for cell, _ in runs}):
        chart = [(cell, curve) for cell, curve in runs if (cell.latent_dim or 0) == latent]
        x, y = _scales(epochs, values)
        lines = tuple(
            _line(
                cell.name,
                cell.label,
                styles[cell.model or ""],
                dashes.index(cell.depth or 0) % DASHES,
                _epochs(cell),
                curve.validation,
                (x, y),
            )
            for cell, curve in chart
        )
        title = plural(latent, "latent dimension") if latent else "Latent dimensions unknown"
        charts.append(Chart(title, x.ticks(5, whole=True), y.ticks(5), lines))
    return tuple(charts)


def depths(page: Page) -> list[int]:
    """The depths of the page's cells, ascending, each with the dash pattern of its place; 0 where it is unknown."""
    return sorted({cell.depth or 0 for cell in page.cells})


def in_order(history: History) -> list[Curve]:
    """The curves of a run: the usual terms in the order of `TERMS`, then the others."""
    known = list(TERMS)
    return sorted(history.curves, key=lambda curve: known.index(curve.term) if curve.term in TERMS else len(known))


def of_cell(history: History) -> tuple[Chart, ...]:
    """A cell's own terms, training (dashed) against validation (solid), each on its own scale."""
    charts = []
    for curve in in_order(history):
        values = _known(curve.train) + _known(curve.validation)
        x, y = _scales(list(history.epochs), values)
        pairs = (("Validation", 0, curve.validation), ("Training", 1, curve.train))
        lines = tuple(_line("", label, dash, dash, history.epochs, data, (x, y)) for label, dash, data in pairs)
        charts.append(Chart(term_title(curve.term), x.ticks(5, whole=True), y.ticks(5), lines))
    return tuple(charts)


def of_learning_rate(history: History) -> Chart | None:
    """The learning rate over the epochs; None where it is not known or stays as it was."""
    known = _known(history.lr)
    if len(set(known)) < 2:
        return None
    thousandths = tuple(None if rate is None else 1000 * rate for rate in history.lr)
    x, y = _scales(list(history.epochs), _known(thousandths))
    line = _line("", "Learning rate, thousandths", 0, 0, history.epochs, thousandths, (x, y))
    return Chart("Learning rate, thousandths", x.ticks(5, whole=True), y.ticks(5), (line,))


def of_rate_weight(cell: Cell) -> Chart | None:
    """What the rate weighs (or, of a capacity, is held at) over the optimiser's steps; None where that stays the same.

    The corners of `vaeplay.models.parts.schedules`, which are joined by straight lines.
    """
    settings = {item.key: item.value for item in cell.settings}
    name, steps, cycles = (settings.get(f"schedule.{key}") for key in ("name", "steps", "cycles"))
    if not isinstance(steps, int) or name not in ("linear", "cyclical", "capacity"):
        return None
    full, title = cell.beta if cell.beta is not None else 1.0, "Weight of the rate"
    if name == "capacity":
        aim = settings.get("schedule.capacity")
        full, title = float(aim) if isinstance(aim, int | float) else 0.0, "Rate aimed at, nats / image"
    corners = [(0, 0.0), (steps, full)]
    if name == "cyclical" and isinstance(cycles, int):
        part = steps / cycles
        ramps = [((n * part, 0.0), ((n + 0.5) * part, full), ((n + 1) * part, full)) for n in range(cycles)]
        corners = [(round(step), weight) for ramp in ramps for step, weight in ramp]
    x, y = _scales([step for step, _ in corners], [weight for _, weight in corners])
    line = _line("", title, 0, 0, tuple(step for step, _ in corners), tuple(weight for _, weight in corners), (x, y))
    return Chart(title, x.ticks(5, whole=True), y.ticks(5), (line,), x_name="optimiser step")


def table(history: History) -> Table:
    """Every number of a training run: a row an epoch, a training and a validation column a term."""
    curves = in_order(history)
    heads = ["Epoch", *(["Learning rate"] if history.lr else [])]
    for curve in curves:
        heads += [f"{term_title(curve.term)}, training", f"{term_title(curve.term)}, validation"]
    rows = []
    for index, epoch in enumerate(history.epochs):
        row = [str(epoch), *([_text(history.lr[index], 6)] if history.lr else [])]
        for curve in curves:
            row += [_text(curve.train[index]), _text(curve.validation[index])]
        rows.append(tuple(row))
    return Table(tuple(heads), tuple(rows))


def _across(runs: list[tuple[Cell, Curve]]) -> Table:
    """One term of all cells: a row a cell, with its value after the first, the middle and the last epoch."""
    rows = []
    for cell, curve in runs:
        count = len(curve.validation)
        picked = dict.fromkeys((0, count // 2, count - 1))
        texts = [f"{_text(curve.validation[index])} (epoch {_epochs(cell)[index]})" for index in picked]
        model, latent, depth = (axis(cell, name) for name in ("model", "latent_dim", "depth"))
        rows.append((cell.label, model, latent, depth, *texts, *[DASH] * (3 - len(texts))))
    return Table(("Cell", "Model", "Latent", "Depth", "First", "Middle", "Last"), tuple(rows))


def _epochs(cell: Cell) -> tuple[int, ...]:
    return cell.history.epochs if cell.history else ()


def _known(values: tuple[float | None, ...]) -> list[float]:
    return [value for value in values if value is not None]


def _text(value: float | None, digits: int = 2) -> str:
    return DASH if value is None else number(value, digits)


def _scales(epochs: list[int], values: list[float]) -> tuple[Scale, Scale]:
    x_low, x_high = (min(epochs), max(epochs)) if epochs and min(epochs) < max(epochs) else extent(epochs)
    y_low, y_high = extent(values)
    return Scale(x_low, x_high, LEFT + 4, WIDTH - RIGHT - 4), Scale(y_low, y_high, HEIGHT - BOTTOM, TOP)


def _line(
    cell: str,
    label: str,
    family: int,
    dash: int,
    epochs: tuple[int, ...],
    values: tuple[float | None, ...],
    scales: tuple[Scale, Scale],
) -> Line:
    """A line through the values that there are; an absent value breaks it."""
    x, y = scales
    parts, dots, joined = [], [], False
    for epoch, value in zip(epochs, values, strict=True):
        if value is not None:
            point = (x(epoch), y(value))
            parts.append(f"{'L' if joined else 'M'}{point[0]:g} {point[1]:g}")
            dots.append(point)
        joined = value is not None
    known = _known(values)
    return Line(cell, label, family, dash, "".join(parts), tuple(dots), _text(known[-1] if known else None))
