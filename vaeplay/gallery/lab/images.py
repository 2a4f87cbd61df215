"""The images that the lab's model learns from: some of the training split, small, in grey."""

import base64
import math
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vaeplay.gallery import webp
from vaeplay.gallery.tensors import Tensors
from vaeplay.rows import evenly

MOST = 2000
SIDE = 16  # pixels each way, at most: more would make the lab slow
LARGEST = 350_000  # characters of the payload


@dataclass(frozen=True)
class LabImages:
    """Training images for the lab.

    `payload` is base64 of the deflated grey levels, uint8 (N, height, width); `labels` has the class of each image.
    """

    payload: str
    height: int
    width: int
    labels: tuple[int, ...]


def read(root: Path) -> LabImages | None:
    """Training images, spread evenly over the split, in random order; None where there are none.

    Raises:
        UserError: the prepared data set is damaged.
    """
    name = "data/images.safetensors"
    if not (root / name).exists():
        return None
    data = Tensors(root, name)
    return pack(data["train_images"], data["train_labels"]) if "train_images" in data else None


def pack(images: NDArray[np.uint8], labels: NDArray[np.int64]) -> LabImages:
    """Images (N, channels, height, width), of which as many are taken as `LARGEST` allows."""
    rows = np.random.default_rng(0).permutation(evenly(len(images), MOST))  # so that any first ones have every class
    small = webp.smaller(np.asarray(images[rows]).transpose(0, 2, 3, 1), SIDE)
    grey = small.mean(-1).round().astype(np.uint8)
    payload = _deflated(grey)
    if len(payload) > LARGEST:
        kept = math.floor(0.95 * len(rows) * LARGEST / len(payload))
        rows, grey = rows[:kept], grey[:kept]
        payload = _deflated(grey)
    height, width = grey.shape[1:]
    return LabImages(payload, height, width, tuple(int(label) for label in labels[rows]))


def _deflated(grey: NDArray[np.uint8]) -> str:
    return base64.b64encode(zlib.compress(grey.tobytes(), 9)).decode()
