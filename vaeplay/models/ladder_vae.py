r"""A ladder VAE of two layers: a top code says what kind of code to expect, and the code says what the image is.

    p(x, z, y) = p(x|z) p(z|y) p(y),   p(y) = N(0, I),   p(z|y) = N(mean, var of a network of y)
    q(y|x) = N(network of the encoder's mean),   q(z|x, y) ∝ N(z; encoder(x)) · p(z|y)
    rate = KL(q(y|x) ‖ p(y)) + KL(q(z|x, y) ‖ p(z|y)) at a sampled y

The posterior of z combines what the image says and what the top expects, each weighted by its precision. Sønderby et
al. 2016, arXiv:1602.02282. y has half as many dimensions as z. The decoder sees z alone, so that z is the code.
"""

from typing import Any

import torch
from torch import Tensor, nn
from typing_extensions import override

from vaeplay.models.base import Autoencoder
from vaeplay.models.parts import losses, nets
from vaeplay.models.vae import VAE
from vaeplay.noise import Noise

UNITS = 64  # of the hidden layer between the two codes, each way


class LadderVAE(VAE):
    """VAE with a second layer of latent variables above the code. Its rate is that of both."""

    prior = "the prior: a standard normal of the top code, and what the model learned to expect below it"

    def __init__(self, *size: Any, **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.top = max(1, self.latent_dim // 2)
        self.up = nn.Sequential(*nets.dense(self.latent_dim, 2 * self.top, 1, self.activation, UNITS))
        self.down = nn.Sequential(*nets.dense(self.top, 2 * self.latent_dim, 1, self.activation, UNITS))

    def both(self, x: Tensor, normal: Tensor) -> tuple[Tensor, ...]:
        """q(y|x), q(z|x, y) and p(z|y) as means and log-variances, at the y that `normal` (B, top) makes."""
        mean, logvar = super().gaussian(x)
        top_mean, top_logvar = self.up(mean).chunk(2, dim=1)
        below_mean, below_logvar = self.down(losses.gaussian_sample(top_mean, top_logvar, normal)).chunk(2, dim=1)
        precision, below = (-logvar).exp(), (-below_logvar).exp()
        both = (mean * precision + below_mean * below) / (precision + below)
        return top_mean, top_logvar, both, -(precision + below).log(), below_mean, below_logvar

    @override
    def gaussian(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """q(z|x, y) at the mean of y."""
        _, _, mean, logvar, _, _ = self.both(x, torch.zeros(len(x), self.top, device=x.device))
        return mean, logvar

    @override
    def code(self, x: Tensor, noise: Noise) -> tuple[Tensor, Tensor]:
        parts = self.both(x, noise.normal((len(x), self.top)))
        top_mean, top_logvar, mean, logvar, below_mean, below_logvar = parts
        z = losses.gaussian_sample(mean, logvar, noise.normal(mean.shape))
        scale = (0.5 * below_logvar).exp()  # in whose units p(z|y) is a standard normal
        rates = losses.gaussian_rates((mean - below_mean) / scale, logvar - below_logvar)
        return z, torch.cat([losses.gaussian_rates(top_mean, top_logvar), rates], dim=1)

    @override
    def posterior(self, x: Tensor) -> None:
        """None: over all y it is no Gaussian, nor is the prior."""

    @override
    def sample_codes(self, count: int, noise: Noise) -> Tensor:
        mean, logvar = self.down(noise.normal((count, self.top))).chunk(2, dim=1)
        return losses.gaussian_sample(mean, logvar, noise.normal(mean.shape))

    @override
    def sample_layers(self, rows: int, columns: int, noise: Noise) -> Tensor:
        mean, logvar = self.down(noise.normal((rows, self.top))).unsqueeze(1).chunk(2, dim=2)
        z = losses.gaussian_sample(mean, logvar, noise.normal((1, columns, self.latent_dim)))
        return self.decode(z.flatten(0, 1)).unflatten(0, (rows, columns))

    @override
    def prior_moments(self) -> tuple[Tensor, Tensor]:
        return Autoencoder.prior_moments(self)
