"""Whether a higher β collapses latent dimensions: how many are active in each of two cells, and which are not."""

from vaeplay.gallery.answer.sentences import Clause, joined
from vaeplay.gallery.page import Cell
from vaeplay.gallery.words import plural

NAMED = 2  # further cells that the clause names at most


def dimensions(first: Cell, second: Cell, others: list[Cell]) -> Clause | None:
    """The clause; None where a cell has no posterior. `others` are cells of the second's kind, named where any is off.

    Both are single trained models, and the counts are exact for them.
    """
    if not first.spectrum or not second.spectrum:
        return None
    if off(first) or off(second):
        text = f"{_active(second)} in {second.label}, {_active(first)} in {first.label}"
    else:
        text = f"all {plural(len(second.spectrum), 'dimension')} are active in both"
    elsewhere = [cell for cell in others if cell not in (first, second) and off(cell)]
    if elsewhere:
        named = [f"{_active(cell)} in {cell.label}" for cell in elsewhere[:NAMED]]
        rest = len(elsewhere) - len(named)
        text += f". Elsewhere in this grid: {joined([*named, plural(rest, 'more cell')] if rest else named)}"
    changed = len(off(first)) != len(off(second))
    return Clause("Changed" if changed else "Unchanged", text, "active_units")


def off(cell: Cell) -> list[int]:
    """The numbers of the dimensions that are not active, from 1."""
    return sorted(unit.dimension + 1 for unit in cell.spectrum if not unit.active)


def _active(cell: Cell) -> str:
    """As in `7 of 8 dimensions are active (not 3)`."""
    idle = off(cell)
    count = f"{len(cell.spectrum) - len(idle)} of {plural(len(cell.spectrum), 'dimension')} are active"
    if not idle:
        return count
    numbers = joined([str(number) for number in idle])
    return (
        f"{count} ({'dimension' if len(idle) == 1 else 'dimensions'} {numbers} {'is' if len(idle) == 1 else 'are'} off)"
    )
