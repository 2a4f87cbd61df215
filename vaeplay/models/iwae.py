r"""The importance-weighted autoencoder: a tighter bound from k codes an image.

    bound = log 1/k Σ_j w_j,   w_j = p(x|z_j) p(z_j) / q(z_j|x),   z_j ~ q(z|x),   loss = −bound

With k = 1 it is the sampled ELBO; the bound rises with k towards log p(x). Burda et al. 2016, arXiv:1509.00519.
"""

import math
from typing import Any

import torch
from torch import Tensor

from vaeplay import losses
from vaeplay.losses import Loss
from vaeplay.models.vae import VAE
from vaeplay.noise import Noise


def log_weights(model: VAE, x: Tensor, noise: Noise, samples: int) -> tuple[Tensor, Tensor]:
    """log w of `samples` codes an image, and the distortion of each: (B, k), (B, k), nats."""
    mean, logvar = (part.unsqueeze(1) for part in model.posterior(x))
    z = mean + (0.5 * logvar).exp() * noise.normal((len(x), samples, model.latent_dim))
    repeated = x.unsqueeze(1).expand(-1, samples, *x.shape[1:]).flatten(0, 1)
    distortion = model.distortion(repeated, z.flatten(0, 1)).unflatten(0, (-1, samples))
    log_prior = losses.gaussian_log_density(z, torch.zeros_like(z), torch.zeros_like(z)).sum(-1)
    log_posterior = losses.gaussian_log_density(z, mean, logvar).sum(-1)
    return log_prior - distortion - log_posterior, distortion


def bound(log_weight: Tensor) -> Tensor:
    """log of the mean weight: (B, k) → (B,), nats."""
    return log_weight.logsumexp(1) - math.log(log_weight.shape[1])


class IWAE(VAE):
    """Importance-weighted autoencoder with `samples` codes an image; `bound` is among its terms."""

    uses: tuple[str, ...] = ("likelihood", "schedule", "hidden", "samples")

    def __init__(self, *size: Any, samples: int, **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.samples = samples

    def loss(self, x: Tensor, step: int, noise: Noise) -> Loss:
        """The negative bound. The schedule has no part in it: the bound does not split into distortion and rate."""
        x = self.likelihood.observe(x, noise)
        log_weight, distortion = log_weights(self, x, noise, self.samples)
        rate = losses.gaussian_rates(*self.posterior(x)).sum(1)
        value = bound(log_weight)
        return Loss(-value, {"bound": value, "distortion": distortion.mean(1), "rate": rate})
