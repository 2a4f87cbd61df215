r"""The likelihood itself, by quadrature, where a code has one or two numbers.

    log p(x) = log ∫ p(x|z) p(z) dz ≈ log Σ_g h^D p(x|z_g) p(z_g),   z_g on a grid of spacing h

The grid is the same for all images: its codes are decoded once, and the distortions of all images with all of them are
a product of matrices. It spans what the prior and every posterior reach. For smooth densities such a sum converges
faster than any power of h, so that the grid of twice the spacing, which every second place of it is, tells how good it
is: it is made finer until the images' log p(x) differ by at most TOLERANCE on average between the two.
"""

import math

import torch
from torch import Tensor

from vaeplay.data.prepared import as_float
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.models.base import Autoencoder
from vaeplay.models.parts import importance, losses

WIDEST = 2  # numbers in a code
TOLERANCE = 0.01  # nats
PRIOR_REACH = 5.0  # standard deviations: beyond lies less than a millionth
POSTERIOR_REACH = 6.0
STEPS = (256, 512)  # of the grid, along each number of the code
PAIRS_AT_ONCE = 8_000_000  # distortions that are held at a time


@torch.no_grad()
def log_likelihoods(subject: Subject) -> Tensor | None:
    """log p(x) of every test image, (N,), nats.

    None where it cannot be had: a model without posteriors, more numbers in a code, a likelihood that is no product, or
    decoders so rough that even the finest grid is too coarse.
    """
    posteriors, model = subject.posteriors, subject.model
    if posteriors is None or model.latent_dim > WIDEST:
        return None
    mean, logvar = posteriors
    furthest = (mean.norm(dim=1) + POSTERIOR_REACH * (0.5 * logvar).exp().amax(1)).max()
    reach = max(PRIOR_REACH, float(furthest))
    images = as_float(subject.seen)
    for steps in STEPS:
        found = by_quadrature(model, images, reach, steps)
        if found is None:
            return None
        fine, coarse = found
        if float((fine - coarse).abs().mean()) <= TOLERANCE:
            return fine
    return None


@torch.no_grad()
def by_quadrature(model: Autoencoder, images: Tensor, reach: float, steps: int) -> tuple[Tensor, Tensor] | None:
    """log p(x) of images (N, *shape) on a grid of `steps` steps across a disc, and on every second place of it.

    Two of (N,), nats; None for a likelihood that is no product.
    """
    size = model.latent_dim
    numbers = torch.cartesian_prod(*[torch.arange(steps + 1, device=images.device)] * size).view(-1, size)
    codes = (reach * (2 * numbers / steps - 1)).to(images.dtype)
    inside = codes.norm(dim=1) <= reach
    codes, even = codes[inside], (numbers % 2 == 0).all(1)[inside]
    spacing = size * math.log(2 * reach / steps)
    log_prior = losses.gaussian_log_density(codes, torch.zeros_like(codes), torch.zeros_like(codes)).sum(1)
    totals = torch.full((2, len(images)), -torch.inf, dtype=torch.double, device=images.device)
    at_once = max(1, PAIRS_AT_ONCE // len(images))
    for z, prior, both in zip(codes.split(at_once), log_prior.split(at_once), even.split(at_once), strict=True):
        outputs = torch.cat([model.decoder(part) for part in z.split(importance.DECODED_AT_ONCE)])
        distortions = model.likelihood.distortions(images, outputs)
        if distortions is None:
            return None
        joint = prior - distortions
        for place, part in enumerate((joint, joint[:, both])):
            if part.shape[1]:
                totals[place] = torch.logaddexp(totals[place], part.logsumexp(1).double())
    return totals[0] + spacing, totals[1] + spacing + size * math.log(2)
