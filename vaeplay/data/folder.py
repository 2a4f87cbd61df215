"""Any folder of images: every image below it, the first folder on the way to each being its class.

Hidden files and folders, files called README, and what file managers and NAS keep for themselves are passed over. Every
other file has to be an image; `data.on_error` says whether one that is not stops the run, or is left out and counted.
"""

from dataclasses import dataclass
from functools import partial
from itertools import compress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vaeplay.data import tree
from vaeplay.data.decoding import BadImageError, Decoded, Header, decode, header
from vaeplay.data.fitting import in_parallel
from vaeplay.data.images import Images, Request, scratch, subset
from vaeplay.data.tree import Entry, shown
from vaeplay.errors import UserError

SETS = {"folder": None}
FILES = {"folder": ()}

DIM = 0.5  # of white
LINES = 20  # of bad files in an error: enough to see what is wrong


class Bad:
    """The files that give no image, a line each; they end the run at once, or in the end, as `on_error` says."""

    def __init__(self, on_error: str) -> None:
        self.on_error = on_error
        self.lines: list[str] = []

    def add(self, path: Path, what: str) -> None:
        """Note a file. A run that it stops goes on until there are `LINES`, so that they can be mended together."""
        self.lines.append(f"{shown(path)}: {what}")
        if len(self.lines) == LINES:
            self.stop("and perhaps more; ")

    def stop(self, more: str = "") -> None:
        """End the run if a bad file is to.

        Raises:
            UserError: there are bad files and `on_error` is `fail`.
        """
        if self.lines and self.on_error == "fail":
            raise UserError(
                "\n".join([*self.lines, f"{more}data.on_error: skip leaves such files out and counts them"])
            )


@dataclass(frozen=True)
class Pictures:
    """Files and the pixels in them, (N, channels, height, width); `skipped` and `notes` are as in `Images`."""

    entries: list[Entry]
    images: NDArray[np.uint8]
    skipped: tuple[str, ...]
    notes: tuple[str, ...]


def read(request: Request) -> Images:
    """The images below `request.path`, in the order of their names.

    Raises:
        UserError: a line for each file that gives no image, with `on_error: fail`; too few images; images of several
            sizes where `size` is not set; as `tree.check`.
    """
    folder, bad = Path(request.path), Bad(request.on_error)
    passed: list[str] = []
    found = list(tree.entries(folder, bad.add, lambda path, what: passed.append(shown(path))))
    if not found:
        bad.stop()  # the folder itself cannot be read, say
    tree.check(folder, found)
    made = decoded(found, request, folder, bad)
    names = sorted({entry.label for entry in made.entries})
    place = {name: index for index, name in enumerate(names)}
    return Images(
        images=made.images,
        labels=np.array([place[entry.label] for entry in made.entries], np.int64),
        classes=tuple(names),
        title=f"{shown(folder.resolve().name)}, a folder of {len(made.entries):,} images",
        source=f"The folder {shown(request.path)} of whoever ran this",
        licence="Not known here: whoever ran this knows where the images are from",
        skipped=made.skipped,
        notes=(*_passed_over(passed), *made.notes),
    )


def decoded(found: list[Entry], request: Request, folder: Path, bad: Bad) -> Pictures:
    """`limit` of the files as images of one size, those left out that give none; `folder` is for messages.

    Raises:
        UserError: as `read`.
    """
    entries = _chosen(found, request)
    channels, height, width = request.channels, request.size, request.size
    if channels is None or height is None or width is None:
        entries, headers = _headers(entries, bad)
        _enough(folder, entries)
        channels = channels or max(entry.channels for entry in headers)
        height, width = _one_size(entries, headers) if height is None or width is None else (height, width)
    images, good, dim = _decoded(entries, (len(entries), channels, height, width), request, bad)
    bad.stop()
    kept = list(compress(entries, good))
    _enough(folder, kept)
    return Pictures(kept, images[: len(kept)], tuple(bad.lines), tuple(_too_dark(dim)))


def _chosen(entries: list[Entry], request: Request) -> list[Entry]:
    """`limit` of the files, the same share of each class, before any is decoded."""
    _, strata = np.unique([entry.label for entry in entries], return_inverse=True)
    return [entries[row] for row in subset(strata, request.limit, request.seed)]


def _headers(entries: list[Entry], bad: Bad) -> tuple[list[Entry], list[Header]]:
    """The files whose headers are sound, and these."""
    kept, headers = [], []
    for entry, found in zip(entries, in_parallel(_header, entries, "looking"), strict=True):
        if isinstance(found, Header):
            kept.append(entry)
            headers.append(found)
        else:
            bad.add(entry.path, found)
    bad.stop()
    return kept, headers


def _header(entry: Entry) -> Header | str:
    try:
        return header(entry.path)
    except BadImageError as error:
        return str(error)


def _one_size(entries: list[Entry], headers: list[Header]) -> tuple[int, int]:
    """(height, width), if it is the same for all."""
    sizes = [(entry.height, entry.width) for entry in headers]
    other = next((row for row, size in enumerate(sizes) if size != sizes[0]), None)
    if other is not None:
        pairs = " and ".join(f"{shown(entries[row].path)} ({sizes[row][1]}×{sizes[row][0]})" for row in (0, other))
        raise UserError(f"data.size: found null, but the images differ in size: {pairs}; set it to a number of pixels")
    return sizes[0]


def _decoded(
    entries: list[Entry], shape: tuple[int, ...], request: Request, bad: Bad
) -> tuple[NDArray[np.uint8], list[bool], list[float]]:
    """The images of the files, those of good ones first; which are good; the brightest pixel of each deep one."""
    images, good, brightest, row = scratch(shape), [], [], 0
    work = partial(_pixels, size=request.size, channels=shape[1], white=request.white)
    for entry, found in zip(entries, in_parallel(work, entries, "decoding"), strict=True):
        good.append(not isinstance(found, str))
        if isinstance(found, str):
            bad.add(entry.path, found)
        else:
            images[row] = found.pixels
            row += 1
            brightest += [found.brightest] if found.brightest is not None else []
    return images, good, brightest


def _pixels(entry: Entry, size: int | None, channels: int, white: float | None) -> Decoded | str:
    try:
        return decode(entry.path, size, channels, white)
    except BadImageError as error:
        return str(error)


def _passed_over(names: list[str]) -> list[str]:
    """A note on the folders that were passed over."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return [f"Passed over, as folders that a system keeps for itself: {', '.join(names[:5])}{more}"] if names else []


def _too_dark(brightest: list[float]) -> list[str]:
    """A note if no file of more than eight bits a pixel comes near white: of twelve bits in sixteen, say."""
    if not brightest or max(brightest) >= DIM:
        return []
    return [
        f"{len(brightest):,} files have more than eight bits a pixel, and the brightest of these pixels has "
        f"{max(brightest):.1%} of the brightness of white: the images are nearly black. Set data.white to the number "
        "that stands for white (4095 for twelve bits); colour files of sixteen bits want converting to eight"
    ]


def _enough(folder: Path, entries: list[Entry]) -> None:
    """Refuse fewer images than there are splits."""
    if not entries:
        raise UserError(f"data.path: no image in {shown(folder)}; put some there, or name the folder that holds yours")
    if len(entries) < 3:
        alone = " and ".join(shown(entry.path) for entry in entries)
        raise UserError(f"data.path: only {alone}; at least 3 images are needed, one to train on and one for each test")
