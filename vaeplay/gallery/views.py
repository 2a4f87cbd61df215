"""What is compared on the page, worked out once: axes, columns, families and sweeps over β."""

from dataclasses import dataclass

from vaeplay.gallery.columns import Column, Row, columns, rows
from vaeplay.gallery.page import Cell, Page
from vaeplay.gallery.words import axis
from vaeplay.settings.axes import AXES

FAMILIES = 8
"""How many models have a colour and a marker of their own; further ones start again."""


@dataclass(frozen=True)
class Axis:
    """One axis of the grid: the cell's attribute, its name for readers, its unit, and its values in order."""

    name: str
    title: str
    unit: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class View:
    """A page and what every section reads of its cells.

    `rows` are the configurations, `columns` the metrics with the best of each, `axes` all of the grid's and `varying`
    those in which cells differ. `families` are the style numbers of the models, and `sweeps` the cells that differ in
    β alone, in its order.
    """

    page: Page
    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    axes: tuple[Axis, ...]
    varying: tuple[Axis, ...]
    families: dict[str, int]
    sweeps: tuple[tuple[Cell, ...], ...]


def view(page: Page) -> View:
    """What sections read of a page."""
    return View(page, rows(page), columns(page), axes(page), varying(page), families(page), sweeps(page))


TITLES = {axis.field: (axis.title, axis.noun) for axis in AXES if axis.title} | {
    "beta": ("β", "β value"),
    "seed": ("Seed", "seed"),
    "run": ("Run", "run"),
}
"""What readers call an axis: its title in a table, and its name in a sentence."""


def axes(page: Page) -> tuple[Axis, ...]:
    """Every axis of the grid; numbers ascend, names keep their order of appearance, cells without a value come last."""
    found = []
    for name, (title, unit) in TITLES.items():
        cells = list(page.cells)
        if not any(isinstance(cell.on(name), str) for cell in cells):
            cells.sort(key=lambda cell: (cell.on(name) is None, cell.on(name) or 0))
        found.append(Axis(name, title, unit, tuple(dict.fromkeys(axis(cell, name) for cell in cells))))
    return tuple(found)


def varying(page: Page) -> tuple[Axis, ...]:
    """The axes in which cells differ. β counts only where cells of one model differ in it, as in a sweep.

    Repeated trainings differ in their run, which says as much as their seed in fewer digits.
    """
    sweep = len({(cell.model, cell.beta) for cell in page.cells}) > len({cell.model for cell in page.cells})
    hidden = {"seed"} if sweep else {"seed", "beta"}
    return tuple(item for item in axes(page) if len(item.values) > 1 and item.name not in hidden)


def constant(page: Page) -> tuple[Axis, ...]:
    """The axes of the grid in which all cells agree."""
    return tuple(item for item in axes(page) if len(item.values) == 1 and item.name not in {"beta", "seed", "run"})


def families(page: Page) -> dict[str, int]:
    """The style number of each model, 0 to FAMILIES − 1, in order of appearance."""
    models = dict.fromkeys(cell.model or "" for cell in page.cells)
    return {model: index % FAMILIES for index, model in enumerate(models)}


def sweeps(page: Page) -> tuple[tuple[Cell, ...], ...]:
    """The cells that differ in β alone, in its order, for each set of at least two: a VAE is the β-VAE with β = 1."""
    groups: dict[tuple[object, ...], list[tuple[float, str, Cell]]] = {}
    for cell in page.cells:
        if cell.model is not None:
            family = cell.model.replace("Beta", "")
            others = tuple((item.key, item.value) for item in (*cell.settings, *cell.train) if item.key != "beta")
            key = (family, *(cell.on(axis.field) for axis in AXES[1:]), cell.seed, others)
            groups.setdefault(key, []).append((1.0 if cell.beta is None else cell.beta, cell.name, cell))
    found = (sorted(group, key=lambda item: item[:2]) for group in groups.values())
    return tuple(tuple(cell for *_, cell in group) for group in found if group[0][0] < group[-1][0])
