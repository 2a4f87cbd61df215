"""Every metric of the registry, whether a cell has it or not."""

from typing import Any

from vaeplay.evaluation.registry import METRICS, Metric
from vaeplay.gallery.columns import GROUPS
from vaeplay.gallery.views import View


def data(view: View) -> dict[str, Any]:
    """The metrics under the titles of their groups."""
    return {"glossary": glossary()}


def glossary() -> tuple[tuple[str, tuple[Metric, ...]], ...]:
    """Every metric of the registry under the title of its group."""
    return tuple(
        (title, members)
        for group, title in GROUPS.items()
        if (members := tuple(metric for metric in METRICS if metric.group == group))
    )
