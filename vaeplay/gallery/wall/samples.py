"""The sample pictures: which files belong to which cell, and what each kind shows.

`samples/<cell>.png` holds the reconstructions and `evaluation/<cell>/<kind>.png` any other kind.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from vaeplay.errors import UserError
from vaeplay.gallery.page import Kind

KINDS: tuple[Kind, ...] = (
    Kind(
        "reconstruction",
        "Reconstructions",
        "Upper row: test images, the same for every cell. Lower row: their reconstructions. Blurred images, and images "
        "that turned into different ones, show what the code could not hold.",
    ),
    Kind(
        "prior",
        "Prior samples",
        "New images, decoded from random codes. Cells with the same number of latent dimensions decode the same noise. "
        "With a good generative model, nearly every one is a recognisable image.",
    ),
    Kind(
        "interpolation",
        "Interpolations",
        "Each row follows a straight line in the latent space from one test image to another. In a smooth latent "
        "space, all images on the way are plausible; holes show as smeared images.",
    ),
    Kind(
        "traversal",
        "Traversals",
        "Each row changes one latent dimension from −3 to +3 standard deviations, while the others stay at their mean. "
        "The dimension with the most information comes first; one that changes nothing is not used. For a VQ-VAE, the "
        "rows follow the principal components of its map of codes.",
    ),
    Kind(
        "best",
        "Best",
        "The test images that this cell reconstructs with the smallest squared error, each above its reconstruction.",
    ),
    Kind(
        "worst",
        "Worst",
        "The test images that this cell reconstructs with the largest squared error, each above its reconstruction, "
        "the worst last. A cell that reconstructs nearly everything, as a VQ-VAE often does, shows no failures here; "
        "look for them among its prior samples.",
    ),
)
EXPECTED = tuple(kind.kind for kind in KINDS)
"""The kinds that every evaluated cell has; further ones are shown where they are found."""

_KIND = re.compile(r"[a-z0-9-]+")
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def path(cell: str, kind: str) -> str:
    """The file of one kind of a cell, relative to the workspace."""
    return f"samples/{cell}.png" if kind == "reconstruction" else f"evaluation/{cell}/{kind}.png"


def of_cells(root: Path, cells: Sequence[str]) -> dict[str, dict[str, bytes]]:
    """Every picture of each of `cells`, the cells of the page, as PNG: {cell: {kind: content}}, kinds as in `order`.

    Raises:
        UserError: a file is not a PNG image.
    """
    found = {}
    for cell in cells:
        others = (file.stem for file in (root / "evaluation" / cell).glob("*.png"))
        kinds = order(["reconstruction", *(kind for kind in others if _KIND.fullmatch(kind))])
        found[cell] = {kind: content for kind in kinds if (content := png(root, path(cell, kind)))}
    return found


def order(kinds: Iterable[str]) -> list[str]:
    """The known kinds in the page's order, then the others by name."""
    return sorted(kinds, key=lambda kind: (EXPECTED.index(kind) if kind in EXPECTED else len(EXPECTED), kind))


def describe(kinds: Iterable[str]) -> tuple[Kind, ...]:
    """The words for each of `kinds`, in order; a kind that this page does not know is called by its suffix."""
    known = {kind.kind: kind for kind in KINDS}
    return tuple(known.get(kind) or Kind(kind, kind.replace("-", " ").capitalize(), "") for kind in order(kinds))


def png(root: Path, name: str) -> bytes | None:
    """The PNG file `name` of the workspace; None where there is none.

    Raises:
        UserError: the file is not a PNG image.
    """
    try:
        content = (root / name).read_bytes()
    except FileNotFoundError:
        return None
    if not content.startswith(_SIGNATURE) or content[12:16] != b"IHDR":
        raise UserError(f"{name}: not a PNG image; delete it and run `uv run dvc repro`")
    return content
