"""Figures of the evaluation beside those of other implementations, or of a closed form, on the same numbers.

    uv run python -m benchmarks.references

Prints a row a figure: its name, ours, the reference's, and the difference. It needs the development dependencies. Where
the reference estimates something else, or draws, the row says so, and only there do they differ beyond rounding.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import torch
from prdc import compute_prdc
from scipy import linalg
from scipy.spatial.distance import cdist
from scipy.stats import multivariate_normal
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor
from torch.distributions import Independent, Normal, kl_divergence
from torch_fidelity import metric_fid, metric_kid

from benchmarks.code_references import of_classes, of_factors
from vaeplay.data import mnist5k
from vaeplay.data.prepared import as_float
from vaeplay.evaluation.metrics import distances, likelihood, manifold, pixels
from vaeplay.maps import projections
from vaeplay.models.parts import losses
from vaeplay.models.parts.likelihoods import Bernoulli

Row = tuple[str, float, float]


def digits(count: int) -> Tensor:
    """Every so manieth of the embedded digits, uint8."""
    found = torch.from_numpy(mnist5k.read().images)
    return found[:: len(found) // count].contiguous()


def reconstruction() -> Iterator[Row]:
    """Likeness of digits to noisy ones, image by image."""
    x = as_float(digits(50)).double()
    y = (x + 0.2 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0), dtype=x.dtype)).clamp(0, 1)
    both = list(zip(x[:, 0].numpy(), y[:, 0].numpy(), strict=True))
    ssim = [
        structural_similarity(*pair, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
        for pair in both
    ]
    yield "ssim, scikit-image", float(pixels.ssim(x, y).mean()), float(np.mean(ssim))
    psnr = [peak_signal_noise_ratio(*pair, data_range=1.0) for pair in both]
    yield "psnr, scikit-image", float(pixels.psnr(pixels.mean_squared_error(x, y)).mean()), float(np.mean(psnr))


class LinearGaussian:
    """z ~ N(0, I), x ~ N(W z + b, σ²): log p(x) is known, and the posterior, as W's columns are orthogonal, diagonal.

    `wider` times its standard deviations are those of `posterior`, for an encoder that is not perfect.
    """

    training = False
    sigma = 0.5

    def __init__(self, pixels: int, size: int, wider: float) -> None:
        generator = torch.Generator().manual_seed(0)
        columns, _ = torch.linalg.qr(torch.randn(pixels, size, generator=generator))
        self.matrix = columns * torch.linspace(0.5, 2, size)
        self.offset = torch.full((pixels,), 0.2)
        self.wider = wider
        self.likelihood = Bernoulli((1, pixels, 1))  # for what it observes, which is the image itself

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Means and log-variances."""
        precision = 1 + self.matrix.square().sum(0) / self.sigma**2
        mean = (x.flatten(1) - self.offset) @ self.matrix / self.sigma**2 / precision
        return mean, (self.wider**2 / precision).log().expand_as(mean)

    def distortion(self, x: Tensor, z: Tensor) -> Tensor:
        """−log p(x|z)."""
        return -Normal(z @ self.matrix.T + self.offset, self.sigma).log_prob(x.flatten(1)).sum(1)

    def log_likelihood(self, x: Tensor) -> float:
        """Mean of log p(x), x ~ N(b, W Wᵀ + σ² I), by scipy."""
        covariance = (self.matrix @ self.matrix.T).double() + self.sigma**2 * torch.eye(len(self.offset))
        return float(multivariate_normal(self.offset.double(), covariance).logpdf(x.flatten(1).double()).mean())


def bounds() -> Iterator[Row]:
    """Rates, and the importance-weighted bound where the likelihood is known."""
    generator = torch.Generator().manual_seed(0)
    mean, logvar = torch.randn(2, 500, 8, generator=generator, dtype=torch.double)
    code = Independent(Normal(mean, (0.5 * logvar).exp()), 1)
    prior = Independent(Normal(torch.zeros_like(mean), torch.ones_like(mean)), 1)
    rate = float(losses.gaussian_rates(mean, logvar).sum(1).mean())
    yield "rate, torch.distributions", rate, float(kl_divergence(code, prior).mean())
    images = digits(20)
    for wider, name in ((1.0, "of the exact posterior"), (1.2, "of one 1.2 times as wide, 2,000 codes")):
        model: Any = LinearGaussian(784, 4, wider)
        found = float(likelihood.bound(model, images, 2_000 if wider > 1 else 10, seed=0).mean())
        yield f"bound {name}, scipy's log p(x)", found, model.log_likelihood(as_float(images))


def maps() -> Iterator[Row]:
    """How far to trust a map, by the definition of Venna & Kaski 2001."""
    codes = points(0).numpy()
    plane = projections.pca(codes, 2)
    count, near = len(codes), projections.TRUSTED_NEIGHBOURS
    ranks = cdist(codes, codes).argsort(1).argsort(1)  # 0 is the point itself
    neighbours = cdist(plane, plane).argsort(1)[:, 1 : near + 1]
    worse = np.maximum(np.take_along_axis(ranks, neighbours, 1) - near, 0).sum()
    expected = 1 - 2 * worse / (count * near * (2 * count - 3 * near - 1))
    yield "trustworthiness, definition", projections.trustworthiness(codes, plane) or 0.0, float(expected)


def points(seed: int, scale: float = 1.0, shift: float = 0.0) -> torch.Tensor:
    """1,000 correlated points in 64 dimensions."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(64, 64, generator=torch.Generator().manual_seed(99), dtype=torch.double) / 8
    return scale * torch.randn(1000, 64, generator=generator, dtype=torch.double) @ mixing + shift


def generation() -> Iterator[Row]:
    """Distances of two sets of features, and the shares of one that lie in the other."""
    made, real = points(0, 1.2, 0.1), points(1)
    rows = torch.arange(len(made))
    frechet = distances.frechet(made, real)(rows)
    kernel = distances.kernel(made, real)(rows)
    covariances = [np.cov(x.numpy(), rowvar=False) for x in (made, real)]
    gap = (made.mean(0) - real.mean(0)).square().sum()
    root = linalg.sqrtm(covariances[0] @ covariances[1]).real
    yield "frechet, scipy.linalg.sqrtm", frechet, float(gap + np.trace(sum(covariances) - 2 * root))
    statistics = [metric_fid.fid_features_to_statistics(x) for x in (made, real)]
    found = metric_fid.fid_statistics_to_metric(*statistics, verbose=False)
    yield "frechet, torch-fidelity", frechet, found["frechet_inception_distance"]
    found = metric_kid.kid_features_to_metric(
        made, real, kid_subsets=1, kid_subset_size=len(made), rng_seed=0, verbose=False, kid_kernel="poly",
        kid_kernel_poly_degree=3, kid_kernel_poly_coef0=1,
    )  # fmt: skip
    yield "kid, torch-fidelity", kernel, found["kernel_inception_distance_mean"]
    ours = {key: float(value.mean()) for key, value in manifold.per_image(made, real).items()}
    for key, value in compute_prdc(real.numpy(), made.numpy(), nearest_k=manifold.NEIGHBOURS).items():
        yield f"{key}, prdc", ours[key], float(value)


GROUPS: tuple[Callable[[], Iterable[Row]], ...] = (reconstruction, bounds, generation, maps, of_classes, of_factors)


def main() -> None:
    """Print the table."""
    print(f"{'figure, reference':<64} {'ours':>16} {'reference':>16} {'difference':>12}")
    for group in GROUPS:
        for name, ours, reference in group():
            print(f"{name:<64} {ours:>16.10g} {reference:>16.10g} {ours - reference:>12.1e}")


if __name__ == "__main__":
    main()
