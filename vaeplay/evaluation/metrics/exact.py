r"""The likelihood itself, by quadrature, where a code has one or two numbers.

    log p(x) = log ∫ p(x|z) p(z) dz ≈ log Σ_g h^D p(x|z_g) p(z_g),   z_g on a grid of spacing h

The grid is the same for all images: its codes are decoded once, and the distortions of many images with many of them
are a product of matrices. It spans what the prior and every posterior reach, and an image's sum leaves out the blocks
of the grid in which its joint density is negligible, which a coarser grid tells. The error of such a sum falls at least
with h² where a decoder has kinks, and faster than any power of h where it is smooth. So it is at most a third of the
difference from the grid of twice the spacing, which every second place of it is. A few images tell how fine the grid
has to be for an error of at most TOLERANCE on average.
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
BLOCK = 16  # places of the grid along each side of a block
LOOK = 4  # every so many of them tell whether the block is negligible
NEGLIGIBLE = 40.0  # nats: if the joint density at these places is so far below its highest
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
    """log p(x) of images (N, *shape) on a grid of `steps` steps from −reach to reach, and on every second place of it.

    Two of (N,), nats; None for a likelihood that is no product.
    """
    size, device = model.latent_dim, images.device
    corners = _places(torch.arange(0, steps + 1, BLOCK, device=device), size)
    looked_at = _places(torch.arange(LOOK // 2, BLOCK, LOOK, device=device), size)

    def joint(numbers: Tensor, of: Tensor) -> Tensor | None:
        codes = (reach * (2 * numbers / steps - 1)).to(images.dtype)
        outputs = torch.cat([model.decoder(part) for part in codes.split(importance.DECODED_AT_ONCE)])
        distortions = model.likelihood.distortions(of, outputs)
        zeros = torch.zeros_like(codes)
        return None if distortions is None else losses.gaussian_log_density(codes, zeros, zeros).sum(1) - distortions

    highest = []
    for part in corners.split(max(1, PAIRS_AT_ONCE // (len(images) * len(looked_at)))):
        found = joint((part[:, None] + looked_at).flatten(0, 1), images)
        if found is None:
            return None
        highest.append(found.unflatten(1, (len(part), -1)).amax(2))
    each = torch.cat(highest, dim=1)
    matters = each >= each.amax(1, keepdim=True) - NEGLIGIBLE
    inner = _places(torch.arange(BLOCK, device=device), size)
    counted = torch.stack([torch.ones(len(inner), device=device), (inner % 2 == 0).all(1)], dim=1).to(images.dtype)
    totals = torch.full((2, len(images)), -torch.inf, dtype=torch.double, device=device)
    for block in matters.any(0).nonzero()[:, 0]:
        rows = matters[:, block].nonzero()[:, 0]
        found = joint(corners[block] + inner, images[rows])
        assert found is not None  # it was when it was looked at
        best = found.amax(1, keepdim=True)
        sums = ((found - best).exp() @ counted).log() + best  # both grids at once, over the same exponentials
        totals[:, rows] = torch.logaddexp(totals[:, rows], sums.T.double())
    spacing = size * math.log(2 * reach / steps)
    return totals[0] + spacing, totals[1] + spacing + size * math.log(2)


def _places(along: Tensor, size: int) -> Tensor:
    """Every combination of these numbers, (n,) → (n ** size, size)."""
    return torch.cartesian_prod(*[along] * size).view(-1, size)
