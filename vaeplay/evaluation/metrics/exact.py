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
from vaeplay.models.parts import losses

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
    reach = (mean.abs() + POSTERIOR_REACH * (0.5 * logvar).exp()).amax(0).clamp(min=PRIOR_REACH)
    images = as_float(subject.seen)
    for steps in STEPS:
        found = by_quadrature(model, images, reach, steps)
        if found is None:
            return None
        fine, coarse = found
        if float((fine - coarse).abs().mean()) <= TOLERANCE:
            return fine
    return None


def by_quadrature(model: Autoencoder, images: Tensor, reach: Tensor, steps: int) -> tuple[Tensor, Tensor] | None:
    """log p(x) of images (N, *shape) on the grid from −reach to reach (D,) of `steps` steps, and on every second place.

    Two of (N,), nats; None for a likelihood that is no product.
    """
    axis = torch.arange(steps + 1, device=reach.device)
    numbers = torch.cartesian_prod(*[axis] * len(reach)).view(-1, len(reach))
    codes = reach * (2 * numbers / steps - 1)
    spacing = float((2 * reach / steps).log().sum())
    even = (numbers % 2 == 0).all(1)
    log_prior = losses.gaussian_log_density(codes, torch.zeros_like(codes), torch.zeros_like(codes)).sum(1)
    totals = torch.full((2, len(images)), -torch.inf, dtype=torch.double, device=images.device)
    size = max(1, PAIRS_AT_ONCE // len(images))
    for z, prior, both in zip(codes.split(size), log_prior.split(size), even.split(size), strict=True):
        distortions = model.likelihood.distortions(images, model.decoder(z))
        if distortions is None:
            return None
        joint = prior - distortions
        for place, part in enumerate((joint, joint[:, both])):
            if part.shape[1]:
                totals[place] = torch.logaddexp(totals[place], part.logsumexp(1).double())
    return totals[0] + spacing, totals[1] + spacing + len(reach) * math.log(2)
