"""The page's data as one HTML text: templates, styles, scripts and pictures inline, nothing fetched.

Everything is escaped by the template engine, an undefined name is an error, and the content security policy allows
only this page's own style and scripts, by their hashes, and inline pictures.
"""

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from vaeplay.evaluation.registry import METRICS
from vaeplay.gallery import charts, codebook, maps, own, views, words
from vaeplay.gallery.columns import columns, glossary, grouped, likelihoods, rows, shared
from vaeplay.gallery.page import Cell, Page
from vaeplay.gallery.plane import plane
from vaeplay.gallery.scale import MARKERS

FOLDER = Path(__file__).parent
STYLES = ("base", "sections", "figures", "cells", "latent", "print")
EARLY_SCRIPTS = ("theme",)
"""Run before the first paint, so that a chosen theme does not flash."""
LATE_SCRIPTS = (
    *("state", "filters", "table", "wall", "detail", "compare", "plane", "curves", "downloads"),
    *("decoder", "engine", "points", "map", "explorer", "pad", "walk", "dimensions", "codes", "keys"),
)
"""Run when the page is there, in this order: each may use those before it."""


def render(page: Page) -> str:
    """The whole HTML page. Equal pages give equal texts."""
    style = "\n".join(asset(f"{name}.css") for name in STYLES)
    early = [asset(f"{name}.js") for name in EARLY_SCRIPTS]
    late = [asset(f"{name}.js") for name in LATE_SCRIPTS]
    varying = views.varying(page)
    everything = columns(page)
    groups, same = grouped(everything), shared(page, everything)
    ranked = [column for column in everything if column.metric.headline and column not in same]
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            policy=policy([style], [*early, *late]),
            style=Markup(style),
            scripts={"early": [Markup(script) for script in early], "late": [Markup(script) for script in late]},
            data=data(page),
            latent=maps.data(page),
            latent_maps=maps.views(page),
            methods=maps.methods(page),
            marks=maps.marks(page),
            explorable={item.cell for item in page.explorer if item.way != "none"},
            labels={cell.name: cell.label for cell in page.cells},
            axes=views.axes(page),
            balance=views.balance(page),
            tallest=views.BAR,
            varying=varying,
            constant=views.constant(page),
            groups=groups,
            ranked=ranked,
            shared=same,
            rows=rows(page),
            repeated=len(rows(page)) < len(page.cells),
            findings=views.findings(page, everything),
            families=views.families(page),
            likelihoods=likelihoods(page),
            depths=charts.depths(page),
            seconds=views.training_seconds(page),
            terms=charts.of_terms(page),
            plane=plane(page),
            choices=groups,
            glossary=glossary(),
            markers=MARKERS,
        )
    )


@cache
def environment() -> Environment:
    """The template engine with the filters that the templates use; templates are compiled once a process."""
    engine = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    engine.policies["json.dumps_kwargs"] = {"sort_keys": False, "allow_nan": False, "separators": (",", ":")}
    engine.filters |= {
        "axis": words.axis,
        "bytes": words.size,
        "codebook": codebook.codebook,
        "count_of": words.plural,
        "duration": words.duration,
        "epoch_table": charts.table,
        "half": words.half,
        "number": words.number,
        "memory_chart": own.memory,
        "memory_table": own.memory_table,
        "own_charts": own_charts,
        "row_labels": own.row_labels,
        "rows_shown": own.rows_shown,
        "spectrum_chart": own.spectrum,
        "quoted": lambda text: quote(text, safe=""),
        "setting": words.setting,
    }
    return engine


def own_charts(cell: Cell) -> tuple[charts.Chart, ...]:
    """The loss curves of one cell, and what changed in its training: the learning rate, the weight of the rate."""
    if not cell.history:
        return ()
    schedules = (charts.of_learning_rate(cell.history), charts.of_rate_weight(cell))
    return (*charts.of_cell(cell.history), *(chart for chart in schedules if chart))


def data(page: Page) -> dict[str, Any]:
    """What the scripts and the downloads need of the page: cells with axes and figures, and what the figures are."""
    axes = [axis.name for axis in views.axes(page)]
    cells = [
        {
            "name": cell.name,
            "label": cell.label,
            "configuration": cell.configuration,
            "axes": {axis: words.axis(cell, axis) for axis in axes},
            "metrics": {figure.key: figure.value for figure in cell.figures},
            "intervals": {item.key: [item.low, item.high] for item in cell.figures if item.low is not None},
            "settings": {item.key: item.value for item in cell.settings},
            "train": {item.key: item.value for item in cell.train},
            "prior": cell.prior,
            "seconds": cell.cost.seconds if cell.cost else None,
            "parameters": cell.cost.parameters if cell.cost else None,
        }
        for cell in page.cells
    ]
    metrics = [
        {"key": item.key, "label": item.label, "unit": item.unit, "better": item.better, "digits": item.digits}
        | {"group": item.group, "headline": item.headline}
        for item in METRICS
    ]
    return {"cells": cells, "metrics": metrics, "data": page.data.name}


def policy(styles: Iterable[str], scripts: Iterable[str]) -> str:
    """The content security policy that allows these styles and scripts, inline pictures, their workers, and no more."""
    allowed_styles = " ".join(_source(style) for style in styles)
    allowed_scripts = " ".join(_source(script) for script in scripts)
    return (
        f"default-src 'none'; img-src data:; style-src {allowed_styles}; script-src {allowed_scripts}; "
        "worker-src blob:; base-uri 'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def asset(name: str) -> str:
    """The text of one style sheet or script."""
    return (FOLDER / "assets" / name).read_text(encoding="utf-8").strip()
