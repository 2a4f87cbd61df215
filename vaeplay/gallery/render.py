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
from vaeplay.gallery import frame, words
from vaeplay.gallery.bundle import bundle
from vaeplay.gallery.columns import over
from vaeplay.gallery.page import Page
from vaeplay.gallery.scale import MARKERS
from vaeplay.gallery.sections import SECTIONS
from vaeplay.gallery.views import View, view

FOLDER = Path(__file__).parent
FRAME = Path(frame.__file__).parent.name
EARLY = f"{FRAME}/theme.js"
"""Runs before the first paint, so that a chosen theme does not flash. It is no module."""


def render(page: Page) -> str:
    """The whole HTML page. Equal pages give equal texts."""
    seen = view(page)
    names = {section.name: shared(seen) | section.data(seen) for section in SECTIONS}
    bodies = {name: _part(f"{name}/template.html.j2", names[name]) for name in names}
    shown = style(section.name for section in SECTIONS)
    scripts = [asset(EARLY), script(section.name for section in SECTIONS)]
    return (
        environment()
        .get_template(f"{FRAME}/page.html.j2")
        .render(
            page=page,
            policy=policy([shown], scripts),
            style=Markup(shown),
            early=Markup(scripts[0]),
            late=Markup(scripts[1]),
            links=[section for section in SECTIONS if section.link and bodies[section.name].strip()],
            bodies=bodies.values(),
            afters=[_part(f"{name}/after.html.j2", names[name]) for name in names],
            data=data(seen),
        )
    )


def shared(seen: View) -> dict[str, Any]:
    """The names that every section's templates may use."""
    return {"page": seen.page, "families": seen.families, "markers": MARKERS}


def _part(template: str, names: dict[str, Any]) -> Markup:
    """One template of a section, empty where it has none."""
    return Markup(environment().get_template(template).render(names) if (FOLDER / template).exists() else "")


@cache
def environment() -> Environment:
    """The template engine with the filters that templates use; templates are compiled once a process."""
    engine = Environment(
        loader=FileSystemLoader(FOLDER),
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
        "called": words.called,
        "collapsed": words.collapsed,
        "count_of": words.plural,
        "duration": words.duration,
        "half": words.half,
        "number": words.number,
        "over": over,
        "quoted": lambda text: quote(text, safe=""),
        "setting": words.setting,
        "training_flag": words.training_flag,
        "training_length": words.training_length,
    }
    return engine


def data(seen: View) -> dict[str, Any]:
    """What the scripts and the downloads need of the page: cells with axes and metrics, and what the metrics are."""
    cells = [
        {
            "name": cell.name,
            "label": cell.label,
            "configuration": cell.configuration,
            "axes": {axis.name: words.axis(cell, axis.name) for axis in seen.axes},
            "metrics": {item.key: item.value for item in cell.metrics},
            "intervals": {item.key: [item.low, item.high] for item in cell.metrics if item.low is not None},
            "settings": {item.key: item.value for item in cell.settings},
            "train": {item.key: item.value for item in cell.train},
            "prior": cell.prior,
            "seconds": cell.cost.seconds if cell.cost else None,
            "parameters": cell.cost.parameters if cell.cost else None,
        }
        for cell in seen.page.cells
    ]
    metrics = [
        {"key": item.key, "label": item.label, "unit": item.unit, "better": item.better, "digits": item.digits}
        | {"group": item.group, "headline": item.headline}
        for item in METRICS
    ]
    return {"cells": cells, "metrics": metrics, "data": seen.page.data.name}


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


def style(folders: Iterable[str]) -> str:
    """The frame's style sheets, with those of `folders` before the one for paper."""
    own = [f"{folder}/style.css" for folder in folders if (FOLDER / folder / "style.css").exists()]
    ordered = [*(f"{FRAME}/{name}.css" for name in ("base", "tables", "charts", "classes")), *own, f"{FRAME}/print.css"]
    return "\n".join(map(asset, ordered))


def script(folders: Iterable[str]) -> str:
    """The scripts of `folders`, and what they import, as one."""
    own = [f"{folder}/script.js" for folder in folders]
    return bundle([path for path in own if (FOLDER / path).exists()], asset)


def asset(path: str) -> str:
    """The text of one style sheet or script, by its path in this folder."""
    return (FOLDER / path).read_text(encoding="utf-8").strip()
