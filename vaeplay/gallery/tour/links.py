"""What the stations show: links to other sections in the state that shows it, and strips of pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from vaeplay.gallery.answer import pictures
from vaeplay.gallery.answer.pairs import chosen
from vaeplay.gallery.answer.pictures import Strip
from vaeplay.gallery.lab.data import PRESETS
from vaeplay.gallery.page import Cell, Page

Pair = tuple[Cell, Cell]
SHOWN = 6  # images of a strip


@dataclass(frozen=True)
class Link:
    """A link to a section in some state: its text, its address in this page, and what to look for there."""

    text: str
    address: str
    look: str


def of(station: str, page: Page, pairs: list[Pair]) -> tuple[Link, ...]:
    """The links of a station whose claim is judged by `pairs`, as far as the page has what they lead to."""
    return tuple(filter(None, (link(page, pairs) for link in LINKS[station])))


def strips(station: str, page: Page, pairs: list[Pair]) -> tuple[tuple[str, Strip], ...]:
    """The pictures of a station with their names; none where it needs none, or the page has none."""
    kinds = PICTURES.get(station)
    if not kinds or not pairs:
        return ()
    cells = list({cell.name: cell for cell in typical(page, pairs)}.values())
    named = [("Test images", cells[0], pictures.ORIGINAL)]
    named += [(f"{cell.label}{how}", cell, kind) for cell in cells for how, kind in kinds.items()]
    found = [(name, pictures.strip(cell, *kind, SHOWN)) for name, cell, kind in named]
    return tuple((name, strip) for name, strip in found if strip)


def typical(page: Page, pairs: list[Pair]) -> Pair:
    """The pair that the first section shows, or its model; else the first: chosen by rule, and not by result."""
    answers = [(item.first.name, item.second.name) for item in chosen(page)]
    models = [second for _, second in answers]

    def preference(pair: Pair) -> tuple[bool, int]:
        first, second = (cell.name for cell in pair)
        return (first, second) not in answers, models.index(second) if second in models else len(models)

    return min(pairs, key=preference)


def _compare(page: Page, pairs: list[Pair]) -> Link | None:
    if not pairs:
        return None
    names = [cell.name for cell in typical(page, pairs)]
    return Link(
        "Compare two of them side by side",
        _address(*(("compare", name) for name in names), ("way", "side")),
        "The same test images, rebuilt by both: do thin strokes, loops and rare shapes survive?",
    )


def _one_image(page: Page, pairs: list[Pair]) -> Link | None:
    if not pairs or not page.reconstructions:
        return None
    second = typical(page, pairs)[1]
    if "mse" not in page.reconstructions.values.get(second.name, {}):
        return None
    return Link(
        f"See the image that {second.label} rebuilds worst, through all cells",
        _address(("of", second.name)),
        "Beside each reconstruction is its error, brighter where larger: at the edges of strokes, or is it all wrong?",
    )


DRAWN = 2  # pairs whose planes a station draws: the first of the grid, whatever came of them


def _drawn(page: Page) -> set[str]:
    """The cells whose latent space is a plane, with a decoder that runs in the page."""
    return {item.cell for item in page.explorer if item.way == "live" and item.plane}


def planes(page: Page, pairs: list[Pair]) -> tuple[Cell, ...]:
    """The cells of the first pairs whose latent spaces have two dimensions and can be drawn."""
    drawn = _drawn(page)
    both = [pair for pair in pairs if {cell.name for cell in pair} <= drawn]
    return tuple({cell.name: cell for pair in both[:DRAWN] for cell in pair}.values())


def _holes(page: Page, pairs: list[Pair]) -> Link | None:
    live = {item.cell: item for item in page.explorer if item.way == "live"}
    both = [pair for pair in pairs if {cell.name for cell in pair} <= set(live)]
    if not both:
        return None
    first, second = planes(page, pairs)[:2] or both[0]
    hole = live[first.name].hole
    at = [("at", ",".join(f"{place:.3g}" for place in hole))] if hole else []
    return Link(
        "Fly over both latent spaces in the explorer",
        _address(("explore", first.name), ("explore", second.name), *at),
        "Coloured places are far from all training codes. Drag the ring there: what does each decoder make of it?",
    )


def _draws(page: Page, pairs: list[Pair]) -> Link | None:
    cell = plane(page, pairs)
    if not cell:
        return None
    return Link(
        "See where the prior draws",
        _address(("explore", cell.name), ("draw", "0")),
        "The + marks are draws from the prior: how many lie away from the points, the codes of test images? More "
        "dimensions leave more room to miss them.",
    )


def _exact(page: Page, pairs: list[Pair]) -> Link | None:
    cell = plane(page, pairs)
    if not cell or not page.images:
        return None
    return Link(
        "See the true posterior of one image",
        _address(("explore", cell.name), ("image", page.images.rows[0]), ("layers", "ellipses,exact")),
        "In the panel Exact posterior: do the white ellipses cover the bright part, and nothing else?",
    )


def plane(page: Page, pairs: list[Pair]) -> Cell | None:
    """A cell of two dimensions whose decoder runs in the page."""
    drawn = _drawn(page)
    return next((cell for cell, _ in pairs if cell.name in drawn), None)


def _dial(page: Page, pairs: list[Pair]) -> Link | None:
    if not page.dials:
        return None
    return Link(
        "Turn β yourself",
        _address(("dial", len(page.dials[0].ladder) - 1)),
        "The dial stands at the highest β: turn it down slowly. What happens to the rate, the codes and the images?",
    )


def _film(page: Page, pairs: list[Pair]) -> Link | None:
    if not page.films:
        return None
    return Link(
        "Watch the training",
        _address(("film", 0)),
        "Press Play. The curve below each cell is its validation loss: which is flat at the end, and does one rise?",
    )


def _curves(page: Page, pairs: list[Pair]) -> Link | None:
    if not any(cell.history for cell in page.cells):
        return None
    return Link("See all curves", "#curves", "Look at the total loss: where a curve rises again, its model overfits.")


def _codes(page: Page, pairs: list[Pair]) -> Link | None:
    live = [item.cell for item in page.explorer if item.way == "live"]
    coded = next((cell for _, cell in pairs if cell.name in live), None)
    if not coded or not page.images:
        return None
    return Link(
        "Change a word of a code",
        _address(("explore", coded.name), ("image", page.images.rows[0])),
        "In the panel Map of codes, put another entry of the palette on a tile: how much of the image changes?",
    )


def _preset(title: str, look: str) -> Callable[[Page, list[Pair]], Link | None]:
    """A run of the lab."""
    settings = next(preset.word for preset in PRESETS if preset.title == title)

    def link(page: Page, pairs: list[Pair]) -> Link | None:
        return Link(f"Train one in the lab: {title}", _address(("lab", settings)), look) if page.lab else None

    return link


def _address(*entries: tuple[str, object]) -> str:
    return f"#{urlencode(entries)}"


LINKS: dict[str, tuple[Callable[[Page, list[Pair]], Link | None], ...]] = {
    "reconstruction": (_compare,),
    "holes": (_holes, _preset("An AE's drifting codes", "Press Train and watch the codes: what keeps them together?")),
    "blur": (
        _one_image,
        _preset("Blur", "Press Train and watch the reconstructions, below their images: do they ever get sharp?"),
    ),
    "beta": (
        _dial,
        _preset("Collapse", "Press Train and watch rate, codes and reconstructions: what is left of them?"),
    ),
    "samplers": (_draws,),
    "elbo": (_exact,),
    "overfitting": (
        _film,
        _curves,
        _preset(
            "Memorising", "Press Train and watch the distortion: when does the dashed curve, of held-out images, turn?"
        ),
    ),
    "codebook": (_compare, _codes),
}
PICTURES = {
    "reconstruction": {"": pictures.RECONSTRUCTION},
    "blur": {"": pictures.RECONSTRUCTION},
    "beta": {"": pictures.RECONSTRUCTION},
    "samplers": {", from its prior": pictures.SAMPLE, ", from the fitted mixture": pictures.FROM_MIXTURE},
    "codebook": {"": pictures.RECONSTRUCTION},
}
"""The kinds of picture that a station shows of its typical pair, each by what is said of it after the model's name."""
