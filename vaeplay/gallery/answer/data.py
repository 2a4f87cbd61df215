"""The question, the pictures of each model, the answers, and the pair that moves by itself."""

from dataclasses import dataclass
from itertools import chain
from typing import Any
from urllib.parse import quote, urlencode

from vaeplay.gallery.answer import pictures, sentences
from vaeplay.gallery.answer.best import best_samples
from vaeplay.gallery.answer.collapse import dimensions, off
from vaeplay.gallery.answer.copies import Copied, Copies, copies
from vaeplay.gallery.answer.pairs import Chosen, chosen, core, of_each_model
from vaeplay.gallery.answer.pictures import Strip
from vaeplay.gallery.claims.told import Told, told
from vaeplay.gallery.page import Cell, Page
from vaeplay.gallery.views import View
from vaeplay.gallery.words import plural
from vaeplay.verdicts.claims import BY_KEY
from vaeplay.verdicts.ledger import So, so

HERE: dict[So, str] = {"yes": "holds", "no": "fails", "too close": "is too close to tell"}
"""What a claim does in the pair of an answer."""

MODELS = 8
"""How many models have a row of pictures; the samples below show every cell."""


@dataclass(frozen=True)
class Pictures:
    """A cell with a strip of its reconstructions and one of its samples, as far as it has them."""

    cell: Cell
    reconstructions: Strip | None
    samples: Strip | None


@dataclass(frozen=True)
class Point:
    """A clause of an answer: what the ledger says of the same metric in every such pair and in this, and links."""

    clause: sentences.Clause
    claim: Told | None
    here: str
    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Answer:
    """One change: what it gains and loses, how far that reaches, why, and pictures; `live` is an address of this page.

    `limits` are those that do not hold of every answer. `live` is None where neither cell's decoder is in the page.
    `originals` are what both reconstruct.
    """

    title: str
    points: tuple[Point, ...]
    limits: tuple[str, ...]
    why: str
    originals: Strip | None
    pictures: tuple[Pictures, ...]
    live: str | None
    compare: str


def data(view: View) -> dict[str, Any]:
    """Everything of the first section."""
    page = view.page
    asked = chosen(page)
    models = [of(cell) for cell in of_each_model(page)[:MODELS]]
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


def of(cell: Cell) -> Pictures:
    """The pictures of a cell."""
    return Pictures(cell, pictures.strip(cell, *pictures.RECONSTRUCTION), pictures.strip(cell, *pictures.SAMPLE))


def answer(item: Chosen, view: View, limits: tuple[str, ...]) -> Answer:
    """The answer that a pair gives."""
    page = view.page
    both = (item.first, item.second)
    usable = {entry.cell for entry in page.explorer if entry.way != "none"}
    live = [cell.name for cell in both if cell.name in usable]
    return Answer(
        title=sentences.title(item),
        points=points(item, view),
        limits=limits,
        why=item.change.why,
        originals=pictures.strip(item.first, *pictures.ORIGINAL),
        pictures=tuple(of(cell) for cell in both),
        live="#" + urlencode([("explore", name) for name in live]) if live else None,
        compare="#" + urlencode([*(("compare", cell.name) for cell in both), ("way", "side")]),
    )


def points(item: Chosen, view: View) -> tuple[Point, ...]:
    """The clauses of a pair, each with the claim that this pair is evidence for or against by the same metric."""
    page, labels = view.page, {row.name: row.label for row in view.rows}
    ends = (item.pair.first, item.pair.second)
    ledger = page.verdicts.claims if page.verdicts else ()
    claims = {
        BY_KEY[judged.claim].metric: (told(judged, labels), HERE[so(judged, piece)])
        for judged in ledger
        for piece in judged.evidence
        if (piece.first, piece.second) == ends
    }
    found = [Point(clause, *claims.get(clause.metric, (None, "")), ()) for clause in sentences.clauses(item)]
    if item.change.key == "beta":
        others = [cell for cell in page.cells if core(cell) == core(item.second)]
        if clause := dimensions(item.first, item.second, others):
            seen = next((cell for cell in (item.second, *others) if off(cell)), item.second)
            where = (
                (f"Rates of {seen.label} by dimension", f"#cell={quote(seen.name)}"),
                ("its traversals", "#" + urlencode([("zoom", f"traversal:{seen.name}")])),
            )
            found.append(Point(clause, None, "", where))
    return tuple(found)


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
    chosen_cells = [row.cells[0] for row in best.rows]
    others = [item.copied for row in view.rows if row not in best.rows and (item := found[row.name])]
    return Generation(
        sentence=best.sentence,
        candidates=tuple(
            Candidate(
                cell,
                found[cell.configuration],
                pictures.strip(cell, *pictures.CLOSEST),
                pictures.strip(cell, *pictures.TRAINING),
            )
            for cell in chosen_cells
        ),
        others=_others(others),
    )


def _others(found: list[Copied]) -> str:
    """How many of the other configurations copy."""
    if not found:
        return ""
    said = [f"{found.count('Yes')} {'copies' if found.count('Yes') == 1 else 'copy'}"]
    if "Cannot tell" in found:
        said.append(f"for {found.count('Cannot tell')} it cannot be told")
    return f"Of {plural(len(found), 'other configuration')}, {' and '.join(said)}."


def moving(page: Page) -> tuple[Cell, Cell] | None:
    """An AE and a VAE of one size whose decoders run in the page: with two dimensions, else with most."""
    live = {item.cell for item in page.explorer if item.way == "live"}
    cells = [cell for cell in page.cells if cell.name in live and not cell.failed]
    pairs = [(one, other) for one in cells for other in cells if (core(one), core(other)) == ("AE", "VAE")]

    def preference(pair: tuple[Cell, Cell]) -> tuple[object, ...]:
        one, other = pair
        return one.latent_dim != 2, -(one.latent_dim or 0), one.depth != other.depth, one.depth or 0

    return min((pair for pair in pairs if pair[0].latent_dim == pair[1].latent_dim), key=preference, default=None)
