"""The results of an experiment: its page, and its metrics beside those of the workspace. DVC's cache holds both."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vaeplay import files
from vaeplay.errors import UserError
from vaeplay.evaluation.registry import BY_KEY
from vaeplay.gallery.words import DASH, number
from vaeplay.settings.cells import Cell

PAGE = "reports/gallery.html"
SUMMARY = "reports/verdicts.json"
SHOWN = ("mse", "rate", "elbo", "frechet")
"""The metrics of the table: reconstruction error, rate, ELBO and the quality of samples."""

COUNTS = {"holds": "claims that hold", "fails": "claims that fail"}

Metrics = dict[str, dict[str, Any]]
"""{cell: {key: value}}."""


class Results:
    """The results of the experiment that a commit holds."""

    def __init__(self, root: Path, commit: str) -> None:
        from dvc.api import DVCFileSystem  # takes 0.7 s to import

        self.root = root
        self.files = DVCFileSystem(str(root), rev=commit)

    def restore_page(self, name: str) -> Path:
        """Write its page beside the workspace's, under the experiment's name, and return its path.

        Raises:
            UserError: it is not in DVC's cache.
        """
        path = self.root / "reports" / f"{name}.html"
        try:
            files.write_bytes(path, self.files.read_bytes(PAGE))
        except FileNotFoundError:
            raise UserError(f"{PAGE} of {name} is not in DVC's cache; run the same again") from None
        return path

    def metrics(self, cells: Iterable[Cell]) -> Metrics:
        """The metrics of those of these cells that have any, in this order."""
        paths = {cell.name: f"metrics/{cell.name}.json" for cell in cells}
        there = set(self.files.ls("metrics", detail=False))
        return {name: json.loads(self.files.read_bytes(path)) for name, path in paths.items() if path in there}

    def summary(self) -> dict[str, Any]:
        """The few numbers that sum up its run; none where its pipeline has no such file."""
        try:
            return json.loads(self.files.read_bytes(SUMMARY))
        except FileNotFoundError:
            return {}


def summary_of_workspace(root: Path) -> dict[str, Any]:
    """The few numbers that sum up the run in the workspace; none where there has been none.

    Raises:
        UserError: the file is damaged.
    """
    return files.read_object(root / SUMMARY) if (root / SUMMARY).is_file() else {}


def of_workspace(root: Path) -> Metrics:
    """The metrics of the cells whose results are in the workspace.

    Raises:
        UserError: one of their files is damaged.
    """
    return {path.stem: files.read_object(path) for path in (root / "metrics").glob("*.json")}


def table(before: Metrics, after: Metrics) -> list[str]:
    """A line for each cell whose metrics have changed: `before → after`, or only the new values for a new cell."""
    changed = {cell: values for cell, values in after.items() if before.get(cell) != values}
    keys = [key for key in SHOWN if any(key in values for values in changed.values())]
    rows = [["", *(BY_KEY[key].label for key in keys)]] if changed else []
    for cell, values in changed.items():
        rows.append([cell, *(entry(key, before.get(cell, {}), values) for key in keys)])
    return aligned(rows)


def summary_table(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """A line for each of the numbers that sum up a run: `before → after`, or the same value once."""
    rows = []
    for key, value in after.items():
        metric = BY_KEY.get(key.removeprefix("best_"))
        label = f"{metric.label}, {'best' if key.startswith('best_') else 'mean'} of all cells" if metric else key
        texts = [number(item, metric.digits if metric else 0) for item in (before.get(key, value), value)]
        rows.append([COUNTS.get(key, label), " → ".join(dict.fromkeys(texts))])
    return aligned(sorted(rows))


def aligned(rows: list[list[str]]) -> list[str]:
    """Rows as lines whose columns stand below each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def entry(key: str, before: dict[str, Any], after: dict[str, Any]) -> str:
    """One metric of one cell."""
    if key not in after:
        return DASH
    now = number(after[key], BY_KEY[key].digits)
    return f"{number(before[key], BY_KEY[key].digits)} → {now}" if key in before else now
