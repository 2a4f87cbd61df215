r"""The variational autoencoder and the β-VAE.

    q(z|x) = N(mean, diag exp(logvar)),   [mean, logvar] = encoder(x),   p(z) = N(0, I)
    loss   = distortion(x, z) + β · rate(x),   z = mean + exp(logvar / 2) · ε,   ε ~ N(0, I)

VAE: β = 1, the negative ELBO. Kingma & Welling 2014, arXiv:1312.6114.
BetaVAE: β from the settings. Higgins et al. 2017, β-VAE.

A schedule may change the weight of the rate from step to step (see `schedules`); β multiplies it.
"""

from typing import Any

from torch import Tensor
from typing_extensions import override

from vaeplay.models.base import Autoencoder
from vaeplay.models.parts import losses, schedules
from vaeplay.models.parts.losses import Loss
from vaeplay.models.parts.priors import StandardNormal
from vaeplay.noise import Noise


class VAE(StandardNormal, Autoencoder):
    """Variational autoencoder: the weight of its rate is 1 by definition."""

    uses: tuple[str, ...] = ("likelihood", "schedule", "hidden")
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

    def gaussian(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance that the encoder gives for x, each (B, latent_dim)."""
        mean, logvar = self.encoder(x).chunk(2, dim=1)
        return mean, logvar

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor] | None:
        """q(z|x) is this Gaussian."""
        return self.gaussian(x)

    def encode(self, x: Tensor) -> Tensor:
        """The Gaussian's mean."""
        return self.gaussian(x)[0]

    def code(self, x: Tensor, noise: Noise) -> tuple[Tensor, Tensor]:
        """One draw from q(z|x), (B, latent_dim), and its rate in parts, (B, D): one for each dimension, nats."""
        mean, logvar = self.gaussian(x)
        z = losses.gaussian_sample(mean, logvar, noise.normal(mean.shape))
        return z, losses.gaussian_rates(mean, logvar)

    def loss(self, x: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        """distortion + β · rate, with one sample of the posterior."""
        x = self.likelihood.observe(x, noise)
        return self.of_code(x, *self.code(x, noise), step, noise)

    def of_code(self, x: Tensor, z: Tensor, rates: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        """The loss of images that are seen as x, with codes z (B, latent_dim) and their rates (B, D)."""
        distortion = self.distortion(x, z)
        total = distortion + self.beta * self.schedule(rates, step)
        return Loss(total, {"distortion": distortion, "rate": rates.sum(1)})

    @override
    def measure(self, x: Tensor, noise: Noise) -> dict[str, Tensor]:
        x = self.likelihood.observe(x, noise)
        z, rates = self.code(x, noise)
        return {"distortion": self.distortion(x, z), "rate": rates.sum(1)}

    def rate_weight(self, step: int) -> float | None:
        """β times the schedule's weight."""
        weight = self.schedule.weight(step)
        return None if weight is None else self.beta * float(weight)


class BetaVAE(VAE):
    """β-VAE: `beta` above 1 trades reconstruction for a lower rate; with 1 it is the VAE, to the bit."""

    uses: tuple[str, ...] = ("likelihood", "schedule", "hidden", "beta")

    def __init__(self, *size: Any, beta: float, **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.beta = beta
