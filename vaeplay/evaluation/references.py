r"""Principal components as reference rows of the table: models in closed form, measured as every cell is.

With the mean m of the training images, the first D eigenvectors U of their covariance and the variances Λ along them:

    p(x|z) = N(m + W z, σ² I),   W = U (Λ − σ² I)^½,   p(z) = N(0, I)
    q(z|x) = p(z|x) = N(Λ⁻¹ Wᵀ (x − m), σ² Λ⁻¹)

Probabilistic PCA, or PPCA (Tipping & Bishop 1999, doi:10.1111/1467-9868.00196), has as σ² the mean variance along the
components that are left out, and is the best linear VAE under a Gaussian likelihood (Lucas et al. 2019,
arXiv:1911.02469). With σ = 0 it is plain PCA, the best linear autoencoder, with a Gaussian fitted to its codes to
sample from. Samples are means m + W z without noise, as those of the cells are. Its density over pixels compares with
no Bernoulli likelihood, and so nothing in nats is measured.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from vaeplay.evaluation import measure
from vaeplay.evaluation.metrics import generation, pca, reconstruction, representation, trips
from vaeplay.evaluation.metrics.intervals import Estimate
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.models.base import Autoencoder
from vaeplay.noise import Noise

GROUPS = (reconstruction.metrics, generation.metrics, trips.metrics, representation.metrics)
SMALLEST = 1e-12  # variance along a component: images that do not vary have components without a meaning


class LinearGaussian(Autoencoder):
    """A linear encoder and a linear decoder, given, not trained: codes (B, D) whose prior is N(0, I).

    `mean` (P,), `weights` W (P, D), `inverse` (D, P) and, where the posterior is no point, its `variances` (D,).
    """

    prior = "a standard normal"
    logvar: Tensor | None

    def __init__(
        self, shape: Sequence[int], mean: Tensor, weights: Tensor, inverse: Tensor, variances: Tensor | None
    ) -> None:
        size = weights.shape[1]
        super().__init__(shape, size, 0, "Identity", likelihood={"name": "gaussian", "sigma": 1.0}, hidden=1)
        for network, weight, bias in ((self.encoder, inverse, -inverse @ mean), (self.decoder, weights, mean)):
            linear = next(module for module in network.modules() if isinstance(module, torch.nn.Linear))
            linear.weight.data, linear.bias.data = weight.float(), bias.float()
        self.register_buffer("logvar", None if variances is None else variances.clamp(min=SMALLEST).log().float())

    @override
    def encode(self, x: Tensor) -> Tensor:
        z: Tensor = self.encoder(x)
        return z

    @override
    def decode(self, z: Tensor) -> Tensor:
        """m + W z, which may lie outside 0…1."""
        y: Tensor = self.decoder(z)
        return y

    @override
    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor] | None:
        mean = self.encode(x)
        return None if self.logvar is None else (mean, self.logvar.expand_as(mean))

    @override
    def sample_codes(self, count: int, noise: Noise) -> Tensor:
        return noise.normal((count, self.latent_dim))


def models(images: Tensor, sizes: Iterable[int]) -> Iterator[tuple[str, LinearGaussian]]:
    """PCA and probabilistic PCA of training images, uint8 (N, *shape), with codes of each of these sizes, and names.

    None with more numbers than there are components, and none at all for images with more than `pca.MOST_PIXELS`.
    """
    size = images[0].numel()
    if size > pca.MOST_PIXELS:
        return
    mean, directions, variances = pca.components(images)
    for name, probabilistic in (("PCA", False), ("PPCA", True)):
        for numbers in (number for number in sizes if number <= directions.shape[1]):
            first, rest = variances[:numbers].clamp(min=SMALLEST), variances[numbers:]
            noise = rest.mean() if probabilistic and len(rest) else torch.zeros_like(first[0])
            weights = directions[:, :numbers] * (first - noise).clamp(min=0).sqrt()
            inverse = weights.T / first[:, None]
            model = LinearGaussian(images.shape[1:], mean, weights, inverse, noise / first if probabilistic else None)
            yield f"{name}, {numbers} number{'s' if numbers > 1 else ''}", model.to(images.device).eval()


def measured(subject: Subject) -> dict[str, Estimate]:
    """The metrics of one of these models."""
    estimates: dict[str, Estimate] = {}
    for metrics in GROUPS:
        estimates |= metrics(subject)
    return estimates


def row(name: str, estimates: dict[str, Estimate]) -> dict[str, Any]:
    """The metrics of a reference, their intervals, and how many images, samples or pairs these are over."""
    return {"name": name, "metrics": measure.values(estimates), **measure.spreads(estimates)}
