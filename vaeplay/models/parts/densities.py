r"""Densities fitted to a trained model's codes, to draw new codes from: a Gaussian, or a mixture of Gaussians.

    p(z) = Σ_k w_k N(z; m_k, F_k F_kᵀ)

Ex-post density estimation, Ghosh et al. 2020, arXiv:1903.12436.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from vaeplay.matrices import symmetric_root
from vaeplay.noise import Noise, sample_categorical


@dataclass(frozen=True)
class Mixture:
    """K Gaussians over codes of D dimensions: `weights` (K,), `means` (K, D), `factors` (K, D, D)."""

    weights: Tensor
    means: Tensor
    factors: Tensor

    def sample(self, count: int, noise: Noise) -> Tensor:
        """Draws, (count, D)."""
        normal = noise.normal((count, self.means.shape[1]))
        chosen = sample_categorical(self.weights, noise.uniform((count,)))
        return self.means[chosen] + torch.einsum("nij,nj->ni", self.factors[chosen], normal)


def fit_gaussian(codes: Tensor) -> Mixture:
    """The Gaussian with the mean and covariance of codes (N, D), as a mixture of one."""
    exact = codes.cpu().double()
    covariance = torch.cov(exact.T, correction=0).reshape(1, codes.shape[1], codes.shape[1])
    return _like(codes, torch.ones(1), exact.mean(0)[None], covariance)


def fit_mixture(codes: Tensor, components: int, noise: Noise) -> Mixture:
    """A Gaussian mixture by expectation-maximisation, with fewer components if there are fewer codes."""
    if len(codes) < 2:
        return fit_gaussian(codes)
    from sklearn.mixture import GaussianMixture  # takes a second to import; a single Gaussian does without
    from threadpoolctl import threadpool_limits

    seed = int(noise.uniform((1,)).item() * 2**31)
    with threadpool_limits(1):  # several threads would add in a different order each time
        fitted = GaussianMixture(min(components, len(codes)), random_state=seed).fit(codes.cpu().double().numpy())
    return _like(codes, *(torch.from_numpy(part) for part in (fitted.weights_, fitted.means_, fitted.covariances_)))


def _like(codes: Tensor, weights: Tensor, means: Tensor, covariances: Tensor) -> Mixture:
    parts = (weights, means, symmetric_root(covariances))
    return Mixture(*(part.to(codes.device, codes.dtype) for part in parts))
