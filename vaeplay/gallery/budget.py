"""The page's size: its limit, what takes the space, and an error where it exceeds what params.yaml allows."""

import re

from vaeplay.errors import UserError
from vaeplay.gallery.answer import pictures
from vaeplay.gallery.cells import codebook
from vaeplay.gallery.page import Cell, Page
from vaeplay.gallery.results import PageLimit
from vaeplay.gallery.words import plural
from vaeplay.settings.room import CELL_BYTES, NUMBER_BYTES, PAGE_BYTES

METRIC_BYTES = 550  # of a metric, in its places
VALUE_BYTES = 6.5  # of a metric at one image
ENTRY_BYTES = 300  # of an entry of a codebook
LARGEST = 3  # parts that the error names

_SECTION = re.compile(r'^<section [^>]*\bid="([a-z-]+)"', re.MULTILINE)
_PICTURE = re.compile(r"data:image/[a-z]+;base64,[A-Za-z0-9+/=]+")
_LATENT = re.compile(r'^<script [^>]*id="latent-data">.*?</script>', re.MULTILINE | re.DOTALL)


def megabytes(settings: PageLimit, cells: int) -> float:
    """What a page of so many cells may have by the settings `report`: a part for the page and one for each cell."""
    return settings.megabytes + settings.megabytes_a_cell * cells


def room(page: Page) -> float:
    """Bytes that are left for the cells' pictures on a page that is otherwise complete, about."""
    maps = sum(len(item.points) for map in page.maps for item in map.projections)
    latent = maps + (len(page.images.sheet) if page.images else 0) + sum(len(item.payload) for item in page.explorer)
    shown: float = sum(len(film.places) + len(film.sheet) for film in page.films)
    shown += sum(len(dial.payload) for dial in page.dials)
    if page.reconstructions:
        shown += sum(map(len, (page.reconstructions.originals, *page.reconstructions.sheets.values())))
        values = (item for own in page.reconstructions.values.values() for item in own.values())
        shown += VALUE_BYTES * sum(map(len, values))
    shown += len(page.lab.payload) if page.lab else 0
    examples = len(page.data.examples.address) if page.data.examples else 0
    return page.megabytes * 1e6 - latent - shown - examples - PAGE_BYTES - pictures.ROOM - sum(map(_words, page.cells))


def _words(cell: Cell) -> int:
    """Bytes of all that the page says of a cell, about."""
    curves = cell.history.curves if cell.history else ()
    numbers = sum(len(curve.train) + len(curve.validation) for curve in curves)
    entries = min(len(cell.usage), codebook.MOST)
    pictured = len(cell.codes.address) if cell.codes else 0
    return CELL_BYTES + METRIC_BYTES * len(cell.metrics) + NUMBER_BYTES * numbers + ENTRY_BYTES * entries + pictured


def parts(html: str) -> dict[str, int]:
    """Bytes of the pictures, of each section without them, and of what stands before and after the sections.

    The sum over the parts is the size of the page. The explorer has its decoders and pictures, the maps have the test
    images.
    """
    starts = [(match.start(), match[1]) for match in _SECTION.finditer(html)]
    ends = [*(start for start, _ in starts[1:]), html.rindex("</main>")] if starts else []
    found = {"pictures": 0}
    for (start, name), end in zip(starts, ends, strict=True):
        text = html[start:end]
        pictures = 0 if name == "explorer" else sum(len(match[0]) for match in _PICTURE.finditer(text))
        found["pictures"] += pictures
        found[name] = len(text.encode()) - pictures
    latent = _LATENT.search(html, html.rindex("</main>"))
    found["map"] = found.get("map", 0) + (len(latent[0].encode()) if latent else 0)
    found["scripts and data"] = len(html.encode()) - sum(found.values())
    return found


def check(page: Page, html: str) -> None:
    """Refuse a page that is larger than its `megabytes`.

    Raises:
        UserError: it is; the message says what takes the room, and the explorer's share of it.
    """
    total = len(html.encode())
    if total <= page.megabytes * 1e6:
        return
    sizes = parts(html)
    largest = sorted(sizes, key=lambda name: -sizes[name])[:LARGEST]
    named = dict.fromkeys([*largest, "explorer"])
    shares = ", ".join(f"{name} {sizes.get(name, 0) / 1e6:.1f}" for name in named)
    raise UserError(
        f"reports/gallery.html: {total / 1e6:.1f} MB, of which {shares}; params.yaml allows "
        f"{plural(len(page.cells), 'cell')} {page.megabytes:.1f} MB by report.megabytes and report.megabytes_a_cell: "
        "raise them, lower explorer.megabytes, train for fewer epochs, or take cells out of the grid"
    )
