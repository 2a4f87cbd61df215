"""`vaeplay show`: the metrics of all cells, or everything about one of them, in the terminal."""

import argparse
import csv
import io
from collections.abc import Iterable
from pathlib import Path

from vaeplay.errors import UserError
from vaeplay.evaluation.registry import BY_KEY, METRICS, Metric
from vaeplay.gallery import columns, read
from vaeplay.gallery.columns import Column
from vaeplay.gallery.page import Estimate, Page
from vaeplay.gallery.words import DASH, half, number
from vaeplay.settings.mistakes import nearest, printed
from vaeplay.terminal import sheet
from vaeplay.terminal.sheet import Entry, Sheet

FIRST = ("mse", "frechet", "trip", "elbo")
"""The metrics whose columns come first; what does not fit is left out from the end."""
ARROWS = {"lower": " ↓", "higher": " ↑", None: ""}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("cell", nargs="?", metavar="CELL", help="a cell, to see all its metrics; default: all cells")
    parser.add_argument("--by", metavar="METRIC", help="sort the cells by this metric, the best first")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--md", action="store_true", help="as Markdown")
    form.add_argument("--csv", action="store_true", help="as CSV, with all metrics and digits")
    form.add_argument("--latex", action="store_true", help="as a LaTeX table, for the package booktabs")


def main(arguments: argparse.Namespace) -> int:
    """Print the table.

    Raises:
        UserError: there are no results, or no such cell or metric.
    """
    if not Path("settings/report.json").is_file():
        raise UserError("no results yet; run `uv run dvc repro`")
    page = read.measured(Path())
    table = columns.columns(page)
    if not table:
        raise UserError("no results yet; run `uv run dvc repro`")
    if arguments.cell and arguments.by:
        raise UserError("--by sorts the cells of the whole table: give it or a CELL, not both")
    by = metric(arguments.by, table) if arguments.by else None
    name = cell(arguments.cell, page) if arguments.cell else None
    if arguments.csv:
        print(as_csv(order(page, by), table) if name is None else as_csv([name], table), end="")
        return 0
    shown = of_cell(name, table) if name else of_cells(order(page, by), table, by)
    if arguments.md or arguments.latex:
        print(sheet.markdown(shown) if arguments.md else sheet.latex(shown))
    else:
        print(sheet.text(shown))
    return 0


def metric(text: str, table: Iterable[Column]) -> Column:
    """The column of a metric by its key or its label.

    Raises:
        UserError: no cell has such a metric.
    """
    names = {name: item for item in table for name in (item.metric.label, item.metric.key)}
    lower = {name.lower(): item for name, item in names.items()}
    if text.lower() not in lower:
        known = ", ".join(item.metric.key for item in table if item.metric.headline)
        raise UserError(f"{printed(text)}: no such metric; there are {known}, …{nearest(text, list(names))}")
    return lower[text.lower()]


def cell(text: str, page: Page) -> str:
    """The name of a cell, or of a configuration that was trained repeatedly.

    Raises:
        UserError: there is none of this name.
    """
    names = list(dict.fromkeys(name for item in page.cells for name in (item.configuration, item.name)))
    if text not in names:
        raise UserError(f"{printed(text)}: no such cell{nearest(text, names)}; `vaeplay show` lists them")
    return text


def order(page: Page, by: Column | None) -> list[str]:
    """The configurations as in params.yaml, or by a metric, the best first and those without it last."""
    names = [row.name for row in columns.rows(page)]
    if by is None:
        return names
    sign = -1 if by.metric.better == "higher" else 1
    values = {name: by.means[name].value for name in names if name in by.means}
    known = {name: value for name, value in values.items() if value is not None}
    return sorted(names, key=lambda name: (name not in known, sign * known.get(name, 0.0)))


def of_cells(names: Iterable[str], table: Iterable[Column], by: Column | None) -> Sheet:
    """The table of all cells: the metric that it is sorted by, those of `FIRST`, then the others."""
    first = [by.metric.key if by else "", *FIRST]
    headline = [item for item in table if item.metric.headline or item.metric.key in first]
    headline.sort(key=lambda item: first.index(item.metric.key) if item.metric.key in first else len(first))
    rows = [(Entry(name), *(place(item, name) for item in headline)) for name in names]
    return Sheet(("Cell", *(head(item.metric) for item in headline)), {"": rows})


def head(item: Metric) -> str:
    """A metric above its column."""
    return f"{item.label}{ARROWS[item.better]}"


def place(column: Column, name: str) -> Entry:
    """A cell's value of a metric with half its interval."""
    estimate = column.means.get(name)
    if estimate is None:
        return Entry(DASH)
    return Entry(f"{number(estimate.value, column.metric.digits)}{margin(estimate)}", name in column.best)


def margin(estimate: Estimate) -> str:
    """± and half the width of an interval, if there is one."""
    if estimate.low is None or estimate.high is None:
        return ""
    return f" {half((estimate.high - estimate.low) / 2, BY_KEY[estimate.key].digits)}"


def of_cell(name: str, table: Iterable[Column]) -> Sheet:
    """All metrics of a cell, by the question that they answer, with their intervals."""
    groups = {
        title: [of_metric(item, estimate) for item in members if (estimate := estimated(item, name))]
        for title, members in columns.grouped(tuple(table))
    }
    heads = (name, "Value", "95 % interval", "Unit")
    return Sheet(heads, {title.partition(":")[0]: rows for title, rows in groups.items() if rows})


def estimated(column: Column, name: str) -> Estimate | None:
    """A metric of a configuration or of one of its cells."""
    return column.means.get(name) or column.cells.get(name)


def of_metric(column: Column, estimate: Estimate) -> tuple[Entry, ...]:
    """A metric of one cell: name, value, interval, unit."""
    digits = column.metric.digits
    interval = "" if estimate.low is None else f"{number(estimate.low, digits)} … {number(estimate.high, digits)}"
    texts = (head(column.metric), number(estimate.value, digits), interval, column.metric.unit)
    return tuple(map(Entry, texts))


def as_csv(names: Iterable[str], table: Iterable[Column]) -> str:
    """A row a cell: every metric with the ends of its interval, as `<metric>`, `<metric>_low`, `<metric>_high`."""
    found = {item.metric.key: item for item in table}
    keys = [item.key for item in METRICS if item.key in found]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["cell", *(f"{key}{end}" for key in keys for end in ("", "_low", "_high"))])
    for name in names:
        estimates = [estimated(found[key], name) for key in keys]
        writer.writerow([name, *(value for item in estimates for value in ends(item))])
    return text.getvalue()


def ends(estimate: Estimate | None) -> tuple[float | None, ...]:
    """A value and the ends of its interval."""
    return (estimate.value, estimate.low, estimate.high) if estimate else (None, None, None)
