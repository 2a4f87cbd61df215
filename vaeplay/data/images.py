"""Labelled images in memory, their split, and the one file that every later stage reads them from.

The file is safetensors: one tensor for the images and one for the labels of each split, uint8 and int64, mapped into
memory when read. Its metadata is one key that holds JSON, since several keys are written in random order.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from vaeplay.errors import UserError

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Images:
    """A data set before its split.

    `images` is (N, channels, height, width) in 0…255; `labels` is (N,), an index into `classes`. `title`, `source`
    and `licence` are sentences for the page.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    title: str
    source: str
    licence: str


def split(labels: NDArray[np.int64], validation: float, test: float, seed: int) -> dict[str, NDArray[np.intp]]:
    """Rows of each split, stratified: every class is divided in the same shares, as far as whole images go.

    The images of each class, in an order drawn from `seed`, are spread evenly over 0…1; those whose place falls in the
    first `test` of it are the test split, the next `validation` the validation split. Rows come back in increasing
    order.

    Raises:
        UserError: a split would be empty.
    """
    generator = np.random.default_rng(seed)
    place = np.empty(len(labels))
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        place[generator.permutation(rows)] = (np.arange(len(rows)) + generator.uniform()) / len(rows)
    bounds = {"test": (0.0, test), "validation": (test, test + validation), "train": (test + validation, np.inf)}
    rows_of = {name: np.flatnonzero((place >= bounds[name][0]) & (place < bounds[name][1])) for name in SPLITS}
    for name, rows in rows_of.items():
        if not len(rows):
            raise UserError(
                f"data.{name}: no image falls in this split of {len(labels)}; raise its share or add images"
            )
    return rows_of


def binarised(data: Images, seed: int) -> Images:
    """The same images with every pixel drawn black or white once, its value in 0…1 being the probability of white.

    Static binarisation, Salakhutdinov & Murray 2008.
    """
    white = np.random.default_rng(seed).random(data.images.shape, np.float32) < data.images / np.float32(255)
    return replace(data, images=white.astype(np.uint8) * 255, title=f"{data.title}, statically binarised")


def pack(data: Images, rows: dict[str, NDArray[np.intp]]) -> bytes:
    """The content of the prepared file."""
    tensors: dict[str, NDArray[Any]] = {}
    for name, chosen in rows.items():
        tensors[f"{name}_images"] = np.ascontiguousarray(data.images[chosen])
        tensors[f"{name}_labels"] = data.labels[chosen]
    return save(tensors, {"data": json.dumps({"classes": data.classes}, sort_keys=True)})


def card(name: str, data: Images, rows: dict[str, NDArray[np.intp]]) -> dict[str, Any]:
    """What the page says of the data set: where it is from, how large it is, how its classes are balanced."""
    content = hashlib.sha256(data.images.tobytes() + data.labels.tobytes())
    classes = range(len(data.classes))
    return {
        "name": name,
        "title": data.title,
        "source": data.source,
        "licence": data.licence,
        "shape": list(data.images.shape[1:]),
        "classes": list(data.classes),
        "counts": {split: len(chosen) for split, chosen in rows.items()},
        "class_counts": {
            split: [int((data.labels[chosen] == label).sum()) for label in classes] for split, chosen in rows.items()
        },
        "sha256": content.hexdigest(),
    }


def examples(data: Images, rows: dict[str, NDArray[np.intp]], count: int = 20) -> NDArray[np.float64]:
    """Training images spread evenly over the split, in 0…1: (rows, columns, channels, height, width)."""
    chosen = rows["train"][np.linspace(0, len(rows["train"]) - 1, count).round().astype(int)]
    return (data.images[chosen] / 255).reshape(2, count // 2, *data.images.shape[1:])
