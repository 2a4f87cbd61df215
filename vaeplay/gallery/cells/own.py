"""What a cell's own account draws beside its loss: rates of latent dimensions, memory, names of rows, references."""

from dataclasses import dataclass
from urllib.parse import urlencode

from vaeplay.evaluation.registry.samplers import FITTED
from vaeplay.gallery.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Chart, Frame, Line, Table
from vaeplay.gallery.page import Cell, Page, Sample, Unit
from vaeplay.gallery.scale import Scale, Tick, extent
from vaeplay.gallery.trained import Cost
from vaeplay.gallery.words import DASH, number, plural, size

BARS = 64
"""How many latent dimensions have a bar; the table has all of them."""


@dataclass(frozen=True)
class UnitBar:
    """One latent dimension: its rectangle in pixels, its words, and `state`: active, collapsed or idle."""

    x: float
    y: float
    width: float
    height: float
    label: str
    state: str


@dataclass(frozen=True)
class Spectrum(Frame):
    """The rates of the latent dimensions, highest first, as bars, and a table."""

    bars: tuple[UnitBar, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    table: Table
    summary: str


def spectrum(cell: Cell) -> Spectrum | None:
    """The KL spectrum of a cell; None where its code has no posterior."""
    if not cell.spectrum:
        return None
    units = cell.spectrum[:BARS]
    rates = [unit.rate or 0.0 for unit in units]
    y = Scale(0.0, max(extent([0.0, *rates])[1], 1e-6), HEIGHT - BOTTOM, TOP)
    step = (WIDTH - RIGHT - LEFT) / len(units)
    width = round(min(step * 0.8, 40.0), 2)
    bars, ticks = [], []
    for place, (unit, rate) in enumerate(zip(units, rates, strict=True)):
        middle = LEFT + (place + 0.5) * step
        top = y(max(rate, 0.0))
        label = f"dimension {unit.dimension + 1}: {_rate(unit)}, {_state(unit)}"
        bars.append(
            UnitBar(round(middle - width / 2, 1), top, width, round(y(0.0) - top, 1) + 0.0, label, _state(unit))
        )
        if len(units) <= 20 or place % 8 == 0:
            ticks.append(Tick(place, round(middle, 1), str(unit.dimension + 1)))
    active = sum(unit.active for unit in cell.spectrum)
    collapsed = sum(unit.collapsed for unit in cell.spectrum)
    summary = f"{active} of {plural(len(cell.spectrum), 'dimension')} active, {collapsed} collapsed to the prior"
    heads = ("Dimension", "Rate, nats / image", "State")
    rows = tuple((str(unit.dimension + 1), _rate(unit, unit_name=""), _state(unit)) for unit in cell.spectrum)
    return Spectrum(tuple(bars), tuple(ticks), y.ticks(5), Table(heads, rows), summary)


def _rate(unit: Unit, unit_name: str = " nats") -> str:
    return DASH if unit.rate is None else number(unit.rate, 2) + unit_name


def _state(unit: Unit) -> str:
    if unit.collapsed:
        return "collapsed"
    return "active" if unit.active else "idle"


def beside_trip(page: Page, cell: Cell) -> dict[str, float]:
    """What a cell's trip is compared with, by name: trips without a code, and that of its own codes, shrunk."""
    tables = {name.lower(): {item.key: item.value for item in items} for name, items in page.references.items()}
    trips = {name: table.get("trip") for name, table in tables.items() if "mse" not in table}
    trips["shrunk codes"] = next((item.value for item in cell.metrics if item.key == "trip_shrunk"), None)
    return {name: value for name, value in trips.items() if value is not None}


def memory(cost: Cost) -> Chart | None:
    """Memory over the course of the training, a line per device, in MiB over seconds; None where it is unknown."""
    known = [item for item in cost.memory if len(item.samples) > 1]
    if not known:
        return None
    seconds = [second for item in known for second, _ in item.samples]
    x = Scale(min(seconds), max(max(seconds), min(seconds) + 1e-3), LEFT + 4, WIDTH - RIGHT - 4)
    y = Scale(*extent([0.0, *(held / 2**20 for item in known for _, held in item.samples)]), HEIGHT - BOTTOM, TOP)
    y = Scale(0.0, y.high, y.start, y.end)
    lines = []
    for place, item in enumerate(known):
        dots = tuple((x(second), y(held / 2**20)) for second, held in item.samples)
        path = "M" + "L".join(f"{across:g} {up:g}" for across, up in dots)
        lines.append(Line("", item.device, place % 2, place % 4, path, dots, size(int(item.samples[-1][1]))))
    return Chart("Memory, MiB", x.ticks(5), y.ticks(5), tuple(lines), x_name="seconds")


def memory_table(cost: Cost) -> Table:
    """The numbers of the memory chart: a row per sample, at most about twenty for each device."""
    rows = []
    for item in cost.memory:
        for second, held in item.samples[:: max(1, -(-len(item.samples) // 20))]:
            rows.append((item.device, number(second, 1), size(int(held))))
    return Table(("Device", "Seconds", "Memory"), tuple(rows))


def row_labels(cell: Cell, kind: str, rows: int) -> tuple[str, ...]:
    """What stands before each row of a picture; empty where its rows need no names."""
    if kind in ("reconstruction", "best", "worst") and rows == 2:
        return ("original", "reconstruction")
    if kind == "stages" and rows:
        return ("original", *(plural(stage, "stage") for stage in range(1, rows)))
    if kind == "fitted":
        return tuple(label for label, _ in FITTED.values())[:rows]
    if kind == "layers" and rows:
        return tuple(f"top {draw}" for draw in range(1, rows + 1))
    if kind == "nearest" and rows == 2:
        return ("sample", "nearest")
    if kind == "traversal" and rows:
        if cell.spectrum:
            return tuple(f"z{unit.dimension + 1}: {_rate(unit)}" for unit in cell.spectrum[:rows])
        return tuple(f"direction {place}" for place in range(1, rows + 1))
    return ()


def rows_shown(cell: Cell, sample: Sample) -> tuple[int, ...]:
    """The rows of the test split in a picture: of the best images the first of all, of the worst the last."""
    every = cell.best if sample.kind == "best" else cell.worst
    shown = sample.columns or len(every)
    return every[:shown] if sample.kind == "best" else every[-shown:]


def address_of(page: Page, cell: Cell, row: int) -> str | None:
    """Where the page shows what a cell makes of a test image: through all cells, else in the explorer, else nowhere."""
    if page.reconstructions and row in page.reconstructions.rows:
        return "#" + urlencode([("of", cell.name), ("image", row)])
    usable = {item.cell for item in page.explorer if item.way != "none"}
    if page.images and row in page.images.rows and cell.name in usable:
        return "#" + urlencode([("explore", cell.name), ("image", row)])
    return None
