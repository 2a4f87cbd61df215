"""The prepared data set as tensors: what training and evaluation read."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from vaeplay.errors import UserError


@dataclass(frozen=True)
class Split:
    """The images of one split, uint8 (N, channels, height, width), and their labels, int64 (N,)."""

    images: torch.Tensor
    labels: torch.Tensor

    def to(self, device: torch.device) -> "Split":
        """The same split on another device."""
        return Split(self.images.to(device), self.labels.to(device))


def read(path: Path, split: str) -> Split:
    """One split of the prepared file, mapped into memory.

    Raises:
        UserError: the file is missing or is not a prepared data set.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return Split(file.get_tensor(f"{split}_images"), file.get_tensor(f"{split}_labels"))
    except (OSError, SafetensorError) as error:
        raise UserError(f"{path}: not a prepared data set ({error}); `dvc repro prepare` makes it") from None


def as_float(images: torch.Tensor) -> torch.Tensor:
    """Pixels in 0…1 from pixels in 0…255, same shape."""
    return images.float().div_(255)


def batches(images: torch.Tensor, batch_size: int = 500) -> Iterator[torch.Tensor]:
    """All images in order, a batch at a time, as floats in 0…1."""
    for chunk in images.split(batch_size):
        yield as_float(chunk)
