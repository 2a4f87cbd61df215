"""Every claim with its verdict, in the ledger's order."""

from typing import Any

from vaeplay.gallery.claims.told import told
from vaeplay.gallery.views import View
from vaeplay.verdicts import ledger


def data(view: View) -> dict[str, Any]:
    """The claims, how many of them hold, fail, and so on, and what they were judged of."""
    judged = view.page.verdicts.claims if view.page.verdicts else ()
    labels = {row.name: row.label for row in view.rows}
    claims = [told(item, labels) for item in judged]
    return {
        "claims": claims,
        "summary": ledger.summary([item.verdict for item in judged]),
        "bases": list(dict.fromkeys(item.basis for item in claims if item.basis)),
    }
