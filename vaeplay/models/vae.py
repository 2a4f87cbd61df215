r"""The variational autoencoder and the β-VAE.

    q(z|x) = N(mean, diag exp(logvar)),   [mean, logvar] = encoder(x),   p(z) = N(0, I)
    loss   = distortion(x, z) + β · rate(x),   z = mean + exp(logvar / 2) · ε,   ε ~ N(0, I)

VAE: β = 1, the negative ELBO. Kingma & Welling 2014, arXiv:1312.6114.
BetaVAE: β from the settings. Higgins et al. 2017, β-VAE.

A schedule may change the weight of the rate from step to step (see `schedules`); β multiplies it.
"""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from vaeplay.models.base import Autoencoder
from vaeplay.models.parts import losses, schedules
from vaeplay.models.parts.losses import Loss
from vaeplay.noise import Noise


class VAE(Autoencoder):
    """Variational autoencoder: the weight of its rate is 1 by definition."""

    uses: tuple[str, ...] = ("likelihood", "schedule", "hidden")
    prior = "the prior, a standard normal"
    beta = 1.0

    def __init__(self, *size: Any, schedule: dict[str, Any], **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.schedule_settings = schedule
        self.schedule = schedules.of(schedule, steps=1)  # until `start` knows how many steps there are

    def start(self, images: Tensor, noise: Noise, steps: int) -> None:
        """Set the schedule's length to the training's."""
        self.schedule = schedules.of(self.schedule_settings, steps)

    def encoder_outputs(self) -> int:
        """Mean and log-variance of each latent dimension."""
        return 2 * self.latent_dim

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z|x), each (B, latent_dim)."""
        mean, logvar = self.encoder(x).chunk(2, dim=1)
        return mean, logvar

    def encode(self, x: Tensor) -> Tensor:
        """The posterior's mean."""
        return self.posterior(x)[0]

    def loss(self, x: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        """distortion + β · rate, with one sample of the posterior."""
        x = self.likelihood.observe(x, noise)
        mean, logvar = self.posterior(x)
        z = losses.gaussian_sample(mean, logvar, noise.normal(mean.shape))
        distortion = self.distortion(x, z)
        rates = losses.gaussian_rates(mean, logvar)
        total = distortion + self.beta * self.schedule(rates, step)
        return Loss(total, {"distortion": distortion, "rate": rates.sum(1)})

    def rate_weight(self, step: int) -> float | None:
        """β times the schedule's weight."""
        weight = self.schedule.weight(step)
        return None if weight is None else self.beta * float(weight)

    def sample_codes(self, count: int, noise: Noise) -> Tensor:
        """Standard normal, (count, latent_dim)."""
        return noise.normal((count, self.latent_dim))

    @override
    def prior_moments(self) -> tuple[Tensor, Tensor]:
        zeros = torch.zeros(self.latent_dim, device=next(self.parameters()).device)
        return zeros, zeros + 1


class BetaVAE(VAE):
    """β-VAE: `beta` above 1 trades reconstruction for a lower rate; with 1 it is the VAE, to the bit."""

    uses: tuple[str, ...] = ("likelihood", "schedule", "hidden", "beta")

    def __init__(self, *size: Any, beta: float, **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.beta = beta
