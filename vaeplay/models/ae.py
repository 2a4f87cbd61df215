"""The autoencoder: a code that reconstructs, and no prior.

    loss = distortion(x, z),   z = encoder(x)

Hinton & Salakhutdinov 2006, doi:10.1126/science.1127647. It has no distribution to sample from; to generate all the
same, a Gaussian is fitted to the codes of the training images afterwards (ex-post density estimation, Ghosh et al.
2020, arXiv:1903.12436).
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from vaeplay.losses import Loss
from vaeplay.models.base import Autoencoder
from vaeplay.noise import Noise


class AE(Autoencoder):
    """Autoencoder. `code_mean` (D,) and `code_factor` (D, D) are the Gaussian that `sample` draws codes from."""

    prior = "a Gaussian fitted to the codes of the training images, since an autoencoder has no prior"
    code_mean: Tensor
    code_factor: Tensor

    def __init__(self, *size: Any, **settings: Any) -> None:
        super().__init__(*size, **settings)
        self.register_buffer("code_mean", torch.zeros(self.latent_dim))
        self.register_buffer("code_factor", torch.eye(self.latent_dim))

    def encode(self, x: Tensor) -> Tensor:
        """z = encoder(x)."""
        z: Tensor = self.encoder(x)
        return z

    def loss(self, x: Tensor, step: int, noise: Noise) -> Loss:
        """The distortion alone."""
        distortion = self.distortion(x, self.encode(x))
        return Loss(distortion, {"distortion": distortion})

    def sample(self, count: int, noise: Noise) -> Tensor:
        """Decoded draws from the Gaussian fitted to the training codes."""
        return self.decode(self.code_mean + noise.normal((count, self.latent_dim)) @ self.code_factor.T)

    @torch.no_grad()
    def fit_prior(self, batches: Iterable[Tensor], noise: Noise) -> None:
        """Mean and covariance of the training codes; the covariance is kept as its symmetric root F, F Fᵀ = covariance.

        The root comes from the eigenvectors, since codes with a dead dimension have no Cholesky factor.
        """
        codes = torch.cat([self.encode(x) for x in batches]).double()
        mean = codes.mean(0)
        values, vectors = torch.linalg.eigh((codes - mean).T @ (codes - mean) / len(codes))
        self.code_mean.copy_(mean)
        self.code_factor.copy_(vectors * values.clamp(min=0).sqrt() @ vectors.T)
