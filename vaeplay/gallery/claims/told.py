"""A claim of the ledger as the page tells it: its verdict, in how many pairs it holds, and every pair."""

from dataclasses import dataclass

from vaeplay.evaluation.registry import BY_KEY as METRICS
from vaeplay.gallery.words import number
from vaeplay.verdicts import ledger
from vaeplay.verdicts.claims import BY_KEY, Claim
from vaeplay.verdicts.table import Judged, Piece


@dataclass(frozen=True)
class Row:
    """One pair of a claim: its labels, both values, the difference, and whether it is as claimed."""

    first: str
    second: str
    values: tuple[str, str]
    difference: str
    so: str


@dataclass(frozen=True)
class Told:
    """A claim and what this run says of it, in words.

    `tally` says in how many pairs it holds; it is empty, as are `least`, `basis` and `rows`, where there is no
    evidence, and `obstacle` then says why. `least` is the pair that speaks least for it, and `noun` what its pairs are
    called.
    """

    key: str
    sentence: str
    source: str
    verdict: str
    prediction: str
    tally: str
    obstacle: str
    least: Row | None
    noun: str
    basis: str
    rows: tuple[Row, ...]


def told(judged: Judged, labels: dict[str, str]) -> Told:
    """A claim; `labels` are those of the configurations, by name."""
    about, pieces = BY_KEY[judged.claim], judged.evidence
    rows = tuple(_row(about, piece, ledger.so(judged, piece), labels) for piece in pieces)
    return Told(
        key=about.key,
        sentence=about.sentence,
        source=about.source,
        verdict=judged.verdict,
        prediction=ledger.prediction(about),
        tally=ledger.tally(judged) if pieces else "",
        obstacle=judged.obstacle or "",
        least=rows[pieces.index(ledger.least_favourable(judged))] if pieces else None,
        noun=ledger.noun(judged),
        basis=ledger.basis(judged) if pieces else "",
        rows=rows,
    )


def _row(about: Claim, piece: Piece, so: str, labels: dict[str, str]) -> Row:
    first, second = (labels.get(name, name) for name in (piece.first, piece.second))
    digits = METRICS[about.metric].digits if about.metric in METRICS else 0
    values = (number(piece.values[0], digits), number(piece.values[1], digits))
    return Row(first, second, values, ledger.measured(about, piece), so)
