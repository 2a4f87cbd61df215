"""The changes that the first section asks about, and the pair of cells that stands for each: chosen by rule alone.

Of several pairs, that of a VAE comes before others, dense networks before others, the larger latent size before the
smaller, trainings that converged before those that did not, and then the smaller depth. What came of a pair plays no
part.
"""

from dataclasses import dataclass

from vaeplay import models
from vaeplay.gallery.page import Cell, Page
from vaeplay.verdicts.table import Compared


@dataclass(frozen=True)
class Change:
    """A change that readers ask about: `asked` is its name in the question, `kind` that of `vaeplay.verdicts.pairs`.

    `models` are the two objectives where that is what changes. `why` says in one sentence where the difference comes
    from.
    """

    key: str
    asked: str
    kind: str
    models: frozenset[str]
    why: str


CHANGES = (
    Change(
        "vae",
        "a VAE",
        "objective",
        frozenset({"AE", "VAE"}),
        "A VAE adds noise to its codes, so different images share codes. The decoder returns roughly the average of "
        "the images that share a code: that is the blur. The noise also fills the gaps between codes. In an AE, the "
        "decoder is never trained in these gaps: they are the holes.",
    ),
    Change(
        "beta",
        "a β-VAE",
        "objective",
        frozenset({"VAE", "BetaVAE"}),
        "β is the price of a nat of rate. At a higher price the code says less about an image, and the decoder fills "
        "in the rest with an average. A dimension that is not worth its price collapses to the prior.",
    ),
    Change(
        "convolutional",
        "convolutional networks",
        "network",
        frozenset(),
        "A convolution uses the same few weights everywhere in an image, so a stroke is learned once, not once for "
        "each position.",
    ),
    Change(
        "longer",
        "a longer code",
        "latent_dim",
        frozenset(),
        "A short code cannot keep all images apart. Images with nearly the same code are decoded as their average.",
    ),
    Change(
        "map",
        "a VQ-VAE",
        "code",
        frozenset(),
        "The code of a VQ-VAE is a map of codebook entries. Entries drawn at random do not fit together, so a second "
        "model, its prior, has to learn which maps occur.",
    ),
)


@dataclass(frozen=True)
class Chosen:
    """A change and the pair that stands for it, with the first cell of each configuration."""

    change: Change
    pair: Compared
    first: Cell
    second: Cell


def chosen(page: Page) -> tuple[Chosen, ...]:
    """The pair of each change that the grid has, in order; failed cells are passed over."""
    cells = {cell.configuration: cell for cell in reversed(page.cells) if not cell.failed}
    pairs = page.verdicts.pairs if page.verdicts else ()
    known = [(pair, cells[pair.first], cells[pair.second]) for pair in pairs if {pair.first, pair.second} <= set(cells)]
    found = []
    for change in CHANGES:
        about = [Chosen(change, *both) for both in known if _about(change, *both)]
        if about:
            found.append(min(about, key=_preference))
    return tuple(found)


def core(cell: Cell) -> str:
    """A cell's model without its networks."""
    name = cell.model or ""
    return models.kin(name).core if models.known(name) else name


def _network(cell: Cell) -> str:
    name = cell.model or ""
    return models.kin(name).network if models.known(name) else "dense"


def _about(change: Change, pair: Compared, first: Cell, second: Cell) -> bool:
    if change.kind == "network" and _network(second) != "convolutional":
        return False
    return pair.change == change.kind and (not change.models or {core(first), core(second)} == change.models)


def _preference(item: Chosen) -> tuple[object, ...]:
    first, second = item.first, item.second
    return (
        not item.change.models and core(first) != "VAE",
        *_size(second, sum(item.pair.falling)),
        first.depth or 0,
    )


def _size(cell: Cell, falling: int) -> tuple[object, ...]:
    """Dense networks before others, a large code before a small one, converged before not."""
    return _network(cell) != "dense", -(cell.latent_dim or 0), falling, cell.depth or 0


def of_each_model(page: Page) -> tuple[Cell, ...]:
    """One cell of each model, in the page's order, by the same rule: the largest code, then converged, then shallow.

    A model that stands for every β is left out: it has a section of its own.
    """
    found = []
    dials = {dial.cell for dial in page.dials}
    for model in dict.fromkeys(cell.model for cell in page.cells if cell.model and cell.name not in dials):
        own = [cell for cell in page.cells if cell.model == model and not cell.failed]
        found += sorted(own, key=lambda cell: _size(cell, int(_is_falling(cell))))[:1]
    return tuple(found)


def _is_falling(cell: Cell) -> bool:
    return cell.history is not None and cell.history.convergence == "falling"
