"""Labelled images before they are packed: what a data set is, what is asked of it, which part of it is used."""

import hashlib
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vaeplay.data import framing
from vaeplay.errors import UserError

SPLITS = ("train", "validation", "test")
BLOCK = 4096  # images that are worked on at a time, so that no data set has to fit into memory


@dataclass(frozen=True)
class Request:
    """What params.yaml asks of a data set: the `data` section as far as a family can need it.

    A family that makes or decodes its images brings them to `size` and `channels` and stops at `limit` itself, since
    that saves work; for any other, the prepare stage does it. Null stands for the data set's own.
    """

    name: str
    seed: int = 0
    path: str = ""
    size: int | None = None
    channels: int | None = None
    limit: int | None = None
    on_error: str = "fail"
    white: float | None = None


@dataclass(frozen=True)
class Images:
    """A data set before its split: N images.

    `images` is (N, channels, height, width) in 0…255, in memory or mapped from a file; `labels` is (N,), an index into
    `classes`. `title`, `source` and `licence` are sentences for the page. `factors`, where known, is (N, F): for each
    image the place of each factor in its range, `factor_names` names them and `factor_sizes` says how many places each
    has. `test` marks the images of the data set's own test split, (N,), where it has one. `skipped` holds a line for
    each file that was left out, and `notes` sentences on what else a reader should know of how the images were read.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    title: str
    source: str
    licence: str
    factors: NDArray[np.int64] | None = None
    factor_names: tuple[str, ...] = ()
    factor_sizes: tuple[int, ...] = ()
    test: NDArray[np.bool_] | None = None
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def scratch(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Room for images, mapped from a nameless file in the working folder that vanishes with the process.

    The system writes it to disk when memory is short, so that a million images do not fill it; a folder such as /tmp
    may itself live in memory.
    """
    if not shape[0]:
        return np.zeros(shape, np.uint8)
    with tempfile.TemporaryFile(dir=Path.cwd()) as file:
        return np.memmap(file, np.uint8, "w+", shape=shape)


def _places(strata: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.float64]:
    """A place in 0…1 for each image, so that the images of every stratum are spread evenly, in an order drawn."""
    place = np.empty(len(strata))
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        place[generator.permutation(rows)] = (np.arange(len(rows)) + generator.uniform()) / len(rows)
    return place


def subset(strata: NDArray[np.int64], limit: int | None, seed: int) -> NDArray[np.intp]:
    """Rows of `limit` images (or all), in increasing order; every stratum gives the same share, as far as that goes."""
    if limit is None or limit >= len(strata):
        return np.arange(len(strata))
    order = np.argsort(_places(strata, np.random.default_rng(seed)), kind="stable")
    return np.sort(order[:limit])


def limited(data: Images, limit: int | None, seed: int) -> Images:
    """The same data set with `limit` images at most, a stratified choice: of each class, and of its own test split."""
    if limit is None or limit >= len(data.labels):
        return data
    strata = data.labels * 2 + (0 if data.test is None else data.test)
    chosen = taken(data, subset(strata, limit, seed))
    return replace(chosen, title=f"{data.title}; {limit:,} of them used")


def taken(data: Images, rows: NDArray[np.intp]) -> Images:
    """The same data set with the images in `rows` alone."""
    return replace(
        data,
        images=data.images[rows],
        labels=data.labels[rows],
        factors=None if data.factors is None else data.factors[rows],
        test=None if data.test is None else data.test[rows],
    )


def split(
    labels: NDArray[np.int64], validation: float, test: float, seed: int, own_test: NDArray[np.bool_] | None = None
) -> dict[str, NDArray[np.intp]]:
    """Rows of each split, stratified: every class is divided in the same shares, as far as whole images go.

    The images of each class, in an order drawn from `seed`, are spread evenly over 0…1; those whose place falls in the
    first `test` of it are the test split, the next `validation` the validation split. Where the data set brings its
    `own_test` split, (N,), that is the test split, and the rest is divided as if `test` were 0. Rows come back in
    increasing order.

    Raises:
        UserError: a split would be empty.
    """
    rest = np.arange(len(labels)) if own_test is None else np.flatnonzero(~own_test)
    share = test if own_test is None else 0.0
    place = _places(labels[rest], np.random.default_rng(seed))
    bounds = {"test": (0.0, share), "validation": (share, share + validation), "train": (share + validation, np.inf)}
    rows_of = {name: rest[(place >= bounds[name][0]) & (place < bounds[name][1])] for name in SPLITS}
    if own_test is not None:
        rows_of["test"] = np.flatnonzero(own_test)
    for name, rows in rows_of.items():
        if not len(rows):
            key = name if name != "train" else "validation"
            raise UserError(
                f"data.{key}: no image falls in the {name} split of {len(labels)}; change the shares or add images"
            )
    return rows_of


def binarised(data: Images, seed: int) -> Images:
    """The same images with every pixel drawn black or white once, its value in 0…1 being the probability of white.

    Static binarisation, Salakhutdinov & Murray 2008.
    """
    generator = np.random.default_rng(seed)
    drawn = scratch(data.images.shape)
    for start in range(0, len(drawn), BLOCK):
        grey = data.images[start : start + BLOCK]
        white = generator.random(grey.shape, np.float32) < grey / np.float32(255)
        drawn[start : start + BLOCK] = white.astype(np.uint8) * 255
    return replace(data, images=drawn, title=f"{data.title}, statically binarised")


def digest(data: Images) -> str:
    """SHA-256 of the content: the pixels of all images, then their labels."""
    content = hashlib.sha256()
    for start in range(0, len(data.images), BLOCK):
        content.update(data.images[start : start + BLOCK].tobytes())
    content.update(data.labels.tobytes())
    return content.hexdigest()


def card(name: str, data: Images, rows: dict[str, NDArray[np.intp]]) -> dict[str, Any]:
    """What the page says of the data set: where it is from, how large it is, how its classes are balanced."""
    classes, frame = len(data.classes), framing(name)
    return {
        "name": name,
        "title": data.title,
        "source": data.source,
        "licence": data.licence,
        "shape": list(data.images.shape[1:]),
        "classes": list(data.classes),
        "factors": list(data.factor_names),
        "factor_sizes": list(data.factor_sizes),
        "frame": frame and asdict(frame),
        "own_test": data.test is not None,
        "counts": {split: len(chosen) for split, chosen in rows.items()},
        "class_counts": {
            split: np.bincount(data.labels[chosen], minlength=classes).tolist() for split, chosen in rows.items()
        },
        "skipped": len(data.skipped),
        "skipped_files": list(data.skipped[:20]),
        "notes": list(data.notes),
        "sha256": digest(data),
    }


def examples(data: Images, rows: dict[str, NDArray[np.intp]], count: int = 20) -> NDArray[np.float64]:
    """Training images spread evenly over the split, in 0…1: (rows, columns, channels, height, width)."""
    chosen = rows["train"][np.linspace(0, len(rows["train"]) - 1, count).round().astype(int)]
    return (data.images[chosen] / 255).reshape(2, count // 2, *data.images.shape[1:])
