"""Experiments side by side: from what DVC says of them to cells that the page's table and plane can show.

A cell that an experiment did not change, with exactly the same metrics, is listed once, in the first that has it.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pydantic import Field

from vaeplay import models
from vaeplay.evaluation.registry import METRICS
from vaeplay.gallery.columns import Column, shared
from vaeplay.gallery.page import Cell, DataCard, Estimate, Page, Provenance, Setting
from vaeplay.gallery.results import Anything, Result, finite, flatten, parse
from vaeplay.gallery.views import View
from vaeplay.settings.cells import Axes

Load = Callable[[str], dict[str, float | None]]
"""From the MD5 of a `metrics/<cell>.json` to what it holds; nothing, where it is not there."""


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
class Sweep:
    """All experiments, and their cells as one page."""

    experiments: tuple[Experiment, ...]
    page: Page

    @property
    def count(self) -> int:
        """How many of them are DVC's experiments."""
        return sum(item.own for item in self.experiments)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells of all experiments."""
        return self.page.cells


def compared(view: View) -> tuple[Column, ...]:
    """The headline metrics over all cells, without those in which no two differ."""
    same = shared(view.page, view.columns)
    return tuple(column for column in view.columns if column.metric.headline and column not in same)


class Failure(Result):
    """Why DVC could not read something."""

    msg: str = "no reason given"


class Values(Result):
    """The values in one file."""

    data: Anything | None = None


class Output(Result):
    """A file that a stage has made: the MD5 of its content, under which DVC's cache keeps it."""

    hash: str | None = None


class Data(Result):
    """What a state holds: its files of settings and of results by their paths."""

    params: dict[str, Values] = Field(default_factory=dict)
    outs: dict[str, Output] = Field(default_factory=dict)


class Executor(Result):
    """What runs an experiment."""

    state: str | None = None


class Run(Result):
    """An experiment: its revisions, the newest first, and what runs it."""

    revs: tuple["State", ...] | None = None
    executor: Executor | None = None


class State(Result):
    """The workspace, a commit, or what an experiment came to."""

    rev: str
    name: str | None = None
    error: Failure | None = None
    data: Data | None = None
    experiments: tuple[Run, ...] | None = None

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Its own params.yaml."""
        file = self.data and self.data.params.get("params.yaml")
        return flatten(file.data) if file and file.data else ()


def read(told: str, load: Load) -> Sweep:
    """The experiments in what `dvc exp show --json` says, with the metrics that `load` finds by their MD5.

    Raises:
        UserError: its output is malformed.
    """
    states = list(_states(parse(told, "dvc exp show", tuple[State, ...])))
    tables = [{item.key: item.value for item in state.settings} for state, _ in states]
    keys = sorted({key for table in tables for key in table})
    known = [table for table in tables if table]
    varying = [key for key in keys if len({json.dumps(table.get(key)) for table in known}) > 1]
    seen: set[str] = set()
    experiments = []
    for (state, run), table in zip(states, tables, strict=True):
        name = state.name or state.rev[:10]
        changed = tuple(Setting(key, table[key]) for key in varying if key in table)
        cells = tuple(_cells(state, load, name, table.get("beta"), changed, seen))
        experiments.append(Experiment(name, _state(state, run), changed, cells, run is not None))
    return Sweep(tuple(experiments), _page(tuple(cell for item in experiments for cell in item.cells)))


def _states(revisions: tuple[State, ...]) -> Iterator[tuple[State, Run | None]]:
    """The workspace and each commit, and each experiment's newest revision with the experiment."""
    for revision in revisions:
        yield revision, None
        for run in revision.experiments or ():
            if run.revs:
                yield run.revs[0], run


def _state(state: State, run: Run | None) -> str:
    if state.error:
        return f"failed: {state.error.msg}"
    running = run and run.executor and run.executor.state
    return running if running and running != "success" else ""


def _cells(
    state: State, load: Load, experiment: str, beta: object, changed: tuple[Setting, ...], seen: set[str]
) -> Iterator[Cell]:
    """The measured cells of one state, without those whose metrics an earlier state has."""
    for path, file in state.data.outs.items() if state.data else ():
        folder, _, name = path.removesuffix(".json").rpartition("/")
        axes = Axes.parse(name) if folder == "metrics" else None
        values = load(file.hash) if axes and file.hash else {}
        metrics = tuple(Estimate(item.key, finite(values[item.key])) for item in METRICS if item.key in values)
        identity = json.dumps([name, [(metric.key, metric.value) for metric in metrics]])
        if axes and metrics and identity not in seen:
            seen.add(identity)
            own = float(beta) if isinstance(beta, int | float) and "beta" in _uses(axes.model) else None
            settings = tuple(item for item in changed if item.key != "beta")
            yield _cell(experiment, axes, metrics, own, settings)


def _uses(model: str) -> tuple[str, ...]:
    return tuple(models.uses(model)) if model in models.names() else ()


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
    data = DataCard("", "", "", "", (), (), (), (), False, 0, (), (), "", None)
    return Page(data, None, Provenance(None, False, None, None, ()), (), False, 0.0, cells, None, (), ())
