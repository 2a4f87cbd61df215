"""The rows below the cells: models in closed form, which take no part in ranks, filters or verdicts."""

from collections.abc import Sequence

from vaeplay.gallery.columns import Column
from vaeplay.gallery.page import Estimate, Page


def references(page: Page, shown: Sequence[Column]) -> dict[str, list[Estimate | None]]:
    """Each row's name, and its estimate in each of the columns, None where it has none."""
    found = {name: {item.key: item for item in estimates} for name, estimates in page.references.items()}
    return {name: [table.get(column.metric.key) for column in shown] for name, table in found.items()}
