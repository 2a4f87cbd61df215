r"""The VAE with a mixture of Gaussians as its prior, whose components are learned with the rest.

    p(z) = Σ_k π_k N(z; m_k, diag s_k²),   π_k = 1/K,   rate = log q(z|x) − log p(z) at a sampled z

Images that are alike can have a component of their own, and codes need not fill one Gaussian together. Jiang et al.
2017, VaDE, arXiv:1611.05148; Dilokthanakul et al. 2017, arXiv:1611.02648; with equal weights here.
"""

from typing import Any

import torch
from torch import Tensor, nn
from typing_extensions import override

from vaeplay.models.parts import losses
from vaeplay.models.vae import VAE
from vaeplay.noise import Noise, sample_categorical


class MixtureVAE(VAE):
    """VAE whose prior is a mixture of `components` Gaussians, in the `shares` π (K,). Its rate is a sampled one."""

    uses: tuple[str, ...] = ("likelihood", "schedule", "hidden", "components")
    shares: Tensor

    def __init__(self, *size: Any, components: int, **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.prior = f"a mixture of {components} learned Gaussians"
        self.centres = self.build_centres(components)
        self.register_buffer("shares", torch.full((components,), 1 / components))

    def build_centres(self, count: int) -> nn.Parameter:
        """The parameters of the components: means and log-variances beside each other, (K, 2D)."""
        means = torch.randn(count, self.latent_dim)
        return nn.Parameter(torch.cat([means, torch.zeros_like(means)], dim=1))

    def components(self) -> tuple[Tensor, Tensor]:
        """Means and log-variances of the prior's components, (K, D) each."""
        mean, logvar = self.centres.chunk(2, dim=1)
        return mean, logvar

    def log_prior(self, z: Tensor) -> Tensor:
        """log p(z), (B, D) → (B,), nats."""
        each = losses.gaussian_log_density(z.unsqueeze(1), *self.components()).sum(2)
        return (each + self.shares.log()).logsumexp(1)

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
        chosen = sample_categorical(self.shares, noise.uniform((count,)))
        return losses.gaussian_sample(mean[chosen], logvar[chosen], noise.normal((count, self.latent_dim)))

    @override
    @torch.no_grad()
    def prior_moments(self) -> tuple[Tensor, Tensor]:
        mean, logvar = self.components()
        centre = self.shares @ mean
        return centre, (self.shares @ (logvar.exp() + (mean - centre).square())).sqrt()
