"""What each cell is shown by: the same test images and the same noise for every cell."""

import torch
from torch import Tensor

from vaeplay.dataset import as_float, evenly
from vaeplay.metrics import likelihood
from vaeplay.metrics.subject import Subject
from vaeplay.models.base import Autoencoder
from vaeplay.noise import Noise

PRIOR_ROWS = 4
WALKS = 4


def chosen(images: Tensor, columns: int) -> Tensor:
    """`columns` images spread evenly over a split, which is sorted by class where the data set is: all classes show."""
    rows = evenly(len(images), columns)
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
    starts = evenly(half, WALKS)
    first, second = model.encode(x[starts]), model.encode(x[starts + half])
    share = torch.linspace(0, 1, columns, device=x.device).view(1, -1, *[1] * (first.dim() - 1))
    codes = first.unsqueeze(1) * (1 - share) + second.unsqueeze(1) * share
    return model.decode(codes.flatten(0, 1)).unflatten(0, (len(starts), columns))


TRAVERSED = 10  # latent dimensions at most
REACH = 3.0  # standard deviations of the codes to either side


@torch.no_grad()
def traversals(subject: Subject, columns: int) -> Tensor:
    """One latent dimension a row, moved through what the codes of the test images span: (rows, columns, …).

    The rest of the code is the mean code. The dimensions that vary most come first: for a VAE those of the highest
    rate. A map of codes is moved along its principal components, since none of its numbers means much by itself.
    """
    codes = subject.codes
    mean, spread = codes.mean(0), codes.std(0, correction=0)
    if codes.shape[1] == subject.model.latent_dim:
        order = [entry["dimension"] for entry in likelihood.spectrum(subject)] or spread.argsort(
            descending=True
        ).tolist()
        directions = torch.diag(spread)[order[:TRAVERSED]]
    else:
        _, sizes, components = torch.linalg.svd(codes - mean, full_matrices=False)
        directions = (components * (sizes / len(codes) ** 0.5)[:, None])[:TRAVERSED]
    steps = torch.linspace(-REACH, REACH, columns, device=codes.device)
    moved = mean + steps.view(1, -1, 1) * directions.unsqueeze(1)
    shape = subject.model.encode(as_float(subject.test.images[:1])).shape[1:]
    return subject.model.decode(moved.flatten(0, 1).unflatten(1, shape)).unflatten(0, moved.shape[:2])


def _device(model: Autoencoder) -> torch.device:
    return next(model.parameters()).device
