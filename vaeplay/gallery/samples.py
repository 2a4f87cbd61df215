"""The sample pictures: which files belong to which cell, and what each kind shows.

`samples/<cell>.png` holds the reconstructions and `samples/<cell>_<kind>.png` any other kind. A kind has no underscore,
and a file that is another cell's own is never taken for a kind of this one.
"""

import base64
import re
import struct
from collections.abc import Iterable
from pathlib import Path

from vaeplay.errors import UserError
from vaeplay.gallery.page import Kind, Picture, Sample

KINDS: tuple[Kind, ...] = (
    Kind(
        "reconstruction",
        "Reconstructions",
        "Upper row: test images, the same for every cell. Lower row: what the cell makes of them. Blur, and images "
        "that became others, show what did not fit through the code.",
    ),
    Kind(
        "prior",
        "Prior samples",
        "New images, decoded from random codes; cells with the same number of latent dimensions decode the same noise. "
        "A good generative model turns nearly every one into a readable image.",
    ),
    Kind(
        "interpolation",
        "Interpolations",
        "Straight walks in the latent space from one test image to another. A smooth latent space passes through "
        "plausible images on the way; holes in it show as smears.",
    ),
)
EXPECTED = tuple(kind.kind for kind in KINDS)
"""The kinds that every evaluated cell has; further ones are shown where they are found."""

_SUFFIX = re.compile(r"[a-z0-9-]+")
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def path(cell: str, kind: str) -> str:
    """The file of one kind of a cell, relative to the workspace."""
    return f"samples/{cell}.png" if kind == "reconstruction" else f"samples/{cell}_{kind}.png"


def of_cell(root: Path, cell: str, cells: Iterable[str]) -> tuple[Sample, ...]:
    """Every picture of `cell`, in the order of `order`; `cells` are the names of all cells on the page."""
    folder = root / "samples"
    stems = {file.stem for file in folder.iterdir() if file.suffix == ".png"} if folder.is_dir() else set()
    others = set(cells) - {cell}
    kinds = ["reconstruction"] if cell in stems else []
    for stem in stems:
        kind = stem[len(cell) + 1 :]
        if stem.startswith(f"{cell}_") and _SUFFIX.fullmatch(kind) and stem not in others and not _is_cell(root, stem):
            kinds.append(kind)
    found = ((kind, picture(root, path(cell, kind))) for kind in order(kinds))
    return tuple(Sample(kind, image) for kind, image in found if image)


def _is_cell(root: Path, name: str) -> bool:
    """Whether a cell of this name has been run here, perhaps one that has left the grid since."""
    return any((root / folder / f"{name}.json").exists() for folder in ("settings", "metrics", "logs/cells"))


def order(kinds: Iterable[str]) -> list[str]:
    """The known kinds in the page's order, then the others by name."""
    return sorted(kinds, key=lambda kind: (EXPECTED.index(kind) if kind in EXPECTED else len(EXPECTED), kind))


def describe(kinds: Iterable[str]) -> tuple[Kind, ...]:
    """The words for each of `kinds`, in order; a kind that this page does not know is called by its suffix."""
    known = {kind.kind: kind for kind in KINDS}
    return tuple(known.get(kind) or Kind(kind, kind.replace("-", " ").capitalize(), "") for kind in order(kinds))


def picture(root: Path, name: str) -> Picture | None:
    """The PNG file `name` of the workspace as a `data:` address; None where there is none.

    Raises:
        UserError: the file is not a PNG image.
    """
    try:
        content = (root / name).read_bytes()
    except FileNotFoundError:
        return None
    if not content.startswith(_SIGNATURE) or content[12:16] != b"IHDR" or len(content) < 24:
        raise UserError(f"{name}: not a PNG image; delete it and run `uv run dvc repro`")
    width, height = struct.unpack(">II", content[16:24])
    return Picture("data:image/png;base64," + base64.b64encode(content).decode(), width, height)
