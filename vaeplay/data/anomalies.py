"""Images unlike those that a model is trained on: classes left out of its data, and images of another data set.

Evaluation asks whether a model tells them from test images. They have a file of their own, which it alone reads, so
that no cell is trained anew for another data set; where nothing is asked for, the file holds nothing. `packing` has its
format, with a split for each kind of anomaly.
"""

from dataclasses import replace

import numpy as np

from vaeplay.data.images import Images, limited, taken
from vaeplay.errors import UserError


def leave_out(data: Images, names: list[str]) -> tuple[Images, Images]:
    """The data set without these classes, and the images of these classes.

    Raises:
        UserError: the data set has no such class, or no other one.
    """
    unknown = [name for name in names if name not in data.classes]
    if unknown:
        known = ", ".join(data.classes[:50])
        raise UserError(f"data.leave_out: found {unknown[0][:60]!r}; allowed: classes of the data set: {known}")
    kept = [place for place, name in enumerate(data.classes) if name not in names]
    if not kept:
        raise UserError("data.leave_out: leaves no class to train on; leave out fewer")
    if not names:
        return data, taken(data, np.arange(0))
    inside = np.isin(data.labels, kept)
    rest = taken(data, np.flatnonzero(inside))
    rest = replace(
        rest,
        labels=np.searchsorted(kept, rest.labels),
        classes=tuple(data.classes[place] for place in kept),
        title=f"{data.title}, without {', '.join(names)}",
    )
    return rest, taken(data, np.flatnonzero(~inside))


def together(parts: dict[str, Images], shape: tuple[int, ...], most: int, seed: int) -> Images:
    """The anomalies of each kind as the classes of one data set: at most `most` of each, a stratified choice.

    `shape` is that of the images, (channels, height, width). None of a kind leave no trace.
    """
    chosen = {kind: limited(part, most, seed).images for kind, part in parts.items() if len(part.labels)}
    return Images(
        images=np.concatenate([np.zeros((0, *shape), np.uint8), *chosen.values()]),
        labels=np.repeat(np.arange(len(chosen)), [len(images) for images in chosen.values()]).astype(np.int64),
        classes=tuple(chosen),
        title="Anomalies",
        source="",
        licence="",
    )


def side(shape: tuple[int, ...]) -> int:
    """The side of images of this shape, (channels, height, width).

    Raises:
        UserError: they are no squares, to which those of another data set are brought.
    """
    _, height, width = shape
    if height != width:
        raise UserError(f"data.other: needs square images, and these are {height}×{width}; set data.size")
    return height
