"""The test images that can be chosen, and what every cell makes of them."""

from typing import Any

from vaeplay.gallery.views import View

VALUES = {"distortion": ("distortion", 1), "rate": ("rate", 1), "mse": ("MSE", 4)}
"""The values at single images, by their key in the registry, with the words of their captions and their decimals."""


def data(view: View) -> dict[str, Any]:
    """The reconstructions, and for the script as JSON, where there are any."""
    found = view.page.reconstructions
    if found is None:
        return {"rebuilt": None, "rebuilt_data": None}
    packed = {
        "rows": found.rows,
        "labels": found.labels,
        "classes": view.page.data.classes,
        "columns": found.columns,
        "size": found.size,
        "originals": found.originals,
        "sheets": found.sheets,
        "values": found.values,
        "names": {key: name for key, (name, _) in VALUES.items()},
        "digits": {key: digits for key, (_, digits) in VALUES.items()},
    }
    return {"rebuilt": found, "rebuilt_data": packed}
