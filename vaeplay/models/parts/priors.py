"""The prior that most models share."""

import torch
from torch import Tensor, nn

from vaeplay.noise import Noise


class StandardNormal(nn.Module):
    """Listed before `Autoencoder` among the bases, it gives a model the prior p(z) = N(0, I), and nothing else."""

    prior = "the prior, a standard normal"
    latent_dim: int

    def sample_codes(self, count: int, noise: Noise) -> Tensor:
        """Standard normal, (count, latent_dim)."""
        return noise.normal((count, self.latent_dim))

    def prior_moments(self) -> tuple[Tensor, Tensor]:
        """Means 0 and standard deviations 1, (latent_dim,) each."""
        zeros = torch.zeros(self.latent_dim, device=next(self.parameters()).device)
        return zeros, zeros + 1
