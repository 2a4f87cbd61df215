r"""Importance weights: how well the posterior's codes explain an image, and the bound that follows.

    w_j = p(x|z_j) p(z_j) / q(z_j|x),   z_j ~ q(z|x),   bound_k = log 1/k Σ_j w_j

With k = 1 the bound is the sampled ELBO; it rises with k towards log p(x). Burda et al. 2016, arXiv:1509.00519.
"""

import math

import torch
from torch import Tensor

from vaeplay import losses
from vaeplay.models.base import Autoencoder
from vaeplay.noise import Noise


def log_weights(
    model: Autoencoder, posterior: tuple[Tensor, Tensor], x: Tensor, noise: Noise, samples: int
) -> tuple[Tensor, Tensor]:
    """log w of `samples` codes an image, and the distortion of each: (B, k), (B, k), nats.

    `posterior` is the mean and the log-variance of q(z|x), (B, D) each.
    """
    mean, logvar = (part.unsqueeze(1) for part in posterior)
    z = mean + (0.5 * logvar).exp() * noise.normal((len(x), samples, mean.shape[2]))
    repeated = x.unsqueeze(1).expand(-1, samples, *x.shape[1:]).flatten(0, 1)
    distortion = model.distortion(repeated, z.flatten(0, 1)).unflatten(0, (-1, samples))
    log_prior = losses.gaussian_log_density(z, torch.zeros_like(z), torch.zeros_like(z)).sum(-1)
    log_posterior = losses.gaussian_log_density(z, mean, logvar).sum(-1)
    return log_prior - distortion - log_posterior, distortion


def bound(log_weight: Tensor) -> Tensor:
    """log of the mean weight: (B, k) → (B,), nats."""
    return log_weight.logsumexp(1) - math.log(log_weight.shape[1])
