"""Images as a user has them, tensors, arrays, data sets or folders of files, as the pipeline takes them."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from vaeplay.data import folder
from vaeplay.data import images as data
from vaeplay.data.prepared import Split
from vaeplay.errors import UserError

Source = Tensor | NDArray[Any] | tuple[Any, Any] | Dataset[Any] | str | Path
"""Images; with their classes as a pair (images, labels), or as the items of a Dataset."""


def read(source: Source, size: int | None = None) -> Split:
    """Images as uint8 (N, channels, height, width), with their classes; all of class 0 where there are none.

    A folder's images are brought to `size` pixels each way.

    Raises:
        UserError: they are no images.
    """
    if isinstance(source, str | Path):
        request = data.Request(name="folder", path=str(source), size=size, seed=0)
        found = folder.read(request)
        return Split(torch.from_numpy(np.array(found.images)), torch.from_numpy(np.array(found.labels)))
    if isinstance(source, Dataset):
        items = [source[place] for place in range(len(source))]  # type: ignore[arg-type]
        source = stacked(items)
    images, labels = source if isinstance(source, tuple) else (source, None)
    found_images = pixels(images)
    return Split(found_images, classes(labels, len(found_images)))


def stacked(items: list[Any]) -> tuple[Any, Any]:
    """A Dataset's items, images alone or followed by a label, as (images, labels or None)."""
    pairs = [item if isinstance(item, tuple | list) else (item,) for item in items]
    images = np.stack([np.asarray(pair[0]) for pair in pairs]) if pairs else np.zeros(0)
    labelled = bool(pairs) and all(len(pair) > 1 for pair in pairs)
    return images, np.stack([np.asarray(pair[1]) for pair in pairs]) if labelled else None


def pixels(images: Any) -> Tensor:
    """Images as uint8 (N, channels, height, width).

    Raises:
        UserError: they are no images.
    """
    found = torch.as_tensor(images)
    if found.ndim == 3:
        found = found[:, None]
    if found.ndim != 4 or len(found) == 0 or found.shape[1] not in (1, 3):
        raise UserError(
            f"found images of shape {tuple(found.shape)}; expected (N, height, width), or (N, 1 or 3, height, width)"
        )
    if found.dtype == torch.uint8:
        return found
    if not (found.min() >= 0 and found.max() <= 1):
        raise UserError(f"found pixels from {found.min():g} to {found.max():g}; expected uint8, or floats in 0…1")
    return (found.float() * 255).round().to(torch.uint8)


def classes(labels: Any, count: int) -> Tensor:
    """Labels as int64 (N,): zeros where there are none, or where they are no whole numbers.

    Raises:
        UserError: their number is not that of the images, or one is negative.
    """
    found = None if labels is None else torch.as_tensor(labels)
    if found is None or found.is_floating_point() or found.is_complex():
        return torch.zeros(count, dtype=torch.int64)
    if tuple(found.shape) != (count,) or found.min() < 0:
        raise UserError(f"found labels of shape {tuple(found.shape)}; expected ({count},), whole numbers from 0")
    return found.to(torch.int64)


def divided(images: Split, share: float) -> tuple[Split, Split]:
    """Two parts of the images, the second being `share` of them, evenly spread, and neither empty.

    Raises:
        UserError: nothing would be left for one of the two.
    """
    count = len(images.images)
    if not 0 < share < 1 or count < 2:
        raise UserError(
            f"validation: found {share:g} of {count} images; expected a share between 0 and 1, of 2 or more"
        )
    held = torch.zeros(count, dtype=torch.bool)
    held[torch.linspace(0, count - 1, min(count - 1, max(1, round(share * count)))).round().long()] = True
    return Split(images.images[~held], images.labels[~held]), Split(images.images[held], images.labels[held])
