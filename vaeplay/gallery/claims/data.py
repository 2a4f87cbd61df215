"""Every claim with its verdict, in the ledger's order."""

from dataclasses import dataclass
from typing import Any

from vaeplay.gallery.views import View
from vaeplay.verdicts import words
from vaeplay.verdicts.claims import BY_KEY
from vaeplay.verdicts.table import Judged


@dataclass(frozen=True)
class Row:
    """A claim: its sentence, the verdict, the evidence in words, and the source."""

    sentence: str
    verdict: str
    evidence: str
    source: str


def data(view: View) -> dict[str, Any]:
    """The claims, and how many of them hold, fail, and so on."""
    judged = view.page.verdicts.claims if view.page.verdicts else ()
    verdicts = [item.verdict for item in judged]
    return {
        "rows": [row(item) for item in judged],
        "counts": [(verdict, verdicts.count(verdict)) for verdict in dict.fromkeys(sorted(verdicts))],
    }


def row(judged: Judged) -> Row:
    """One claim."""
    claim = BY_KEY[judged.claim]
    evidence = words.claim(judged).removeprefix(f"{claim.sentence} {judged.verdict.capitalize()}").lstrip(".: ")
    return Row(claim.sentence, judged.verdict, evidence[:1].upper() + evidence[1:], claim.source)
