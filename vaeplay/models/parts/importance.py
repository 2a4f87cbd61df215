r"""Importance weights: how well the posterior's codes explain an image, and the bound that follows.

    w_j = p(x|z_j) p(z_j) / q(z_j|x),   z_j ~ q(z|x),   bound_k = log 1/k Σ_j w_j

With k = 1 the bound is the sampled ELBO; it rises with k towards log p(x). Burda et al. 2016, arXiv:1509.00519.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from vaeplay.models.parts import losses
from vaeplay.noise import Noise

DECODED_AT_ONCE = 256


Distortion = Callable[[Tensor, Tensor], Tensor]  # of images (B, …) with one code each, (B, D): (B,), nats


def log_weights(
    distortion: Distortion,
    posterior: tuple[Tensor, Tensor],
    x: Tensor,
    noise: Noise,
    samples: int,
    at_once: int | None = DECODED_AT_ONCE,
) -> tuple[Tensor, Tensor]:
    """log w of `samples` codes per image, and the distortion of each: (B, k), (B, k), nats.

    `posterior` is the mean and the log-variance of q(z|x), (B, D) each; `at_once` is how many codes are decoded at a
    time, None for all of them.
    """
    return log_weights_of(distortion, posterior, x, draws(posterior, noise, samples), at_once)


def draws(posterior: tuple[Tensor, Tensor], noise: Noise, samples: int) -> Tensor:
    """`samples` codes from the posterior of each image: (B, k, D)."""
    mean, logvar = (part.unsqueeze(1) for part in posterior)
    return losses.gaussian_sample(mean, logvar, noise.normal((len(mean), samples, mean.shape[2])))


def log_weights_of(
    distortion: Distortion, posterior: tuple[Tensor, Tensor], x: Tensor, z: Tensor, at_once: int | None
) -> tuple[Tensor, Tensor]:
    """The same of codes z (B, k, D)."""
    mean, logvar = (part.unsqueeze(1) for part in posterior)
    each = distortions(distortion, x, z, at_once)
    log_prior = losses.gaussian_log_density(z, torch.zeros_like(z), torch.zeros_like(z)).sum(-1)
    log_posterior = losses.gaussian_log_density(z, mean, logvar).sum(-1)
    return log_prior - each - log_posterior, each


def distortions(distortion: Distortion, x: Tensor, z: Tensor, at_once: int | None) -> Tensor:
    """The distortion of each image with each of its codes: x (B, *shape), z (B, k, D) → (B, k), nats.

    Training decodes all codes at once, since a likelihood may look at its batch as a whole. Otherwise a few at a time
    are faster: the activations for thousands of codes do not stay in the processor's cache from one layer to the next.
    """
    codes, owners = z.flatten(0, 1), torch.arange(len(x), device=x.device).repeat_interleave(z.shape[1])
    size = at_once or len(codes)
    parts = [distortion(x[rows], part) for rows, part in zip(owners.split(size), codes.split(size), strict=True)]
    return torch.cat(parts).unflatten(0, z.shape[:2])


def bound(log_weight: Tensor) -> Tensor:
    """log of the mean weight: (B, k) → (B,), nats."""
    return log_weight.logsumexp(1) - math.log(log_weight.shape[1])
