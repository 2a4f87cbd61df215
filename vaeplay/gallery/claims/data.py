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
    labels = {row.name: row.label for row in view.rows}
    return {
        "rows": [row(item, labels) for item in judged],
        "counts": [(verdict, verdicts.count(verdict)) for verdict in dict.fromkeys(sorted(verdicts))],
    }


def row(judged: Judged, labels: dict[str, str]) -> Row:
    """One claim; `labels` are those of the configurations, by name."""
    claim, obstacle = BY_KEY[judged.claim], judged.obstacle or ""
    evidence = f"{obstacle[:1].upper()}{obstacle[1:]}." if obstacle else ""
    if judged.evidence:
        evidence = words.evidence(judged, lambda name: labels.get(name, name))
    return Row(claim.sentence, judged.verdict, evidence, claim.source)
