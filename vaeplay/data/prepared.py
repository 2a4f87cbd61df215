"""The prepared data set as tensors: what training and evaluation read."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from vaeplay.errors import UserError


@dataclass(frozen=True)
class Split:
    """The images of one split, uint8 (N, channels, height, width), and their labels, int64 (N,).

    `factors`, int64 (N, F), are there where the data set knows them; `about` names them.
    """

    images: torch.Tensor
    labels: torch.Tensor
    factors: torch.Tensor | None = None

    def to(self, device: torch.device) -> "Split":
        """The same split on a device."""
        factors = None if self.factors is None else self.factors.to(device)
        return Split(self.images.to(device), self.labels.to(device), factors)


def read(path: Path, split: str) -> Split:
    """One split of the prepared file, mapped into memory: nothing is read until it is used.

    Raises:
        UserError: the file is missing or is not a prepared data set.
    """
    with _opened(path) as file:
        factors = file.get_tensor(f"{split}_factors") if f"{split}_factors" in file.keys() else None  # noqa: SIM118
        found = Split(file.get_tensor(f"{split}_images"), file.get_tensor(f"{split}_labels"), factors)
    images, labels = found.images, found.labels
    if images.dtype != torch.uint8 or images.ndim != 4 or images.numel() == 0:
        raise _none(path, f"{split}_images is {images.dtype} {list(images.shape)}")
    if labels.dtype != torch.int64 or labels.shape != images.shape[:1]:
        raise _none(path, f"{split}_labels is {labels.dtype} {list(labels.shape)}")
    return found


def about(path: Path) -> dict[str, Any]:
    """What the prepared file says of itself: its fields are those that `vaeplay.data.packing` names.

    Raises:
        UserError: as `read`.
    """
    with _opened(path) as file:
        try:
            found = json.loads((file.metadata() or {}).get("data", ""))
        except (ValueError, RecursionError) as error:
            raise _none(path, f"what it says of itself is no JSON: {error}") from None
    if not isinstance(found, dict) or "classes" not in found:
        raise _none(path, "it does not say what it holds")
    return found


def _none(path: Path, why: object) -> UserError:
    return UserError(f"{path}: not a prepared data set ({why}); `dvc repro prepare` makes it")


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (OSError, SafetensorError) as error:
        raise _none(path, error) from None


def as_float(images: torch.Tensor) -> torch.Tensor:
    """Pixels in 0…1 from pixels in 0…255, same shape; floats are in 0…1 already, and come back as they are."""
    return images if images.is_floating_point() else images.float().div_(255)


def batches(images: torch.Tensor, batch_size: int = 500) -> Iterator[torch.Tensor]:
    """All images in order, a batch at a time, as floats in 0…1."""
    for chunk in images.split(batch_size):
        yield as_float(chunk)
