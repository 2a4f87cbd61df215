r"""Densities fitted to a trained model's codes, to draw new codes from: a Gaussian, or a mixture of Gaussians.

    p(z) = Σ_k w_k N(z; m_k, F_k F_kᵀ)

Ex-post density estimation, Ghosh et al. 2020, arXiv:1903.12436. The mixture is fitted here and not by scikit-learn,
whose import takes longer than everything else that is done with it.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from vaeplay.matrices import symmetric_root
from vaeplay.models.parts.clusters import k_means
from vaeplay.noise import Noise, sample_categorical

STEPS = 100  # of k-means, and of expectation-maximisation, at most
TOLERANCE = 1e-3  # nats per code: what a step gains when it is the last
SMALLEST = 1e-6  # variance that is added in every direction, as a share of the codes' mean variance


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
    """A mixture fitted by expectation-maximisation from k-means, with fewer components if there are fewer codes.

    Dempster et al. 1977, doi:10.1111/j.2517-6161.1977.tb01600.x.
    """
    if len(codes) < 2:
        return fit_gaussian(codes)
    exact, count = codes.cpu().double(), min(components, len(codes))
    _, places, _ = k_means(exact, count, Noise(int(noise.uniform((1,)).item() * 2**31)), STEPS)
    shares = torch.nn.functional.one_hot(places, count).double()
    added = SMALLEST * exact.var(0, correction=0).mean().clamp(min=1e-12) * torch.eye(exact.shape[1]).double()
    before = -torch.inf
    for _ in range(STEPS):
        weights, means, covariances = _weighted_moments(exact, shares)
        covariances = covariances + added
        each = MultivariateNormal(means, covariances, validate_args=False).log_prob(exact[:, None]) + weights.log()
        log_density = each.logsumexp(1, keepdim=True)
        shares, now = (each - log_density).exp(), float(log_density.mean())
        if now - before < TOLERANCE:
            break
        before = now
    return _like(codes, weights, means, covariances)


def _weighted_moments(codes: Tensor, shares: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Weight, mean and covariance of each component: codes (N, D), shares (N, K) → (K,), (K, D), (K, D, D)."""
    counts = shares.sum(0).clamp(min=1e-12)
    means = shares.T @ codes / counts[:, None]
    parts = [(share[:, None] * (codes - mean)).T @ (codes - mean) for share, mean in zip(shares.T, means, strict=True)]
    return counts / counts.sum(), means, torch.stack(parts) / counts[:, None, None]


def _like(codes: Tensor, weights: Tensor, means: Tensor, covariances: Tensor) -> Mixture:
    parts = (weights, means, symmetric_root(covariances))
    return Mixture(*(part.to(codes.device, codes.dtype) for part in parts))
