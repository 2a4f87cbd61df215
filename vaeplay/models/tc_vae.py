r"""The β-TCVAE: β multiplies only the total correlation of the codes.

    rate averaged over images = index-code MI + total correlation + dimension-wise KL
      MI  = KL(q(z, n) ‖ q(z) p(n))     TC = KL(q(z) ‖ Π_d q(z_d))     dimension-wise KL = Σ_d KL(q(z_d) ‖ p(z_d))
    loss = distortion + MI + β · TC + dimension-wise KL

q(z) is estimated from the batch by minibatch-weighted sampling, with N training images and M in the batch:
log q(z) ≈ log 1/(N·M) Σ_j q(z|x_j). Chen et al. 2018, arXiv:1802.04942. The three terms of an image are one-sample
estimates, and may be negative; they always add up to log q(z|x) − log p(z) at the sampled code. The estimate of q(z) is
too low by a factor, N if the batch is the whole data set, and so is that of each q(z_d): MI is then log N too high,
TC (D − 1) log N too high, dimension-wise KL D log N too low. No gradient depends on this.
"""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from vaeplay.models.parts import losses
from vaeplay.models.parts.losses import Loss
from vaeplay.models.vae import BetaVAE
from vaeplay.noise import Noise


class BetaTCVAE(BetaVAE):
    """β-TCVAE; with β = 1 its loss is the VAE's with a sampled rate."""

    images: Tensor

    uses: tuple[str, ...] = ("likelihood", "hidden", "beta")

    def __init__(self, *size: Any, **settings: Any) -> None:
        super().__init__(*size, schedule={"name": "constant"}, **settings)
        self.register_buffer("images", torch.tensor(1))

    def start(self, images: Tensor, noise: Noise, steps: int) -> None:
        """Note the number of training images, N."""
        self.images.fill_(len(images))

    @override
    def rate_weight(self, step: int) -> float | None:
        return None  # β multiplies only a part of the rate

    @override
    def loss(self, x: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        x = self.likelihood.observe(x, noise)
        mean, logvar = self.posterior(x)
        z = losses.gaussian_sample(mean, logvar, noise.normal(mean.shape))
        distortion = self.distortion(x, z)
        mutual, correlation, dimensions = decompose(z, mean, logvar, self.images)
        rate = losses.gaussian_rates(mean, logvar).sum(1)
        terms = {"distortion": distortion, "rate": rate}
        terms |= {"mutual_information": mutual, "total_correlation": correlation, "dimension_kl": dimensions}
        return Loss(distortion + mutual + self.beta * correlation + dimensions, terms)


def decompose(z: Tensor, mean: Tensor, logvar: Tensor, images: int | Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Index-code MI, total correlation and dimension-wise KL at each code: three of (B,), nats.

    `z`, `mean` and `logvar` are (B, D); `images` is the size of the data set.
    """
    log_all = losses.gaussian_log_density(z.unsqueeze(1), mean, logvar)  # (B, B, D): log q(z_i,d | x_j)
    weight = torch.as_tensor(len(z) * images, dtype=z.dtype).log()
    log_posterior = losses.gaussian_log_density(z, mean, logvar).sum(1)
    log_aggregate = log_all.sum(2).logsumexp(1) - weight
    log_product = (log_all.logsumexp(1) - weight).sum(1)
    log_prior = losses.gaussian_log_density(z, torch.zeros_like(z), torch.zeros_like(z)).sum(1)
    return log_posterior - log_aggregate, log_aggregate - log_product, log_product - log_prior
