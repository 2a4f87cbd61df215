"""The pictures of each cell: of the same test images, and from the same noise, in every cell."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vaeplay.data.prepared import as_float
from vaeplay.evaluation.metrics import likelihood
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.models.base import Autoencoder
from vaeplay.neighbours import nearest
from vaeplay.noise import Noise
from vaeplay.rows import evenly

PRIOR_ROWS = 4
WALKS = 4


def chosen(subject: Subject, columns: int) -> NDArray[np.intp]:
    """Rows of `columns` test images, spread evenly over a split that is sorted by class where the data set is."""
    return evenly(len(subject.test.images), columns)


@torch.no_grad()
def prior(model: Autoencoder, columns: int, seed: int) -> Tensor:
    """New images: (PRIOR_ROWS, columns, …). Models with codes of one size get the same noise."""
    return model.sample(PRIOR_ROWS * columns, Noise(seed, _device(model))).unflatten(0, (PRIOR_ROWS, columns))


def fitted(subject: Subject, columns: int) -> Tensor | None:
    """The first new images from each density that is fitted to the codes, a row each, in the order of `FITS`.

    (densities, columns, …); None for maps of codes, to which none is fitted.
    """
    found = list(subject.fitted_samples.values())
    return torch.stack([as_float(images[:columns]) for images in found]) if found else None


def nearest_training(subject: Subject, columns: int) -> Tensor:
    """Samples above the training images nearest to them in the classifier's features: (2, columns, …), closest first.

    They are chosen among all samples that metrics are taken of.
    """
    distances, rows = nearest(subject.sample_features, subject.real_train, 1)
    chosen = distances[:, 0].argsort(stable=True)[:columns]
    return torch.stack([as_float(subject.samples[chosen]), as_float(subject.train.images[rows[chosen, 0]])])


@torch.no_grad()
def stages(subject: Subject, columns: int) -> Tensor | None:
    """Test images above their reconstructions after one stage, after two, …: (1 + stages, columns, …).

    None where a code has fewer than two stages.
    """
    rows = chosen(subject, columns)
    made = subject.model.reconstruct_in_stages(as_float(subject.seen[rows]))
    return torch.stack([as_float(subject.test.images[rows]), *made]) if len(made) > 1 else None


@torch.no_grad()
def layers(subject: Subject, columns: int) -> Tensor | None:
    """New images, (PRIOR_ROWS, columns, …): a draw of the top layer for each row, and of the bottom for each column."""
    return subject.model.sample_layers(PRIOR_ROWS, columns, subject.noise_for("layers"))


UNSURE_ROWS = 2


@torch.no_grad()
def unsure(subject: Subject, columns: int) -> Tensor:
    """The samples whose class the classifier is least sure of: (rows, columns, …), the least sure first."""
    confidence = subject.classifier.head(subject.sample_features).softmax(1).amax(1)
    rows = max(1, min(UNSURE_ROWS, len(confidence) // columns))
    chosen = confidence.argsort(stable=True)[: rows * columns]
    return as_float(subject.samples[chosen]).unflatten(0, (rows, -1))


@torch.no_grad()
def interpolation(subject: Subject, columns: int) -> Tensor:
    """Straight walks between the codes of the chosen images: (WALKS, columns, …), each from the first to the second."""
    codes = subject.codes[chosen(subject, columns)]
    half = len(codes) // 2
    starts = evenly(half, WALKS)
    first, second = codes[starts].unsqueeze(1), codes[starts + half].unsqueeze(1)
    share = torch.linspace(0, 1, columns, device=codes.device).view(1, -1, 1)
    return _decoded(subject, first * (1 - share) + second * share)


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
    if subject.vectors:
        order = [entry["dimension"] for entry in likelihood.spectrum(subject)] or spread.argsort(
            descending=True
        ).tolist()
        directions = torch.diag(spread)[order[:TRAVERSED]]
    else:
        directions = subject.principal[:TRAVERSED]
    steps = torch.linspace(-REACH, REACH, columns, device=codes.device)
    return _decoded(subject, mean + steps.view(1, -1, 1) * directions.unsqueeze(1))


def _decoded(subject: Subject, codes: Tensor) -> Tensor:
    """Images of the nearest codes that the decoder knows to rows and columns of flat ones, (rows, columns, D)."""
    model = subject.model
    z = model.quantise(codes.flatten(0, 1).unflatten(1, model.code_shape))
    return model.decode(z).unflatten(0, codes.shape[:2])


def _device(model: Autoencoder) -> torch.device:
    return next(model.parameters()).device
