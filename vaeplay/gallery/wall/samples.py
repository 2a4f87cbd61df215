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
        "Upper row: test images, the same for every cell. Lower row: their reconstructions. Why they are blurred: "
        "images that share a code, or nearly do, come back as their average, and an average has no sharp edges.",
    ),
    Kind(
        "stages",
        "Stages",
        "Upper row: test images. Below it: their reconstructions from the first codebook alone, then from the first "
        "two, and so on. Each codebook encodes what those before it have left, so that the first one says what an "
        "image is, and the later ones add detail.",
    ),
    Kind(
        "prior",
        "Prior samples",
        "New images, decoded from random codes. Cells with the same number of latent dimensions decode the same "
        "noise. Why some are no image: nothing was trained to decode a code between those of the images, and a prior "
        "that does not follow the codes draws there. A VQ-VAE’s codes are entries of a codebook that depend on each "
        "other, so that it needs a prior of its own, trained after it.",
    ),
    Kind(
        "fitted",
        "Fitted samples",
        "New images whose codes are drawn from densities fitted to the codes of the training images: a Gaussian, a "
        "mixture of ten Gaussians, and a RealNVP. Every model gets the same densities, so that models can be compared "
        "by their samples. Where the first row is worse than the others, the codes do not form one Gaussian cloud. "
        "Where all rows are poor, a better density does not help: it is the decoder that cannot draw.",
    ),
    Kind(
        "layers",
        "Layers",
        "New images of a model with two layers of latent variables. The images of a row share one draw of the top "
        "layer, and those of a column share the noise of the bottom layer. So along a row only the bottom layer "
        "changes, and down a column only the top layer. If the images of a row are of one kind, the top layer says "
        "what to draw and the bottom layer how; if the images of a column are all alike, the top layer is not used.",
    ),
    Kind(
        "nearest",
        "Nearest training images",
        "Upper row: of all samples that the metrics are taken of, those nearest to a training image in the "
        "classifier’s features, the closest first. Lower row: these training images. Why it matters: a model that "
        "repeats what it was trained on scores as well as one that has learned what images look like.",
    ),
    Kind(
        "unsure",
        "Unclear samples",
        "Of all samples that the metrics are taken of, those whose class the classifier is least sure of, the least "
        "sure first. Every cell has some, also the one with the best samples. Why they are unclear: their code lies "
        "between those of two classes, or where there are none. A VQ-VAE reconstructs nearly everything, so these show "
        "its failures: its prior has put entries together that do not fit.",
    ),
    Kind(
        "interpolation",
        "Interpolations",
        "Each row follows a straight line in the latent space from one test image to another. In a smooth latent "
        "space, all images on the way are plausible. Why some are smeared: the line crosses a hole, where no code of "
        "an image has taught the decoder what to draw.",
    ),
    Kind(
        "traversal",
        "Traversals",
        "Each row changes one latent dimension from −3 to +3 standard deviations, while the others stay at their "
        "mean. The dimension with the most information comes first. Why some rows change nothing: a dimension that "
        "lowers the distortion by less than its rate costs is given up, and the decoder ignores it. For a VQ-VAE, the "
        "rows follow the principal components of its map of codes.",
    ),
    Kind(
        "best",
        "Best",
        "The test images that this cell reconstructs with the smallest squared error, each above its reconstruction. "
        "Why these: images with few pixels of ink, and those like many others, cost the least.",
    ),
    Kind(
        "worst",
        "Worst",
        "The test images that this cell reconstructs with the largest squared error, each above its reconstruction, "
        "the worst last. Why these: the code is too small for what is rare. A cell that reconstructs nearly "
        "everything, as a VQ-VAE often does, shows no failures here.",
    ),
)
ORDER = tuple(kind.kind for kind in KINDS)
EXPECTED = tuple(kind for kind in ORDER if kind not in ("fitted", "nearest", "unsure", "stages", "layers"))
"""The kinds that every evaluated cell has; the others, and those that are not known here, are shown where found."""

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
    return sorted(kinds, key=lambda kind: (ORDER.index(kind) if kind in ORDER else len(ORDER), kind))


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
