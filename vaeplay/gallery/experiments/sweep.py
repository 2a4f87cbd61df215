"""Experiments side by side: from what DVC says of them to cells that the page's table, plane and pictures can show.

A cell that an experiment did not change, with exactly the same metrics, is listed once, in the first that has it.
Experiments on different data stand apart: their metrics cannot be ranked together.
"""

import json
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, replace

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as from_bytes

from vaeplay import models
from vaeplay.errors import UserError
from vaeplay.evaluation.registry import METRICS
from vaeplay.gallery.columns import Column, shared
from vaeplay.gallery.experiments.states import Files, Load, states
from vaeplay.gallery.page import Cell, DataCard, Estimate, Page, Provenance, Setting
from vaeplay.gallery.results import Card, Details, Numbers, finite, parse
from vaeplay.gallery.views import View
from vaeplay.gallery.wall import samples, sheets
from vaeplay.settings.cells import Axes
from vaeplay.verdicts.statistics import Array

SHOWN = ("reconstruction", "prior")
"""The kinds of pictures on the page."""
IMAGES = "data/images.safetensors"
BYTES = 8e6
"""That all pictures of one data set may take."""


@dataclass(frozen=True)
class Experiment:
    """One state of the workspace: its name, what DVC says of it where it has not ended, and its own settings.

    `changed` are the settings in which experiments differ, and `cells` those of its cells that no earlier one has.
    `own` says that it is one of DVC's experiments, and not the workspace or a commit.
    """

    name: str
    state: str
    changed: tuple[Setting, ...]
    cells: tuple[Cell, ...]
    own: bool


@dataclass(frozen=True)
class Group:
    """The experiments on one data set, and their cells as one page. `title` is the data set's."""

    title: str
    experiments: tuple[Experiment, ...]
    page: Page


@dataclass(frozen=True)
class Sweep:
    """All experiments. `values` reads a cell's values at test images, {metric: (N,)}, by its name on the page."""

    groups: tuple[Group, ...]
    values: Callable[[str], dict[str, Array]]

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """Those of all groups."""
        return tuple(item for group in self.groups for item in group.experiments)

    @property
    def count(self) -> int:
        """How many of them are DVC's experiments."""
        return sum(item.own for item in self.experiments)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells of all experiments."""
        return tuple(cell for group in self.groups for cell in group.page.cells)

    @property
    def largest(self) -> Group:
        """The group with the most cells."""
        return max(self.groups, key=lambda group: len(group.page.cells))


def compared(view: View) -> tuple[Column, ...]:
    """The headline metrics over all cells, without those in which no two differ."""
    same = shared(view.page, view.columns)
    return tuple(column for column in view.columns if column.metric.headline and column not in same)


def read(told: str, load: Load, only: Container[str] | None = None) -> Sweep:
    """The experiments in what `dvc exp show --json` says, with the results that `load` finds by their MD5.

    `only` are the names of those to show; None for all.

    Raises:
        UserError: its output, or a result, is malformed.
    """
    chosen = [(state, run) for state, run in states(told) if only is None or state.title in only]
    tables = [{item.key: item.value for item in state.settings} for state, _ in chosen]
    keys = sorted({key for table in tables for key in table})
    known = [table for table in tables if table]
    varying = [key for key in keys if len({json.dumps(table.get(key)) for table in known}) > 1]
    seen: set[str] = set()
    files: dict[str, Files] = {}
    found: dict[str, list[tuple[Experiment, Files]]] = {}
    for (state, run), table in zip(chosen, tables, strict=True):
        own = Files(state, load)
        changed = tuple(Setting(key, table[key]) for key in varying if key in table)
        cells = tuple(_cells(state.title, own, table.get("beta"), changed, seen))
        files |= {cell.name: own for cell in cells}
        experiment = Experiment(state.title, state.progress(run), changed, cells, run is not None)
        found.setdefault(own.md5s.get(IMAGES, ""), []).append((experiment, own))
    if nothing := found.pop("", []):  # not run yet, or failed: with the first that has results
        first = next(iter(found), "")
        found[first] = [*found.get(first, []), *nothing]
    order = [state.title for state, _ in chosen]
    groups = tuple(_group(members, order) for members in found.values())
    return Sweep(groups, lambda name: _values(name, files[name]))


def _group(members: list[tuple[Experiment, Files]], order: list[str]) -> Group:
    members = sorted(members, key=lambda member: order.index(member[0].name))
    cards = (content for _, own in members if (content := own.content("data/card.json")))
    card = next((parse(content, "data/card.json", Card) for content in cards), None)
    pictures = {
        cell.name: {
            kind: content
            for kind in SHOWN
            if (content := own.content(samples.path(cell.name.rpartition("/")[2], kind))) is not None
        }
        for experiment, own in members
        for cell in experiment.cells
    }
    packed, _ = sheets.packed(pictures, card.shape if card else (), BYTES)
    experiments = tuple(
        replace(item, cells=tuple(replace(cell, samples=packed[cell.name]) for cell in item.cells))
        for item, _ in members
    )
    page = _page(tuple(cell for item in experiments for cell in item.cells))
    return Group(card.title if card else "", experiments, page)


def _values(name: str, own: Files) -> dict[str, Array]:
    path = f"evaluation/{name.rpartition('/')[2]}/images.safetensors"
    content = own.content(path)
    try:
        tensors = from_bytes(content) if content else {}
    except SafetensorError as error:
        raise UserError(f"{path} of {name}: damaged in DVC's cache ({error})") from None
    return {key: value.astype(np.float64) for key, value in tensors.items()}


def _cells(experiment: str, own: Files, beta: object, changed: tuple[Setting, ...], seen: set[str]) -> Iterator[Cell]:
    """The measured cells of one state, without those whose metrics an earlier state has on the same data."""
    data = own.md5s.get(IMAGES, "")
    for path in [path for path in own.md5s if path.startswith("metrics/")]:
        name = path.removeprefix("metrics/").removesuffix(".json")
        axes = Axes.parse(name)
        content = own.content(path) if axes else None
        values = parse(content, path, Numbers) if content else {}
        if axes is None or not values:
            continue
        identity = json.dumps([data, name, [(item.key, values.get(item.key)) for item in METRICS]])
        if identity in seen:
            continue
        seen.add(identity)
        metrics = _estimates(name, own, values)
        if metrics:
            weight = float(beta) if isinstance(beta, int | float) and "beta" in _uses(axes.model) else None
            settings = tuple(item for item in changed if item.key != "beta")
            yield _cell(experiment, axes, metrics, weight, settings)


def _estimates(name: str, own: Files, values: Numbers) -> tuple[Estimate, ...]:
    """The metrics with their intervals, where these are kept."""
    path = f"evaluation/{name}/details.json"
    content = own.content(path)
    details = parse(content, path, Details) if content else Details()
    return tuple(
        Estimate(
            item.key,
            finite(values[item.key]),
            *details.intervals.get(item.key, (None, None)),
            details.counts.get(item.key),
        )
        for item in METRICS
        if item.key in values
    )


def _uses(model: str) -> tuple[str, ...]:
    return tuple(models.uses(model)) if models.known(model) else ()


def _cell(
    experiment: str, axes: Axes, metrics: tuple[Estimate, ...], beta: float | None, settings: tuple[Setting, ...]
) -> Cell:
    return Cell(
        name=f"{experiment}/{axes.name}",
        label=f"{axes.name} in {experiment}",
        configuration=f"{experiment}/{axes.name}",
        run=int(axes.repeat.removeprefix("_r") or 1),
        axes=axes,
        beta=beta,
        settings=settings,
        metrics=metrics,
    )


def _page(cells: tuple[Cell, ...]) -> Page:
    data = DataCard("", "", "", "", (), (), (), (), None, False, 0, (), (), "", None)
    return Page(data, None, Provenance(None, False, None, None, ()), (), False, 0.0, cells, None, (), ())
