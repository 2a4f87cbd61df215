r"""Densities fitted to a trained model's codes, to draw new codes from.

    Gaussian, mixture of Gaussians:  p(z) = Σ_k w_k N(z; m_k, F_k F_kᵀ)
    RealNVP:                         z = m + F v,   u = flow(v),   p(z) = N(u; 0, I) |det ∂u/∂v| / |det F|

The RealNVP begins as the fitted Gaussian, with m and F, and gradient steps bend it. How it is kept from learning few
codes by heart is in `fitted`, its couplings are in `flows`.

Ex-post density estimation, Ghosh et al. 2020, arXiv:1903.12436; with a flow, Xiao et al. 2019, arXiv:1905.10485. The
mixture is fitted here and not by scikit-learn, whose import takes longer than everything else that is done with it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal
from typing_extensions import override

from vaeplay.matrices import symmetric_root
from vaeplay.models.parts.clusters import k_means
from vaeplay.models.parts.fitted import FittedDensity
from vaeplay.models.parts.flows import RealNVP
from vaeplay.noise import Noise, sample_categorical

COMPONENTS = 10  # of the mixture
STEPS = 100  # of k-means, and of expectation-maximisation, at most
TOLERANCE = 1e-3  # nats per code: what a step gains when it is the last
SMALLEST = 1e-6  # variance that is added in every direction, as a share of the codes' mean variance

COUPLINGS, HIDDEN = 4, 64  # of the RealNVP, and units of the hidden layer of each
BATCH, RATE = 256, 1e-2  # of its steps: codes in each, and the peak of their learning rate
FLOW_STEPS, FLOW_EPOCHS = 300, 30  # at most: of many codes, and of few


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


class Bent(FittedDensity):
    """A Gaussian with mean m (D,) and factor F (D, D), bent by a RealNVP; its `rate` is that of v, F⁻¹ (z − m)."""

    mean: Tensor
    factor: Tensor

    def __init__(self, mean: Tensor, factor: Tensor, epochs: int) -> None:
        super().__init__(epochs, BATCH, RATE)
        self.register_buffer("mean", mean)
        self.register_buffer("factor", factor)
        self.flow = RealNVP(len(mean), COUPLINGS, HIDDEN)

    def straightened(self, codes: Tensor) -> Tensor:
        """The v of codes: (N, D) → (N, D), with mean 0 and covariance I under the Gaussian."""
        return torch.linalg.solve(self.factor, (codes - self.mean).T).T

    @override
    def rate(self, examples: Tensor, noise: Noise | None = None) -> Tensor:
        return -self.flow.log_density(examples)

    def log_density(self, codes: Tensor) -> Tensor:
        """log p(z), (N, D) → (N,), nats."""
        return -self.rate(self.straightened(codes)) - torch.linalg.slogdet(self.factor)[1]

    @override
    def sample(self, count: int, noise: Noise) -> Tensor:
        return self.mean + self.flow.of_normal(noise.normal((count, len(self.mean)))) @ self.factor.T


def fit_realnvp(codes: Tensor, noise: Noise) -> Bent:
    """A RealNVP fitted to codes (N, D), on the CPU: its matrices are too small for a GPU."""
    known, seed = codes.cpu(), int(noise.uniform((1,)).item() * 2**31)
    gaussian = fit_gaussian(known)
    least = math.sqrt(SMALLEST * max(1e-12, float(known.var(0, correction=0).mean())))
    factor = gaussian.factors[0] + least * torch.eye(known.shape[1])
    epochs = max(1, min(FLOW_EPOCHS, FLOW_STEPS // math.ceil(len(known) / BATCH)))
    with torch.random.fork_rng(devices=[]):  # the caller's random state stays the same
        torch.manual_seed(seed)
        bent = Bent(gaussian.means[0], factor, epochs)
    bent.fit(bent.straightened(known), Noise(seed))
    return bent.to(codes.device)


class Density(Protocol):
    """What can be drawn from."""

    def sample(self, count: int, noise: Noise) -> Tensor:
        """Codes, (count, D)."""
        ...


FITS: dict[str, Callable[[Tensor, Noise], Density]] = {
    "gaussian": lambda codes, noise: fit_gaussian(codes),
    "mixture": lambda codes, noise: fit_mixture(codes, COMPONENTS, noise),
    "realnvp": fit_realnvp,
}
"""What is fitted to every model's codes, (N, D), by its name; the noise decides where a fit starts."""
