r"""The likelihood itself, by quadrature, where a code has one or two numbers.

    log p(x) = log ∫ p(x|z) p(z) dz ≈ log Σ_g h^D p(x|z_g) p(z_g),   z_g on a grid of spacing h

The grid is the same for all images: its codes are decoded once, and the distortions of all images with all of them are
a product of matrices. It spans what the prior and every posterior reach. The error of such a sum falls at least with h²
where a decoder has kinks, and faster than any power of h where it is smooth. So it is at most a third of the difference
from the grid of twice the spacing, which every second place of it is. A few images tell how fine the grid has to be for
an error of at most TOLERANCE on average.
"""

import math

import torch
from torch import Tensor

from vaeplay.data.prepared import as_float
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.models.base import Autoencoder
from vaeplay.models.parts import importance, losses
from vaeplay.rows import evenly

WIDEST = 2  # numbers in a code
TOLERANCE = 0.01  # nats
PRIOR_REACH = 5.0  # standard deviations: beyond lies less than a millionth
POSTERIOR_REACH = 6.0
STEPS = (256, 384, 512)  # of the grid, along each number of the code
PROBES = 50  # images that tell how many are needed, spread evenly over the split
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
    probes = images[evenly(len(images), PROBES)]
    for steps in STEPS:
        found = by_quadrature(model, probes, reach, steps)
        if found is None:
            return None
        fine, coarse = found
        if float((fine - coarse).abs().mean()) / 3 <= TOLERANCE:
            whole = by_quadrature(model, images, reach, steps)
            return None if whole is None else whole[0]
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
    counted = torch.stack([torch.ones_like(even), even], dim=1).to(images.dtype)  # all places, and every second
    spacing = size * math.log(2 * reach / steps)
    log_prior = losses.gaussian_log_density(codes, torch.zeros_like(codes), torch.zeros_like(codes)).sum(1)
    totals = torch.full((2, len(images)), -torch.inf, dtype=torch.double, device=images.device)
    at_once = max(1, PAIRS_AT_ONCE // len(images))
    for z, prior, places in zip(codes.split(at_once), log_prior.split(at_once), counted.split(at_once), strict=True):
        outputs = torch.cat([model.decoder(part) for part in z.split(importance.DECODED_AT_ONCE)])
        distortions = model.likelihood.distortions(images, outputs)
        if distortions is None:
            return None
        joint = prior - distortions
        highest = joint.amax(1, keepdim=True)
        sums = (joint.sub_(highest).exp_() @ places).log_() + highest  # both at once, over the same exponentials
        totals = torch.logaddexp(totals, sums.T.double())
    return totals[0] + spacing, totals[1] + spacing + size * math.log(2)
