"""The autoencoder: codes that reconstruct images, without a prior.

    loss = distortion(x, z),   z = encoder(x)

Hinton & Salakhutdinov 2006, doi:10.1126/science.1127647. It has no distribution to sample from. To generate images all
the same, a Gaussian or a mixture of Gaussians is fitted to the codes of the training images after training (ex-post
density estimation, Ghosh et al. 2020, arXiv:1903.12436).
"""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from vaeplay.data.prepared import batches
from vaeplay.models.base import Autoencoder
from vaeplay.models.parts.densities import Mixture, fit_gaussian, fit_mixture
from vaeplay.models.parts.losses import Loss
from vaeplay.noise import Noise


class AE(Autoencoder):
    """Autoencoder. `sample` draws codes from a mixture of K Gaussians (K = 1 for a single one).

    `weights` (K,), `means` (K, D) and `factors` (K, D, D), whose F Fᵀ is the component's covariance.
    """

    uses: tuple[str, ...] = ("likelihood", "density", "hidden")
    weights: Tensor
    means: Tensor
    factors: Tensor

    def __init__(self, *size: Any, density: dict[str, Any], **settings: Any) -> None:
        super().__init__(*size, **settings)
        components = density.get("components", 1)
        kind = "a Gaussian" if density["name"] == "gaussian" else f"a mixture of {components} Gaussians"
        self.prior = f"{kind} fitted to the codes of the training images, since an autoencoder has no prior"
        self.mixture = density["name"] == "mixture"
        self.register_buffer("weights", torch.full((components,), 1 / components))
        self.register_buffer("means", torch.zeros(components, self.latent_dim))
        self.register_buffer("factors", torch.eye(self.latent_dim).repeat(components, 1, 1))

    @override
    def loss(self, x: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        x = self.likelihood.observe(x, noise)
        distortion = self.distortion(x, self.encode(x))
        return Loss(distortion, {"distortion": distortion})

    def sample_codes(self, count: int, noise: Noise) -> Tensor:
        """Draws from the fitted density, (count, D)."""
        return Mixture(self.weights, self.means, self.factors).sample(count, noise)

    @override
    def prior_moments(self) -> tuple[Tensor, Tensor]:
        squares = self.means.square() + self.factors.square().sum(2)  # E z² of each component
        mean = self.weights @ self.means
        return mean, (self.weights @ squares - mean.square()).clamp(min=0).sqrt()

    @torch.no_grad()
    def fit_prior(self, images: Tensor, noise: Noise) -> None:
        """Fit the density to the codes of the training images."""
        codes = torch.cat([self.encode(self.likelihood.observe(x, noise)) for x in batches(images)])
        fitted = fit_mixture(codes, len(self.weights), noise) if self.mixture else fit_gaussian(codes)
        self.weights.zero_()
        for own, part in ((self.weights, fitted.weights), (self.means, fitted.means), (self.factors, fitted.factors)):
            own[: len(part)].copy_(part)  # fewer if there are fewer codes; the rest get no weight
