r"""The VAE with a VampPrior: the prior is a mixture of the posteriors of images that do not exist, and are learned.

    p(z) = 1/K Σ_k q(z|u_k),   u_k = σ(a_k),   rate = log q(z|x) − log p(z) at a sampled z

The best prior for a VAE is the mean of its posteriors over all images; K pseudo-inputs u_k, trained with the rest,
stand in for them. Tomczak & Welling 2018, arXiv:1705.07120. They begin as training images.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from typing_extensions import override

from vaeplay.data.prepared import as_float
from vaeplay.models.parts import losses
from vaeplay.models.vae import VAE
from vaeplay.noise import Noise

EDGE = 0.02  # pixels begin no nearer to 0 and 1: a logit there is infinite


class VampVAE(VAE):
    """VAE with a VampPrior of `pseudo_inputs` components. Its rate is a sampled one."""

    uses: tuple[str, ...] = ("likelihood", "schedule", "hidden", "pseudo_inputs")

    def __init__(self, *size: Any, pseudo_inputs: int, **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.prior = f"a mixture of the posteriors of {pseudo_inputs} learned pseudo-inputs"
        self.pseudo_inputs = nn.Parameter(torch.randn(pseudo_inputs, *self.shape))

    @override
    @torch.no_grad()
    def start(self, images: Tensor, noise: Noise, steps: int) -> None:
        super().start(images, noise, steps)
        places = (noise.uniform((len(self.pseudo_inputs),)) * len(images)).long()
        self.pseudo_inputs.copy_(as_float(images[places]).clamp(EDGE, 1 - EDGE).logit())

    def components(self) -> tuple[Tensor, Tensor]:
        """Means and log-variances of the prior's components, (K, D) each."""
        return self.gaussian(self.pseudo_inputs.sigmoid())

    def log_prior(self, z: Tensor) -> Tensor:
        """log p(z), (B, D) → (B,), nats."""
        each = losses.gaussian_log_density(z.unsqueeze(1), *self.components()).sum(2)
        return each.logsumexp(1) - math.log(each.shape[1])

    @override
    def code(self, x: Tensor, noise: Noise) -> tuple[Tensor, Tensor]:
        mean, logvar = self.gaussian(x)
        z = losses.gaussian_sample(mean, logvar, noise.normal(mean.shape))
        log_posterior = losses.gaussian_log_density(z, mean, logvar).sum(1)
        return z, (log_posterior - self.log_prior(z)).unsqueeze(1)

    @override
    def posterior(self, x: Tensor) -> None:
        """None: its prior is no standard normal."""

    @override
    def sample_codes(self, count: int, noise: Noise) -> Tensor:
        mean, logvar = self.components()
        chosen = (noise.uniform((count,)) * len(mean)).long()
        return losses.gaussian_sample(mean[chosen], logvar[chosen], noise.normal((count, self.latent_dim)))

    @override
    @torch.no_grad()
    def prior_moments(self) -> tuple[Tensor, Tensor]:
        mean, logvar = self.components()
        return mean.mean(0), (logvar.exp().mean(0) + mean.var(0, correction=0)).sqrt()
