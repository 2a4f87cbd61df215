"""A table as text: for a terminal, as Markdown, as LaTeX and as HTML."""

import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from markupsafe import Markup
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH = 100
"""Characters that a table has at most, where its columns allow it."""
HEAD = 13  # characters of a column's head, from which on it is broken into lines


@dataclass(frozen=True)
class Entry:
    """One place of a table; `best` marks the best of its column."""

    text: str
    best: bool = False


@dataclass(frozen=True)
class Sheet:
    """A table: the heads of its columns, and its rows in groups, {title: rows}; a single group may have no title."""

    heads: tuple[str, ...]
    groups: dict[str, list[tuple[Entry, ...]]]

    @property
    def starred(self) -> bool:
        """Whether anything is marked as the best."""
        return any(entry.best for rows in self.groups.values() for row in rows for entry in row)

    def narrower(self) -> "Sheet":
        """Without the last column."""
        groups = {title: [row[:-1] for row in rows] for title, rows in self.groups.items()}
        return Sheet(self.heads[:-1], groups)


def text(sheet: Sheet) -> str:
    """The table in at most `WIDTH` characters.

    Where it does not fit, it loses its last columns, or, with groups, the last column wraps. The best of a column has
    a star, which a pipe keeps, and is bold where the terminal can do that.
    """
    roomy, console = (Console(highlight=False, width=width, force_jupyter=False) for width in (10 * WIDTH, WIDTH))
    while list(sheet.groups) == [""] and roomy.measure(_table(sheet)).maximum > WIDTH and len(sheet.heads) > 2:
        sheet = sheet.narrower()
    with console.capture() as printed:
        console.print(_table(sheet))
    lines = [line.rstrip() for line in printed.get().splitlines()]
    return "\n".join([*lines, "* the best of its column"] if sheet.starred else lines)


def _table(sheet: Sheet) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1), collapse_padding=True, pad_edge=False)
    grouped = list(sheet.groups) != [""]
    starred = {place for rows in sheet.groups.values() for row in rows for place, entry in enumerate(row) if entry.best}
    for place, head in enumerate(sheet.heads):
        is_text = place == 0 or (grouped and head == sheet.heads[-1])
        broken = "\n".join(textwrap.wrap(head, HEAD, break_long_words=False)) if place else head
        table.add_column(broken, justify="left" if is_text else "right", no_wrap=not is_text or not grouped)

    def shown(entry: Entry, place: int) -> Text:
        return Text(
            f"{entry.text}{'*' if entry.best else ' ' * (place in starred)}", style="bold" if entry.best else ""
        )

    for title, rows in sheet.groups.items():
        if title:
            table.add_row(Text(title, style="bold"))
        for row in rows:
            table.add_row(*(shown(entry, place) for place, entry in enumerate(row)))
    return table


def markdown(sheet: Sheet) -> str:
    """The table in GitHub's Markdown, the best in bold."""

    def words(text: str) -> str:
        return text.replace("|", "\\|")

    def place(entry: Entry) -> str:
        return f"**{words(entry.text)}**" if entry.best else words(entry.text)

    heads = [f"| {' | '.join(map(words, sheet.heads))} |", f"|---{'|--:' * (len(sheet.heads) - 1)}|"]
    return "\n".join([*heads, *_lines(sheet, place, lambda places: f"| {' | '.join(places)} |")])


ESCAPED = {"\\": r"\textbackslash{}"} | {mark: f"\\{mark}" for mark in "&%$#_{}"} | {
    "±": r"$\pm$", "−": "$-$", "≥": r"$\geq$", "≤": r"$\leq$", "↑": r"$\uparrow$", "↓": r"$\downarrow$",
    "β": r"$\beta$", "σ": r"$\sigma$", "…": r"\dots{}", "—": "---", "\u2009": r"\,", "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}  # fmt: skip


def latex(sheet: Sheet) -> str:
    """The table for LaTeX with the package booktabs, the best in bold."""

    def words(text: str) -> str:
        return "".join(ESCAPED.get(mark, mark) for mark in text)

    def place(entry: Entry) -> str:
        return f"\\textbf{{{words(entry.text)}}}" if entry.best else words(entry.text)

    def line(places: list[str]) -> str:
        return f"{' & '.join(places)} \\\\"

    head = [f"\\begin{{tabular}}{{l{'r' * (len(sheet.heads) - 1)}}}", "\\toprule", line([*map(words, sheet.heads)])]
    return "\n".join([*head, "\\midrule", *_lines(sheet, place, line), "\\bottomrule", "\\end{tabular}"])


def html(sheet: Sheet) -> str:
    """The table in HTML, for a notebook."""

    def line(tag: str, texts: Iterable[str]) -> Markup:
        places = Markup("").join(Markup(f"<{tag}>{{}}</{tag}>").format(text) for text in texts)
        return Markup("<tr>{}</tr>").format(places)

    lines = [line("th", sheet.heads)]
    for title, rows in sheet.groups.items():
        lines.append(Markup('<tr><th colspan="{}" align="left">{}</th></tr>').format(len(sheet.heads), title))
        lines += [line("td", (entry.text for entry in row)) for row in rows]
    return str(Markup("<table>{}</table>").format(Markup("").join(lines)))


def _lines(sheet: Sheet, place: Callable[[Entry], str], line: Callable[[list[str]], str]) -> list[str]:
    """Every row, those of a group below its title."""
    found = []
    for title, rows in sheet.groups.items():
        if title:
            found.append(line([place(Entry(title)), *[""] * (len(sheet.heads) - 1)]))
        found += [line([*map(place, row)]) for row in rows]
    return found
