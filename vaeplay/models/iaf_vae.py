r"""The VAE with an inverse autoregressive flow: a posterior that is no longer a Gaussian with independent numbers.

    z_0 = mean + exp(logvar / 2) · ε,   z_t = z_{t−1} · exp(s_t) + t_t,   [s_t, t_t] = network_t(z_{t−1}, h)
    rate = log q(z_0|x) − Σ_t Σ_d s_t,d − log p(z_T) at the sample,   [mean, logvar, h] = encoder(x)

Kingma et al. 2016, arXiv:1606.04934. Steps take the dimensions forwards and backwards by turns. The code of an image
without noise is that of its mean.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from typing_extensions import override

from vaeplay.models.parts import losses
from vaeplay.models.parts.flows import Autoregressive
from vaeplay.models.vae import VAE
from vaeplay.noise import Noise


class IAFVAE(VAE):
    """VAE with an IAF posterior. Its rate is a sampled one; if no step moves a code it is the VAE's."""

    uses: tuple[str, ...] = ("likelihood", "schedule", "hidden", "flow")

    def __init__(self, *size: Any, flow: Mapping[str, int], **settings: Any) -> None:
        super().__init__(*size, **settings)
        steps = range(flow["layers"])
        self.steps = nn.ModuleList(Autoregressive(self.latent_dim, flow["hidden"], step % 2 == 1) for step in steps)

    @override
    def encoder_outputs(self) -> int:
        return 3 * self.latent_dim

    def moved(self, z: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """Codes after all steps, (B, D), and log |det ∂z_T/∂z_0|, (B,)."""
        total = torch.zeros(len(z), dtype=z.dtype, device=z.device)
        for step in self.steps:
            z, log_determinant = step(z, h)
            total = total + log_determinant
        return z, total

    @override
    def gaussian(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, logvar, _ = self.encoder(x).chunk(3, dim=1)
        return mean, logvar

    @override
    def encode(self, x: Tensor) -> Tensor:
        mean, _, h = self.encoder(x).chunk(3, dim=1)
        return self.moved(mean, h)[0]

    @override
    def code(self, x: Tensor, noise: Noise) -> tuple[Tensor, Tensor]:
        mean, logvar, h = self.encoder(x).chunk(3, dim=1)
        first = losses.gaussian_sample(mean, logvar, noise.normal(mean.shape))
        z, log_determinant = self.moved(first, h)
        log_posterior = losses.gaussian_log_density(first, mean, logvar).sum(1) - log_determinant
        zeros = torch.zeros_like(z)
        return z, (log_posterior - losses.gaussian_log_density(z, zeros, zeros).sum(1)).unsqueeze(1)

    @override
    def posterior(self, x: Tensor) -> None:
        """None: its posterior is no Gaussian."""
