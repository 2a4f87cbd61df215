"""The answer on new images: which cells to sample from, and whether their samples are copies of training images."""

from dataclasses import dataclass

from vaeplay.gallery.answer import pictures
from vaeplay.gallery.answer.best import best_samples, named
from vaeplay.gallery.answer.copies import Copied, Copies, copies
from vaeplay.gallery.answer.pictures import Strip
from vaeplay.gallery.page import Cell
from vaeplay.gallery.views import View
from vaeplay.gallery.words import plural


@dataclass(frozen=True)
class Candidate:
    """A configuration that samples well: its first cell, whether it copies, and its samples nearest to training images.

    `closest` are these samples, and `training` the images that they are nearest to.
    """

    cell: Cell
    copies: Copies | None
    closest: Strip | None
    training: Strip | None


@dataclass(frozen=True)
class Generation:
    """Which cells to sample from, whether they copy, and what is known of copies in the others."""

    sentence: str
    candidates: tuple[Candidate, ...]
    others: str


def generation(view: View) -> Generation | None:
    """The answer on new images; None where fewer than two configurations have every measure of samples."""
    best = best_samples(view.rows, view.columns)
    if not best:
        return None
    found = {row.name: copies(row, view.columns) for row in view.rows}
    own = [row.name for row in best.rows]
    others = {row.label: item.copied for row in view.rows if row.name not in own and (item := found[row.name])}
    return Generation(
        sentence=best.sentence,
        candidates=tuple(
            Candidate(
                cell,
                found[cell.configuration],
                pictures.strip(cell, *pictures.CLOSEST),
                pictures.strip(cell, *pictures.TRAINING),
            )
            for cell in (row.cells[0] for row in best.rows)
        ),
        others=others_copying(others),
    )


def others_copying(copied: dict[str, Copied]) -> str:
    """What is known of the other configurations, by their labels."""
    if not copied:
        return ""
    copying = [label for label, state in copied.items() if state == "Yes"]
    unsure = [label for label, state in copied.items() if state == "Cannot tell"]
    text = f"copies are found in {named(copying) if copying else 'none'}"
    left_open = f", and the tests do not decide for {named(unsure)}" if unsure else ""
    return f"Of the {plural(len(copied), 'other cell')}, {text}{left_open}."
