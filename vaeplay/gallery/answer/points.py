"""The points of an answer: each clause with what the ledger says of every such pair, and links to where it is seen."""

from dataclasses import dataclass
from urllib.parse import urlencode

from vaeplay.gallery.answer.collapse import dimensions, off
from vaeplay.gallery.answer.pairs import Chosen, core
from vaeplay.gallery.answer.sentences import Clause, clauses
from vaeplay.gallery.claims.told import Told, told
from vaeplay.gallery.views import View
from vaeplay.verdicts.claims import BY_KEY
from vaeplay.verdicts.ledger import So, so

HERE: dict[So, str] = {"yes": "it holds", "no": "it does not hold", "too close": "the difference may be smaller"}
"""What a claim does in the pair of an answer."""


@dataclass(frozen=True)
class Point:
    """A clause, the claim on the same metric that its pair is evidence for or against, and links as (text, address).

    `here` says what the claim does in this pair.
    """

    clause: Clause
    claim: Told | None
    here: str
    links: tuple[tuple[str, str], ...]


def points(item: Chosen, view: View) -> tuple[Point, ...]:
    """Everything that is known of a pair; of a higher β also how many latent dimensions it leaves active."""
    page, labels = view.page, {row.name: row.label for row in view.rows}
    ends = (item.pair.first, item.pair.second)
    ledger = page.verdicts.claims if page.verdicts else ()
    claims: dict[str, tuple[Told, str]] = {
        BY_KEY[judged.claim].metric: (told(judged, labels), HERE[so(judged, piece)])
        for judged in ledger
        for piece in judged.evidence
        if (piece.first, piece.second) == ends
    }
    found = []
    for clause in clauses(item):
        claim, here = claims.get(clause.metric, (None, ""))
        found.append(Point(clause, claim, here, ()))
    if item.change.key == "beta":
        others = [cell for cell in page.cells if core(cell) == core(item.second)]
        if counted := dimensions(item.first, item.second, others):
            seen = next((cell for cell in (item.second, *others) if off(cell)), item.second)
            where = (
                (f"Rates of {seen.label} by dimension", "#" + urlencode([("cell", seen.name), ("part", "rates")])),
                ("its traversals", "#" + urlencode([("zoom", f"traversal:{seen.name}")])),
            )
            found.append(Point(counted, None, "", where))
    return tuple(found)
