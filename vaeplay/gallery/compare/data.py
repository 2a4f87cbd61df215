"""Cells side by side: all that is compared is on the page already."""

from typing import Any

from vaeplay.gallery.views import View


def data(view: View) -> dict[str, Any]:
    """Nothing of its own."""
    return {}
