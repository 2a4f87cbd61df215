"""What must hold from outside: PCA, probabilistic PCA, exact likelihoods and brute force, side by side with ours."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from torch import Tensor
from torch.distributions import Categorical, Independent, MixtureSameFamily, MultivariateNormal, Normal, kl_divergence

from vaeplay.data import images, mnist5k
from vaeplay.data.prepared import as_float
from vaeplay.models import tc_vae
from vaeplay.models.ae import AE
from vaeplay.models.iwae import IWAE
from vaeplay.models.parts import likelihoods, losses
from vaeplay.models.parts.importance import bound, log_weights
from vaeplay.models.vae import VAE
from vaeplay.noise import Noise
from vaeplay.settings import params
from vaeplay.training import checkpoint, loop

from . import making
from .conftest import ROOT

LINEAR = (0, "ReLU")  # no hidden layer: encoder and decoder are one linear map each, and no activation is built


class LinearGaussian(likelihoods.Gaussian):
    """The decoder's numbers are the mean as they are."""

    def mean(self, outputs: Tensor) -> Tensor:
        return outputs


class LinearLearnedGaussian(likelihoods.LearnedGaussian):
    """The decoder's numbers are the mean, told as `Centred` tells pixels."""

    def mean(self, outputs: Tensor) -> Tensor:
        return 0.5 + outputs / 10


class Centred(torch.nn.Module):
    """Pixels around 0 and of about unit size. It changes nothing of what a linear encoder can say, only how soon."""

    def forward(self, x: Tensor) -> Tensor:
        return 10 * (x - 0.5)


@pytest.fixture
def linear_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(likelihoods.BY_NAME, "linear", LinearGaussian)
    monkeypatch.setitem(likelihoods.BY_NAME, "linear_learned", LinearLearnedGaussian)


@pytest.fixture(scope="module")
def splits() -> dict[str, Tensor]:
    """The digits as params.yaml splits them."""
    settings, data = params.read(ROOT / "params.yaml"), mnist5k.read()
    rows = images.split(data.labels, settings.data.validation, settings.data.test, settings.seed)
    return {name: torch.from_numpy(data.images[chosen]) for name, chosen in rows.items()}


def flat(pixels: Tensor) -> Any:
    return as_float(pixels).flatten(1).double().numpy()


def squared_error(model: Any, pixels: Tensor) -> float:
    """Squared error of the reconstruction per image."""
    with torch.no_grad():
        made = model.reconstruct(as_float(pixels))
    return float(np.square(made.flatten(1).double().numpy() - flat(pixels)).sum(1).mean())


def test_a_linear_autoencoder_ends_at_pca(splits: dict[str, Tensor], linear_means: None) -> None:
    settings = {"epochs": 30, "batch_size": 64, "optimiser": "NAdam", "lr": 1e-2, "lr_schedule": "OneCycleLR"}
    cell = making.cell("AE", train=settings)
    torch.manual_seed(0)
    density, likelihood = {"name": "gaussian"}, {"name": "linear", "sigma": 1.0}
    model = AE((1, 28, 28), 8, *LINEAR, density=density, likelihood=likelihood, hidden=1)
    loop.train(model, splits["train"], splits["validation"], cell)
    pca = PCA(8, svd_solver="full").fit(flat(splits["train"]))
    figures = {}
    for split in ("train", "test"):
        pixels = flat(splits[split])
        theirs = float(np.square(pca.inverse_transform(pca.transform(pixels)) - pixels).sum(1).mean())
        figures[split] = (squared_error(model, splits[split]), theirs)
    print("squared error per image, ours and PCA's:", figures)
    ours, theirs = figures["test"]
    assert ours <= 1.01 * theirs, figures
    ours, theirs = figures["train"]
    assert ours >= theirs * (1 - 1e-6), figures


def linear_gaussian_images(count: int, shape: tuple[int, ...], latent_dim: int) -> Tensor:
    """Images of a linear-Gaussian model, far enough from black and white that none is cut off, uint8."""
    generator = np.random.default_rng(0)
    dims = math.prod(shape)
    directions = np.linalg.qr(generator.normal(size=(dims, latent_dim)))[0] * np.linspace(0.35, 0.1, latent_dim)
    values = (
        0.5 + generator.normal(size=(count, latent_dim)) @ directions.T + 0.04 * generator.normal(size=(count, dims))
    )
    levels = np.round(255 * values)
    assert levels.min() >= 0
    assert levels.max() <= 255
    return torch.from_numpy(levels.astype(np.uint8)).reshape(count, *shape)


def test_a_linear_vae_with_a_learned_sigma_ends_at_probabilistic_pca(linear_means: None) -> None:
    """Tipping & Bishop 1999 give the likelihood; Lucas et al. 2019, arXiv:1911.02469, that the ELBO reaches it."""
    shape, latent_dim = (1, 8, 8), 4
    train, test = linear_gaussian_images(6000, shape, latent_dim).split([5000, 1000])
    settings = {"epochs": 20, "batch_size": 125, "lr": 2e-2, "lr_schedule": "OneCycleLR"}
    cell = making.cell("VAE", train=settings)
    torch.manual_seed(0)
    schedule, likelihood = {"name": "constant"}, {"name": "linear_learned"}
    model = VAE(shape, latent_dim, *LINEAR, schedule=schedule, likelihood=likelihood, hidden=1)
    model.encoder = torch.nn.Sequential(Centred(), model.encoder)
    loop.train(model, train, test, cell)
    pca = PCA(latent_dim, svd_solver="full").fit(flat(train))
    figures = {}
    for name, pixels in (("train", train), ("test", test)):
        with torch.no_grad():
            draws = [model.measure(as_float(pixels), Noise(seed)) for seed in range(20)]
        elbo = -float(torch.stack([draw["distortion"] + draw["rate"] for draw in draws]).mean())
        x = torch.from_numpy(flat(pixels))
        by_torch = MultivariateNormal(torch.from_numpy(pca.mean_), torch.from_numpy(pca.get_covariance())).log_prob(x)
        exact = float(pca.score(flat(pixels)))
        assert exact == pytest.approx(float(by_torch.mean()), abs=1e-6)
        figures[name] = (elbo, exact)
    sigma, noise = float(model.likelihood.get_parameter("log_sigma").detach().exp()), math.sqrt(pca.noise_variance_)
    print("nats per image, our ELBO and probabilistic PCA:", figures, "sigma:", sigma, noise)
    assert all(abs(elbo - exact) < 0.5 for elbo, exact in figures.values()), figures
    elbo, exact = figures["train"]
    assert elbo < exact + 0.01, figures
    assert sigma == pytest.approx(noise, rel=0.02)


class LinearModel:
    """A linear-Gaussian VAE whose posterior is exact, p(x) = N(b, W Wᵀ + σ² I), in double precision.

    The columns of W are at right angles, so that the exact posterior's covariance is diagonal.
    """

    def __init__(self, latent_dim: int = 3) -> None:
        generator = torch.Generator().manual_seed(0)
        self.sigma = 0.3
        shape, dims = (1, 4, 5), 20
        basis = torch.linalg.qr(torch.randn(dims, latent_dim, generator=generator, dtype=torch.float64))[0]
        self.directions = basis * torch.tensor([1.0, 0.7, 0.4], dtype=torch.float64)[:latent_dim]
        self.centre = torch.rand(dims, generator=generator, dtype=torch.float64)
        covariance = self.directions @ self.directions.T + self.sigma**2 * torch.eye(dims, dtype=torch.float64)
        self.evidence = MultivariateNormal(self.centre, covariance)
        self.precision = self.directions.square().sum(0) / self.sigma**2 + 1
        x = self.centre + torch.randn(40, latent_dim, generator=generator, dtype=torch.float64) @ self.directions.T
        x += self.sigma * torch.randn(40, dims, generator=generator, dtype=torch.float64)
        self.x = x.view(-1, *shape)
        likelihood = {"name": "linear", "sigma": self.sigma}
        self.model = IWAE(shape, latent_dim, *LINEAR, likelihood=likelihood, samples=1, hidden=1)
        self.model.double().get_buffer("likelihood.log_sigma").fill_(math.log(self.sigma))
        self.encode_with(shift=0.0, wider=0.0)

    def encode_with(self, shift: float, wider: float) -> None:
        """Set the posterior: the exact one, but for its means and its log-variances."""
        networks = (self.model.encoder, self.model.decoder)
        encoder, decoder = (part for net in networks for part in net.modules() if isinstance(part, torch.nn.Linear))
        to_mean = (self.directions / self.sigma**2).T / self.precision[:, None]
        with torch.no_grad():
            decoder.weight.copy_(self.directions)
            decoder.bias.copy_(self.centre)
            encoder.weight.copy_(torch.cat([to_mean, torch.zeros_like(to_mean)]))
            encoder.bias.copy_(torch.cat([shift - to_mean @ self.centre, wider - self.precision.log()]))

    def bounds(self, samples: int, seed: int = 0) -> Tensor:
        with torch.no_grad():
            return bound(
                log_weights(self.model.distortion, self.model.gaussian(self.x), self.x, Noise(seed), samples)[0]
            )

    def exact(self) -> Tensor:
        return self.evidence.log_prob(self.x.flatten(1))


def test_at_the_exact_posterior_the_importance_weighted_bound_is_the_likelihood_for_every_k(linear_means: None) -> None:
    linear = LinearModel()
    for samples in (1, 10, 100):
        torch.testing.assert_close(linear.bounds(samples), linear.exact())


def test_with_a_wrong_posterior_the_importance_weighted_bound_rises_to_the_likelihood(linear_means: None) -> None:
    linear = LinearModel()
    shift, wider = 0.5, -0.3
    linear.encode_with(shift, wider)
    exact = float(linear.exact().mean())
    spread = linear.precision.rsqrt()
    wrong, right = Normal(torch.full_like(spread, shift), spread * math.exp(wider / 2)), Normal(0.0 * spread, spread)
    elbo = exact - float(kl_divergence(wrong, right).sum())
    figures, errors = {}, {}
    for samples, repeats in ((1, 1000), (10, 200), (100, 50), (1000, 20)):
        draws = torch.stack([linear.bounds(samples, seed).mean() for seed in range(repeats)])
        figures[samples], errors[samples] = float(draws.mean()), float(draws.std()) / math.sqrt(repeats)
    print("bound by k:", figures, "errors:", errors, "exact for k = 1:", elbo, "exact likelihood:", exact)
    assert abs(figures[1] - elbo) < 4 * errors[1], (figures, elbo)
    assert all(lower < higher for lower, higher in itertools.pairwise([*figures.values(), exact])), (figures, exact)
    assert exact - figures[1000] < 0.1 * (exact - figures[1]), (figures, exact)


def test_with_one_sample_the_importance_weighted_bound_is_the_elbo(splits: dict[str, Tensor]) -> None:
    """On statically binarised digits; the VAE's rate is a closed form, so the two agree on average only."""
    binary = (splits["train"] > 127).to(torch.uint8) * 255
    size: dict[str, Any] = {"latent_dim": 8, "hidden": 64, "likelihood": {"name": "bernoulli"}}
    cell = making.cell("VAE", **size, train={"epochs": 4, "batch_size": 50})
    vae = checkpoint.build(cell, (1, 28, 28))
    loop.train(vae, binary[::5], binary[1:200:5], cell)
    iwae = making.model("IWAE", (1, 28, 28), **size, samples=1)
    iwae.load_state_dict(vae.state_dict())
    x = as_float(binary[2::35])
    with torch.no_grad():
        elbos = torch.stack([-vae.loss(x, 0, Noise(seed)).total.mean() for seed in range(400)])
        bounds = torch.stack([iwae.loss(x, 0, Noise(seed)).terms["bound"].mean() for seed in range(400)])
        assert torch.equal(-iwae.loss(x, 0, Noise(5)).total.mean(), bounds[5])
        rate = vae.loss(x, 0, Noise(0)).terms["rate"].mean()
    difference = bounds - elbos
    error = float(difference.std()) / math.sqrt(len(difference))
    print("ELBO, bound with k = 1, error of their difference:", float(elbos.mean()), float(bounds.mean()), error)
    assert rate > 3, "the code says something"
    assert abs(float(difference.mean())) < 4 * error
    assert error < 0.05


def test_a_larger_beta_buys_a_lower_rate_with_a_higher_distortion(splits: dict[str, Tensor]) -> None:
    train, test = splits["train"][::2], splits["test"]
    figures = {}
    for beta in (0.25, 1.0, 4.0, 16.0):
        cell = making.cell("BetaVAE", beta=beta, latent_dim=8, hidden=64, train={"epochs": 10, "lr": 3e-3})
        model = checkpoint.build(cell, (1, 28, 28))
        loop.train(model, train, splits["validation"], cell)
        with torch.no_grad():
            terms = model.eval().measure(as_float(test), Noise(0))
        figures[beta] = (float(terms["rate"].mean()), float(terms["distortion"].mean()))
    print("rate and distortion by beta:", figures)
    for (rate, distortion), (next_rate, next_distortion) in itertools.pairwise(figures.values()):
        assert next_rate < rate, figures
        assert next_distortion > distortion, figures


def codes_of(count: int, dims: int, seed: int = 0, spread: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    """Posterior means and log-variances of images, and a code drawn from each, in double precision."""
    generator = torch.Generator().manual_seed(seed)
    mean, logvar, normal = torch.randn(3, count, dims, generator=generator, dtype=torch.float64)
    mean, logvar = spread * mean, logvar - 1
    return mean + (logvar / 2).exp() * normal, mean, logvar


def gaussian_mixture(mean: Tensor, logvar: Tensor) -> MixtureSameFamily:
    """The aggregate posterior of these images, as torch has it."""
    parts = Independent(Normal(mean, (logvar / 2).exp()), 1)
    return MixtureSameFamily(Categorical(torch.ones(len(mean), dtype=torch.float64)), parts)


@given(st.integers(1, 6), st.integers(1, 4), st.integers(1, 1000), st.integers(0, 10_000))
def test_the_three_terms_of_the_rate_add_up_to_it(batch: int, dims: int, count: int, seed: int) -> None:
    z, mean, logvar = codes_of(batch, dims, seed)
    terms = tc_vae.decompose(z, mean, logvar, count)
    log_posterior = Normal(mean, (logvar / 2).exp()).log_prob(z).sum(1)
    log_prior = Normal(0.0, 1.0).log_prob(z).sum(1)
    torch.testing.assert_close(sum(terms), log_posterior - log_prior)


def test_the_terms_are_those_of_the_mixture_but_for_the_constants_of_minibatch_weighting() -> None:
    """With the whole data set in the batch the mixture is known.

    Minibatch-weighted sampling takes log 1/(N·M) for log 1/M, so q(z) is short of it by log N, and each q(z_d) as well.
    """
    count, dims = 30, 3
    z, mean, logvar = codes_of(count, dims)
    log_posterior = Normal(mean, (logvar / 2).exp()).log_prob(z).sum(1)
    log_aggregate = gaussian_mixture(mean, logvar).log_prob(z)
    marginals = [gaussian_mixture(mean[:, [d]], logvar[:, [d]]).log_prob(z[:, [d]]) for d in range(dims)]
    log_product = torch.stack(marginals).sum(0)
    log_prior = Normal(0.0, 1.0).log_prob(z).sum(1)
    mutual, correlation, dimensions = tc_vae.decompose(z, mean, logvar, count)
    short = math.log(count)
    torch.testing.assert_close(mutual - short, log_posterior - log_aggregate)
    torch.testing.assert_close(correlation - (dims - 1) * short, log_aggregate - log_product)
    torch.testing.assert_close(dimensions + dims * short, log_product - log_prior)


def test_minibatch_weighted_sampling_is_the_double_loop_of_its_definition() -> None:
    z, mean, logvar = codes_of(5, 2)
    count = 70
    mutual, correlation, dimensions = tc_vae.decompose(z, mean, logvar, count)

    def density(i: int, j: int, d: int) -> float:
        variance = math.exp(logvar[j, d])
        return math.exp(-(float(z[i, d] - mean[j, d]) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)

    for i in range(5):
        aggregate = sum(density(i, j, 0) * density(i, j, 1) for j in range(5)) / (5 * count)
        product = math.prod(sum(density(i, j, d) for j in range(5)) / (5 * count) for d in range(2))
        prior = math.prod(math.exp(-(float(z[i, d]) ** 2) / 2) / math.sqrt(2 * math.pi) for d in range(2))
        assert float(mutual[i]) == pytest.approx(math.log(density(i, i, 0) * density(i, i, 1) / aggregate))
        assert float(correlation[i]) == pytest.approx(math.log(aggregate / product))
        assert float(dimensions[i]) == pytest.approx(math.log(product / prior))


def test_codes_with_independent_dimensions_have_no_total_correlation_and_tied_ones_have() -> None:
    """The images are a full grid of means, so q(z) is a product; on a diagonal of means it is not."""
    axis = torch.linspace(-2, 2, 8, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    diagonal = torch.stack([axis, axis], dim=1).repeat(8, 1)

    def total_correlation(mean: Tensor) -> float:
        logvar = torch.full_like(mean, -2.0)
        generator = torch.Generator().manual_seed(0)
        draws = []
        for _ in range(50):
            z = mean + (logvar / 2).exp() * torch.randn(mean.shape, generator=generator, dtype=torch.float64)
            draws.append(tc_vae.decompose(z, mean, logvar, len(mean))[1].mean() - math.log(len(mean)))
        return float(torch.stack(draws).mean())

    assert total_correlation(grid) == pytest.approx(0, abs=1e-9)
    assert total_correlation(diagonal) > 0.5


def test_repeating_the_batch_changes_no_term_of_the_decomposition() -> None:
    parts = codes_of(6, 3)
    once = tc_vae.decompose(*parts, 100)
    z, mean, logvar = (torch.cat([part, part]) for part in parts)
    again = tc_vae.decompose(z, mean, logvar, 100)
    for term, repeated in zip(once, again, strict=True):
        torch.testing.assert_close(repeated, torch.cat([term, term]))


def test_beta_one_of_the_tcvae_is_the_vae_with_a_sampled_rate() -> None:
    tcvae = making.model("BetaTCVAE", beta=1.0)
    vae = making.model("VAE")
    vae.load_state_dict({key: value for key, value in tcvae.state_dict().items() if key != "images"})
    tcvae.start(making.images(100), Noise(0), steps=1)
    x = as_float(making.images(60))
    with torch.no_grad():
        ours = torch.stack([tcvae.loss(x, 0, Noise(seed)).total.mean() for seed in range(300)])
        theirs = torch.stack([vae.loss(x, 0, Noise(seed)).total.mean() for seed in range(300)])
    difference = ours - theirs
    assert abs(float(difference.mean())) < 4 * float(difference.std()) / math.sqrt(300)


def naive_mmd(first: Tensor, second: Tensor) -> float:
    """All pairs, one at a time, in double precision."""

    def kernel(a: list[float], b: list[float]) -> float:
        squared = sum((left - right) ** 2 for left, right in zip(a, b, strict=True))
        sizes = [2 * len(a) * scale for scale in (0.1, 0.2, 0.5, 1, 2, 5, 10)]
        return sum(size / (size + squared) for size in sizes)

    def mean(left: Tensor, right: Tensor) -> float:
        pairs = [kernel(a, b) for a in left.tolist() for b in right.tolist()]
        return sum(pairs) / len(pairs)

    return mean(first, first) + mean(second, second) - 2 * mean(first, second)


@given(st.integers(1, 8), st.integers(1, 8), st.integers(1, 5), st.integers(0, 10_000))
def test_mmd_is_the_double_loop_over_all_pairs_and_symmetric(count: int, other: int, dims: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    first = torch.randn(count, dims, generator=generator)
    second = 1 + 2 * torch.randn(other, dims, generator=generator)
    expected = naive_mmd(first, second)
    assert expected >= 0
    assert float(losses.mmd(first, second)) == pytest.approx(expected, abs=1e-4)
    assert float(losses.mmd(first.double(), second.double())) == pytest.approx(expected, abs=1e-12)
    assert float(losses.mmd(second, first)) == pytest.approx(float(losses.mmd(first, second)), abs=1e-5)


def test_mmd_is_nothing_for_equal_samples_and_the_same_for_repeated_ones() -> None:
    first, second = torch.randn(2, 50, 4, generator=torch.Generator().manual_seed(0))
    assert float(losses.mmd(first, first)) == 0
    torch.testing.assert_close(losses.mmd(torch.cat([first, first]), second), losses.mmd(first, second))


def test_mmd_sees_a_shift_and_rises_with_it() -> None:
    first, second = torch.randn(2, 1000, 4, generator=torch.Generator().manual_seed(0))
    shifts = [float(losses.mmd(first, second + shift)) for shift in (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)]
    assert shifts == sorted(shifts)
    assert shifts[1] > 2 * shifts[0], "a quarter of a standard deviation is seen above the noise of 1,000 codes"


def test_codes_that_follow_the_gradient_of_mmd_end_at_the_prior() -> None:
    codes = (2 + torch.randn(100, 2, generator=torch.Generator().manual_seed(0)) / 2).requires_grad_()
    optimiser, noise = torch.optim.SGD([codes], lr=50.0), Noise(0)
    values = []
    for _ in range(200):
        optimiser.zero_grad()
        value = losses.mmd(codes, noise.normal(codes.shape))
        value.backward()
        optimiser.step()
        values.append(value.item())
    assert values[0] > 1
    assert sum(values[-20:]) / 20 < 0.05
    assert codes.detach().mean(0).abs().max() < 0.25
