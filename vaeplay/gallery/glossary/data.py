"""The metrics that this page shows, and apart from them the others of the registry."""

from typing import Any

from vaeplay.evaluation.registry import METRICS, Metric
from vaeplay.gallery.columns import GROUPS
from vaeplay.gallery.views import View


def data(view: View) -> dict[str, Any]:
    """The metrics under the titles of their groups: those that a cell has, and those that none has."""
    shown = {column.metric.key for column in view.columns}
    return {"glossary": glossary(shown), "others": [metric for metric in METRICS if metric.key not in shown]}


def glossary(shown: set[str]) -> tuple[tuple[str, tuple[Metric, ...]], ...]:
    """The metrics of these keys under the titles of their groups."""
    groups = (
        (title, tuple(metric for metric in METRICS if metric.group == group and metric.key in shown))
        for group, title in GROUPS.items()
    )
    return tuple((title, members) for title, members in groups if members)
