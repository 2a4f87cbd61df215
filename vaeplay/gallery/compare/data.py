"""The comparison that the page opens on, and what the script needs to make any other."""

from typing import Any

from vaeplay.gallery.compare import pairs
from vaeplay.gallery.views import View


def data(view: View) -> dict[str, Any]:
    """The first comparison, written out, and every pair as compact JSON."""
    opening = pairs.default(view.page)
    return {
        "opening": opening and pairs.comparison(view.page, *opening),
        "comparisons": pairs.packed(view.page, opening),
    }
