r"""The DIP-VAE: the codes of all images together are to have the prior's covariance, the identity.

    loss = distortion + rate + λ Σ_{i≠j} C_ij² + λ_d Σ_i (C_ii − 1)²
      I:  C = Cov(mean of q(z|x)),                               λ_d = 10 λ
      II: C = Cov(mean of q(z|x)) + mean of q(z|x)'s variances,   λ_d = λ

Covariances are the batch's. λ is `weight` of the setting `covariance`, and its `name` says which C, I or II. Kumar et
al. 2018, arXiv:1711.00848, with the ratios of λ_d to λ that they advise.
"""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from vaeplay.models.parts import losses
from vaeplay.models.parts.losses import Loss
from vaeplay.models.vae import VAE
from vaeplay.noise import Noise

DIAGONAL = {"means": 10.0, "codes": 1.0}  # λ_d / λ of DIP-VAE I and II


class DIPVAE(VAE):
    """DIP-VAE I or II; with `weight` 0 it is the VAE. The penalty is among its batch metrics, as `covariance`."""

    uses: tuple[str, ...] = ("likelihood", "schedule", "hidden", "covariance")

    def __init__(self, *size: Any, covariance: dict[str, Any], **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.of, self.weight = covariance["name"], covariance["weight"]

    @override
    def loss(self, x: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        x = self.likelihood.observe(x, noise)
        mean, logvar = self.gaussian(x)
        z = losses.gaussian_sample(mean, logvar, noise.normal(mean.shape))
        plain = self.of_code(x, z, losses.gaussian_rates(mean, logvar), step, noise)
        found = covariance(mean) + (logvar.exp().mean(0).diag() if self.of == "codes" else 0)
        penalty = distance_from_identity(found, DIAGONAL[self.of])
        return Loss(plain.total + self.weight * penalty, plain.terms, {"covariance": penalty})


def covariance(codes: Tensor) -> Tensor:
    """That of codes as all there are: (B, D) → (D, D)."""
    centred = codes - codes.mean(0)
    return centred.T @ centred / len(codes)


def distance_from_identity(matrix: Tensor, diagonal: float) -> Tensor:
    """The squares off the diagonal of (D, D), and `diagonal` times those of what its diagonal lacks to 1: ()."""
    squares = (matrix - torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)).square()
    return squares.sum() + (diagonal - 1) * squares.diagonal().sum()
