"""What each cell is shown by: the same test images and the same noise for every cell."""

import torch
from torch import Tensor

from vaeplay.dataset import as_float
from vaeplay.models.base import Autoencoder
from vaeplay.noise import Noise

PRIOR_ROWS = 4
WALKS = 4


def chosen(images: Tensor, columns: int) -> Tensor:
    """`columns` images spread evenly over a split, which is sorted by class where the data set is: all classes show."""
    rows = torch.linspace(0, len(images) - 1, min(columns, len(images))).round().long()
    return as_float(images[rows.to(images.device)])


@torch.no_grad()
def reconstructions(model: Autoencoder, x: Tensor) -> Tensor:
    """Images above their reconstructions: (columns, …) → (2, columns, …)."""
    return torch.stack([x, model.reconstruct(x)])


@torch.no_grad()
def prior(model: Autoencoder, columns: int, seed: int) -> Tensor:
    """New images: (PRIOR_ROWS, columns, …). Models with codes of one size get the same noise."""
    return model.sample(PRIOR_ROWS * columns, Noise(seed, _device(model))).unflatten(0, (PRIOR_ROWS, columns))


@torch.no_grad()
def interpolation(model: Autoencoder, x: Tensor, columns: int) -> Tensor:
    """Straight walks through the codes of pairs of images: (WALKS, columns, …), each from the first to the second."""
    half = len(x) // 2
    starts = torch.linspace(0, half - 1, min(WALKS, half)).round().long()
    first, second = model.encode(x[starts]), model.encode(x[starts + half])
    share = torch.linspace(0, 1, columns, device=x.device).view(1, -1, *[1] * (first.dim() - 1))
    codes = first.unsqueeze(1) * (1 - share) + second.unsqueeze(1) * share
    return model.decode(codes.flatten(0, 1)).unflatten(0, (len(starts), columns))


def _device(model: Autoencoder) -> torch.device:
    return next(model.parameters()).device
