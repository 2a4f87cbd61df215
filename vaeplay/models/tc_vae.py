r"""The β-TCVAE: β multiplies only the total correlation of the codes.

    rate averaged over images = index-code MI + total correlation + dimension-wise KL
      MI  = KL(q(z, n) ‖ q(z) p(n))     TC = KL(q(z) ‖ Π_d q(z_d))     dimension-wise KL = Σ_d KL(q(z_d) ‖ p(z_d))
    loss = distortion + MI + β · TC + dimension-wise KL

q(z) is estimated from the batch, with N training images and M in the batch, by one of two samplings:

    weighted      log q(z_i) ≈ log Σ_j q(z_i|x_j) / (N·M)
    stratified    log q(z_i) ≈ log [q(z_i|x_i) / N + Σ_{j≠i} q(z_i|x_j) (N − 1) / (N·(M − 1))]

Chen et al. 2018, arXiv:1802.04942, appendix C. The three terms of an image are one-sample estimates, and may be
negative; they always add up to log q(z|x) − log p(z) at the sampled code. The weighted estimate of q(z) is too low by a
factor, N if the batch is the whole data set, and so is that of each q(z_d): MI is then log N too high, TC (D − 1) log N
too high, dimension-wise KL D log N too low. No gradient depends on this. The stratified estimate of q(z) is unbiased.
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

    uses: tuple[str, ...] = ("likelihood", "hidden", "beta", "sampling")

    def __init__(self, *size: Any, sampling: str, **settings: Any) -> None:
        super().__init__(*size, schedule={"name": "constant"}, **settings)
        self.sampling = sampling
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
        mean, logvar = self.gaussian(x)
        z = losses.gaussian_sample(mean, logvar, noise.normal(mean.shape))
        distortion = self.distortion(x, z)
        mutual, correlation, dimensions = decompose(z, mean, logvar, self.images, self.sampling)
        rate = losses.gaussian_rates(mean, logvar).sum(1)
        terms = {"distortion": distortion, "rate": rate}
        terms |= {"mutual_information": mutual, "total_correlation": correlation, "dimension_kl": dimensions}
        return Loss(distortion + mutual + self.beta * correlation + dimensions, terms)


def decompose(
    z: Tensor, mean: Tensor, logvar: Tensor, images: int | Tensor, sampling: str = "weighted"
) -> tuple[Tensor, Tensor, Tensor]:
    """Index-code MI, total correlation and dimension-wise KL at each code: three of (B,), nats.

    `z`, `mean` and `logvar` are (B, D); `images` is the size of the data set.
    """
    log_all = losses.gaussian_log_density(z.unsqueeze(1), mean, logvar)  # (B, B, D): log q(z_i,d | x_j)
    weight = log_weights(len(z), torch.as_tensor(images, dtype=z.dtype, device=z.device), sampling)
    log_posterior = losses.gaussian_log_density(z, mean, logvar).sum(1)
    log_aggregate = (log_all.sum(2) + weight).logsumexp(1)
    log_product = (log_all + weight.unsqueeze(2)).logsumexp(1).sum(1)
    log_prior = losses.gaussian_log_density(z, torch.zeros_like(z), torch.zeros_like(z)).sum(1)
    return log_posterior - log_aggregate, log_aggregate - log_product, log_product - log_prior


def log_weights(batch: int, images: Tensor, sampling: str) -> Tensor:
    """The logarithm of what the posterior of image j counts for in q(z_i), (B, B); `images` () is N."""
    own = torch.eye(batch, dtype=torch.bool, device=images.device)
    if sampling == "weighted":
        return torch.zeros_like(own, dtype=images.dtype) - (batch * images).log()
    return torch.where(own, -images.log(), ((images - 1) / (images * max(1, batch - 1))).log())
