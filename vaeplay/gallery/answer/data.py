"""The question, the pictures of each model, the answers, and the pair that moves by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from urllib.parse import urlencode

from vaeplay.gallery.answer import pictures, sentences
from vaeplay.gallery.answer.generation import generation
from vaeplay.gallery.answer.pairs import Chosen, chosen, core, of_each_model
from vaeplay.gallery.answer.pictures import Strip
from vaeplay.gallery.answer.points import Point, points
from vaeplay.gallery.page import Cell, Page
from vaeplay.gallery.views import View

MODELS = 8
"""How many models have a row of pictures; the samples below show every cell."""


@dataclass(frozen=True)
class Pictures:
    """A cell with a strip of its reconstructions and one of its samples, as far as it has them."""

    cell: Cell
    reconstructions: Strip | None
    samples: Strip | None


@dataclass(frozen=True)
class Answer:
    """One change: what it gains and loses, how far that reaches, why, and pictures.

    `limits` are those that do not hold of every answer. `originals` are what both reconstruct. `live` is the text and
    the address of a link to the explorer, None where neither cell's decoder is in the page.
    """

    title: str
    points: tuple[Point, ...]
    limits: tuple[str, ...]
    why: str
    originals: Strip | None
    pictures: tuple[Pictures, ...]
    live: tuple[str, str] | None
    compare: str


def data(view: View) -> dict[str, Any]:
    """Everything of the first section."""
    page = view.page
    asked = chosen(page)
    models = [of(cell) for cell in shown(page, asked)]
    limits = [sentences.limits(item) for item in asked]
    shared = [sentence for sentence in dict.fromkeys(chain(*limits)) if all(sentence in own for own in limits)]
    repeated = len(view.rows) < len(page.cells)
    return {
        "asked": sentences.joined([item.change.asked for item in asked]) if asked else "",
        "models": [item for item in models if item.reconstructions or item.samples],
        "originals": next(filter(None, (pictures.strip(item.cell, *pictures.ORIGINAL) for item in models)), None),
        "answers": [
            answer(item, view, tuple(one for one in own if one not in shared))
            for item, own in zip(asked, limits, strict=True)
        ],
        # Where no cell was trained again, the template says so of all.
        "limits": [sentence for sentence in shared if repeated or sentence != sentences.ONCE],
        "generation": generation(view),
        "repeated": repeated,
        "moving": moving(page),
        "falling": [cell for cell in page.cells if cell.history and cell.history.convergence == "falling"],
    }


def shown(page: Page, asked: Sequence[Chosen]) -> list[Cell]:
    """A cell of each model, in the page's order: where there are too many, those of the answers before the others."""
    cells = of_each_model(page)
    answered = {cell.model for item in asked for cell in (item.first, item.second)}
    first = sorted(cells, key=lambda cell: cell.model not in answered)[:MODELS]
    return [cell for cell in cells if cell in first]


def of(cell: Cell) -> Pictures:
    """The pictures of a cell."""
    return Pictures(cell, pictures.strip(cell, *pictures.RECONSTRUCTION), pictures.strip(cell, *pictures.SAMPLE))


def answer(item: Chosen, view: View, limits: tuple[str, ...]) -> Answer:
    """The answer that a pair gives."""
    page = view.page
    both = (item.first, item.second)
    return Answer(
        title=sentences.title(item),
        points=points(item, view),
        limits=limits,
        why=item.change.why,
        originals=pictures.strip(item.first, *pictures.ORIGINAL),
        pictures=tuple(of(cell) for cell in both),
        live=live(both, page),
        compare="#" + urlencode([*(("compare", cell.name) for cell in both), ("way", "side")]),
    )


def live(both: tuple[Cell, Cell], page: Page) -> tuple[str, str] | None:
    """A link to both cells in the explorer: of two dimensions on their planes, else at a test image.

    A plane shows little of a longer code; the image is seen with both reconstructions, and the first code below.
    """
    usable = {item.cell: item for item in page.explorer if item.way != "none"}
    there = [usable[cell.name] for cell in both if cell.name in usable]
    text, entries = "See it live in the explorer", [("explore", item.cell) for item in there]
    if page.images and not all(item.plane for item in there):
        row = most_different(both, page)
        if row is not None:
            text += ", at the test image whose errors differ most"
        entries.append(("image", str(page.images.rows[0] if row is None else row)))
    return (text, "#" + urlencode(entries)) if there else None


def most_different(both: tuple[Cell, Cell], page: Page) -> int | None:
    """The row of the test image whose squared errors by two cells differ most; None where they are not in the page."""
    if page.reconstructions is None or page.images is None:
        return None
    first, second = (page.reconstructions.values.get(cell.name, {}).get("mse", ()) for cell in both)
    here = set(page.images.rows)
    apart = {
        row: abs(one - other)
        for row, one, other in zip(page.reconstructions.rows, first, second, strict=False)
        if row in here and one is not None and other is not None
    }
    return max(apart, key=apart.__getitem__, default=None)


def moving(page: Page) -> tuple[Cell, Cell] | None:
    """An AE and a VAE of one size whose decoders run in the page: with two dimensions, else with most."""
    live = {item.cell for item in page.explorer if item.way == "live"}
    cells = [cell for cell in page.cells if cell.name in live and not cell.failed]
    pairs = [(one, other) for one in cells for other in cells if (core(one), core(other)) == ("AE", "VAE")]

    def preference(pair: tuple[Cell, Cell]) -> tuple[object, ...]:
        one, other = pair
        return one.latent_dim != 2, -(one.latent_dim or 0), one.depth != other.depth, one.depth or 0

    return min((pair for pair in pairs if pair[0].latent_dim == pair[1].latent_dim), key=preference, default=None)
