"""Experiments side by side: from what DVC says of them to cells that the page's table and plane can show.

A cell that an experiment left as it was, with the very same metrics, stands once, with the first that has it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from vaeplay import models
from vaeplay.evaluation.registry import METRICS
from vaeplay.gallery import fields
from vaeplay.gallery.columns import Column, shared
from vaeplay.gallery.fields import Fields
from vaeplay.gallery.page import Cell, DataCard, Estimate, Page, Provenance, Setting
from vaeplay.gallery.views import View

_METRICS = re.compile(r"metrics/((\w+?)_latent(\d+)_depth(\d+)_([A-Za-z]+?)(_r\d+)?)\.json")


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


def read(revisions: list[Fields]) -> Sweep:
    """The experiments in what `dvc exp show --json` says.

    Raises:
        UserError: it says something that is none.
    """
    states = list(_states(revisions))
    settings = [_settings(state) for state in states]
    keys = sorted({item.key for own in settings for item in own})
    tables = [{item.key: item.value for item in own} for own in settings]
    known = [table for table in tables if table]
    varying = [key for key in keys if len({json.dumps(table.get(key)) for table in known}) > 1]
    seen: set[str] = set()
    experiments = []
    for state, table in zip(states, tables, strict=True):
        name = _name(state)
        changed = tuple(Setting(key, table[key]) for key in varying if key in table)
        cells = tuple(_cells(state, name, table.get("beta"), changed, seen))
        experiments.append(Experiment(name, _state(state), changed, cells, "running" in state.values))
    return Sweep(tuple(experiments), _page(tuple(cell for item in experiments for cell in item.cells)))


def _states(revisions: list[Fields]) -> Iterator[Fields]:
    """The workspace, each commit and each of its experiments, whose first revision is the newest, its result."""
    for revision in revisions:
        yield revision
        for experiment in revision.objects("experiments") if "experiments" in revision else ():
            runs = list(experiment.objects("revs"))
            if runs:
                own = dict(runs[0].values)
                executor = experiment.values.get("executor")
                own["running"] = executor.get("state") if isinstance(executor, dict) else None
                yield Fields(own, runs[0].where)


def _name(state: Fields) -> str:
    return state.text("name") if "name" in state else state.text("rev")[:10]


def _state(state: Fields) -> str:
    if "error" in state:
        return f"failed: {state.object('error').text('msg', 'no reason given')}"
    return state.text("running", "") if state.values.get("running") not in (None, "success") else ""


def _settings(state: Fields) -> tuple[Setting, ...]:
    data = state.object("data") if "data" in state else Fields({}, state.where)
    files = data.object("params") if "params" in data else data
    return fields.flatten(files.object("params.yaml").object("data").values if "params.yaml" in files else {})


def _cells(
    state: Fields, experiment: str, beta: object, changed: tuple[Setting, ...], seen: set[str]
) -> Iterator[Cell]:
    """The measured cells of one state whose metrics no earlier one has."""
    data = state.object("data") if "data" in state else Fields({}, state.where)
    files = data.object("metrics") if "metrics" in data else Fields({}, state.where)
    for path in files.values:
        match = _METRICS.fullmatch(path)
        values = files.object(path).object("data") if match and "data" in files.object(path) else None
        if match and values:
            metrics = tuple(Estimate(item.key, values.number(item.key)) for item in METRICS if item.key in values)
            identity = json.dumps([match[1], [(item.key, item.value) for item in metrics]])
            if metrics and identity not in seen:
                seen.add(identity)
                own = float(beta) if isinstance(beta, int | float) and "beta" in _uses(match[2]) else None
                settings = tuple(item for item in changed if item.key != "beta")
                yield _cell(experiment, match, metrics, own, settings)


def _uses(model: str) -> tuple[str, ...]:
    return tuple(models.uses(model)) if model in models.names() else ()


def _cell(
    experiment: str,
    match: re.Match[str],
    metrics: tuple[Estimate, ...],
    beta: float | None,
    settings: tuple[Setting, ...],
) -> Cell:
    name, model, latent, depth, activation, repeat = match.groups()
    return Cell(
        name=f"{experiment}/{name}",
        label=f"{name} in {experiment}",
        configuration=f"{experiment}/{name}",
        run=int(repeat[2:]) if repeat else 1,
        model=model,
        latent_dim=int(latent),
        depth=int(depth),
        activation=activation,
        beta=beta,
        settings=settings,
        metrics=metrics,
    )


def _page(cells: tuple[Cell, ...]) -> Page:
    data = DataCard("", "", "", "", (), (), (), (), False, 0, (), "", None)
    return Page(data, None, Provenance(None, False, None, None, ()), (), False, 0.0, cells, None, (), ())
