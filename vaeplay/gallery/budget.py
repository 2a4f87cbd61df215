"""The page's size: what takes the room, and an error where there is more than params.yaml allows."""

import re

from vaeplay.errors import UserError
from vaeplay.gallery.page import Page

FREE = ("explorer", "map")
"""Sections with limits of their own."""
_SECTION = re.compile(r'^<section [^>]*\bid="([a-z-]+)"', re.MULTILINE)
_PICTURE = re.compile(r"data:image/[a-z]+;base64,[A-Za-z0-9+/=]+")


def parts(html: str) -> dict[str, int]:
    """Bytes of the pictures, of each section without them, and of what stands before and after the sections.

    The sum over the parts is the size of the page.
    """
    starts = [(match.start(), match[1]) for match in _SECTION.finditer(html)]
    ends = [*(start for start, _ in starts[1:]), html.rindex("</main>")] if starts else []
    found = {"pictures": 0}
    for (start, name), end in zip(starts, ends, strict=True):
        text = html[start:end]
        pictures = 0 if name in FREE else sum(len(match[0]) for match in _PICTURE.finditer(text))
        found["pictures"] += pictures
        found[name] = len(text.encode()) - pictures
    found["scripts and data"] = len(html.encode()) - sum(found.values())
    return found


def check(page: Page, html: str) -> None:
    """Refuse a page that is larger than `report.megabytes`.

    Raises:
        UserError: it is; the message says what takes the room.
    """
    sizes = {name: size for name, size in parts(html).items() if name not in FREE}
    total = sum(sizes.values())
    if total <= page.megabytes * 1e6:
        return
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:3]
    shares = ", ".join(f"{name} {size / 1e6:.1f}" for name, size in largest)
    raise UserError(
        f"reports/gallery.html: {total / 1e6:.1f} MB, of which {shares}; params.yaml allows {page.megabytes:g} MB in "
        "report.megabytes: raise it, lower evaluate.columns, train for fewer epochs, or take cells out of the grid"
    )
