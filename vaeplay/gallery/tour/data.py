"""The tour's stations, each with what this run says: everything that depends on it comes from the ledger of claims."""

from dataclasses import dataclass
from typing import Any

from vaeplay.gallery.answer.pictures import Strip
from vaeplay.gallery.claims.told import Told, told
from vaeplay.gallery.page import Cell, Page
from vaeplay.gallery.tour import links
from vaeplay.gallery.tour.links import Link
from vaeplay.gallery.tour.overfit import Overfit, most_overfit
from vaeplay.gallery.tour.stations import STATIONS, Station
from vaeplay.gallery.views import View
from vaeplay.gallery.words import plural
from vaeplay.verdicts.table import Judged

OPEN = "cannot tell"
ABSENT = "no such pair in this grid"


@dataclass(frozen=True)
class Choice:
    """A prediction: the verdict that it is right for, and its words."""

    verdict: str
    text: str


@dataclass(frozen=True)
class Stop:
    """A station of this page: its texts, its predictions, what this run has and says, and what there is to see.

    `planes` are the cells whose holes are drawn, `exact` is one whose exact posteriors are drawn, and `overfit` is what
    there is to see of overfitting.
    """

    station: Station
    choices: tuple[Choice, ...]
    judged: str
    told: tuple[Told, ...]
    after: str
    links: tuple[Link, ...]
    pictures: tuple[tuple[str, Strip], ...]
    planes: tuple[Cell, ...]
    exact: Cell | None
    overfit: Overfit | None


def data(view: View) -> dict[str, Any]:
    """The stations whose claims this run has pairs for, and the titles of the others."""
    ledger = claims(view.page)
    present = stations(ledger)
    absent = [item.title for item in STATIONS if item not in present]
    return {"stops": [stop(item, ledger, view) for item in present], "absent": absent}


def claims(page: Page) -> dict[str, Judged]:
    """What the run says of each claim that it has pairs for."""
    judged = page.verdicts.claims if page.verdicts else ()
    return {item.claim: item for item in judged if item.verdict != ABSENT}


def stations(ledger: dict[str, Judged]) -> list[Station]:
    """The stations whose claims the run has pairs for."""
    return [item for item in STATIONS if item.claim in ledger]


def stop(station: Station, ledger: dict[str, Judged], view: View) -> Stop:
    """A station whose claim the ledger has judged."""
    judged = ledger[station.claim]
    count = len(judged.evidence)
    noun = station.noun
    every = {1: "", 2: f", in both {noun}s"}.get(count, f", in all {f'{count} ' if count else ''}{noun}s")
    some, unsure = f", clearly not in at least one {noun}", f"some {noun} is too close, and none clearly says no."
    if count == 1:
        some, unsure = "", "the difference is too small to be sure."
    labels = {row.name: row.label for row in view.rows}
    of_claims = [judged, *(item for key, item in ledger.items() if key == station.also)]
    pairs = cells_of(judged, view)
    return Stop(
        station=station,
        choices=(
            Choice("holds", f"Yes{every}: {station.holds}"),
            Choice("fails", f"No{some}: {station.fails}"),
            Choice(OPEN, f"It cannot be told: {station.unsure or unsure}"),
        ),
        judged=f"This run has {plural(count, station.noun)}, each {station.each}." if count else "",
        told=tuple(told(item, labels) for item in of_claims),
        after=station.after[judged.verdict],
        links=links.of(station.key, view.page, pairs),
        pictures=links.strips(station.key, view.page, pairs),
        planes=links.planes(view.page, pairs) if station.key == "holes" else (),
        exact=links.plane(view.page, pairs) if station.key == "elbo" and view.page.images else None,
        overfit=most_overfit(view.page) if station.key == "overfitting" else None,
    )


def cells_of(judged: Judged, view: View) -> list[tuple[Cell, Cell]]:
    """The first cells of both configurations of each pair of a claim; pairs with a failed one are left out."""
    cells = {row.name: cell for row in view.rows for cell in row.cells[:1] if not cell.failed}
    known = [(piece.first, piece.second) for piece in judged.evidence]
    return [(cells[first], cells[second]) for first, second in known if {first, second} <= set(cells)]
