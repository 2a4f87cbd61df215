"""The likelihood by quadrature and the gaps below it, held against linear-Gaussian models, whose are known."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from vaeplay.evaluation.metrics import exact, gaps, likelihood
from vaeplay.models.parts import likelihoods
from vaeplay.noise import Noise

from . import making
from .test_limits import LinearModel, linear_means

__all__ = ["linear_means"]  # a fixture


class Counted:
    """Distortions, and of how many pairs of an image and a code they were asked for."""

    def __init__(self, distortions: Callable[[Tensor, Tensor], Tensor | None]) -> None:
        self.distortions, self.pairs = distortions, 0

    def __call__(self, x: Tensor, outputs: Tensor) -> Tensor | None:
        self.pairs += len(x) * len(outputs)
        return self.distortions(x, outputs)


def gaps_of(linear: LinearModel) -> tuple[Tensor, Tensor]:
    """Amortisation and approximation gap of each image."""
    posterior = linear.model.gaussian(linear.x)
    start = posterior[0].detach(), posterior[1].detach()
    best = gaps.best_gaussian(linear.model, linear.x, start, Noise(0))
    normal = Noise(1).normal((len(linear.x), 2000, start[0].shape[1])).double()
    normal = torch.cat([normal, -normal], dim=1)
    with torch.no_grad():
        own, highest = (gaps.elbo(linear.model, linear.x, one, normal) for one in (start, best))
    return highest - own, linear.exact() - highest


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_quadrature_is_the_evidence_of_a_linear_gaussian_model(linear_means: None, latent_dim: int) -> None:
    linear = LinearModel(latent_dim)
    for steps, error in ((64, 1e-2), (128, 1e-6)):  # the posterior is a quarter wide
        found = exact.by_quadrature(linear.model, linear.x, 8.0, steps)
        assert found is not None
        assert float((found[0] - linear.exact()).abs().max()) < error
        assert float((found[1] - found[0]).abs().max()) >= float((found[0] - linear.exact()).abs().max())


def test_blocks_that_are_left_out_are_negligible(monkeypatch: pytest.MonkeyPatch) -> None:
    """Images whose densities lie apart, and narrow: each is summed over few blocks, with the result of all of them."""
    subject = making.subject("VAE", 40, latent_dim=2)
    decoder = [part for part in subject.model.decoder.modules() if isinstance(part, torch.nn.Linear)]
    with torch.no_grad():
        decoder[0].weight.mul_(30)
    images = subject.test.images / 255
    found = exact.by_quadrature(subject.model, images, 5.0, 128)
    asked = Counted(subject.model.likelihood.distortions)
    monkeypatch.setattr(subject.model.likelihood, "distortions", asked)
    again = exact.by_quadrature(subject.model, images, 5.0, 128)
    few = asked.pairs
    monkeypatch.setattr(exact, "NEGLIGIBLE", math.inf)
    whole = exact.by_quadrature(subject.model, images, 5.0, 128)
    assert found is not None and again is not None and whole is not None
    assert few < 0.5 * (asked.pairs - few)
    torch.testing.assert_close(found[0], whole[0], rtol=0, atol=1e-4)
    torch.testing.assert_close(found[1], whole[1], rtol=0, atol=1e-4)


def test_the_best_encoder_leaves_no_gap(linear_means: None) -> None:
    amortisation, approximation = gaps_of(LinearModel(2))
    assert abs(float(amortisation.mean())) < 0.05
    assert abs(float(approximation.mean())) < 0.05


def test_a_wrong_encoder_has_an_amortisation_gap_of_the_kl_divergence(linear_means: None) -> None:
    linear = LinearModel(2)
    shift, wider = 0.5, -0.6
    linear.encode_with(shift, wider)
    spread = linear.precision.rsqrt()
    wrong, right = Normal(torch.full_like(spread, shift), spread * math.exp(wider / 2)), Normal(0 * spread, spread)
    amortisation, approximation = gaps_of(linear)
    assert float(amortisation.mean()) == pytest.approx(float(kl_divergence(wrong, right).sum()), abs=0.05)
    assert abs(float(approximation.mean())) < 0.05


def test_a_posterior_that_is_no_diagonal_gaussian_has_an_approximation_gap(linear_means: None) -> None:
    """Of precision Λ: the best diagonal one has variances 1 / Λ_dd, and ½ (Σ log Λ_dd − log det Λ) nats are lost."""
    linear = LinearModel(2)
    turned = linear.directions @ torch.tensor([[1.0, 0.9], [0.0, 0.5]]).double()
    decoder = next(part for part in linear.model.decoder.modules() if isinstance(part, torch.nn.Linear))
    with torch.no_grad():
        decoder.weight.copy_(turned)
    covariance = turned @ turned.T + linear.sigma**2 * torch.eye(20).double()
    linear.evidence = MultivariateNormal(linear.centre, covariance)
    precision = turned.T @ turned / linear.sigma**2 + torch.eye(2).double()
    expected = 0.5 * (precision.diagonal().log().sum() - precision.logdet())
    _, approximation = gaps_of(linear)
    assert float(expected) > 0.3
    assert float(approximation.mean()) == pytest.approx(float(expected), abs=0.05)


@pytest.mark.parametrize("name", ["bernoulli", "gaussian"])
def test_the_products_are_the_distortions_one_by_one(name: str) -> None:
    options = {"sigma": 0.2} if name == "gaussian" else {}
    made = likelihoods.BY_NAME[name](making.SHAPE, **options)
    x, outputs = making.images(4) / 255, 3 * torch.randn(5, *making.SHAPE, generator=torch.Generator().manual_seed(0))
    found = made.distortions(x, outputs)
    assert found is not None
    for row, image in enumerate(x):
        expected = made.distortion(image.expand(5, *making.SHAPE), outputs)
        torch.testing.assert_close(found[row], expected, rtol=1e-4, atol=1e-2)


def test_the_likelihood_is_above_the_bound_and_the_gaps_add_up() -> None:
    subject = making.subject("VAE", 80, latent_dim=2)
    found = gaps.metrics(subject)
    bound = likelihood.bound(subject.model, subject.seen, 2000, seed=0)
    assert found["log_likelihood"].value == pytest.approx(float(bound.mean()), abs=0.05)
    assert found["log_likelihood"].count == 80
    elbo = float(likelihood.per_image(subject)["elbo"].mean())
    both = found["amortisation_gap"].value + found["approximation_gap"].value
    assert both == pytest.approx(found["log_likelihood"].value - elbo, abs=0.3)


def test_who_has_what() -> None:
    assert gaps.metrics(making.subject("AE", latent_dim=2)) == {}
    assert gaps.metrics(making.subject("VQVAE")) == {}
    assert set(gaps.metrics(making.subject("VAE"))) == {"amortisation_gap"}
    logistic = making.subject("VAE", latent_dim=2, likelihood={"name": "logistic"})
    assert set(gaps.metrics(logistic)) == {"amortisation_gap"}
    asked = making.subject("VAE")
    asked.evidence_samples = 500
    found = gaps.metrics(asked)
    assert set(found) == {"amortisation_gap", "approximation_gap", "long_bound", "effective_codes"}
    assert 1 <= found["effective_codes"].value <= 500


def test_a_grid_that_is_too_coarse_gives_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = making.subject("VAE", latent_dim=2)
    monkeypatch.setattr(exact, "STEPS", (2, 4))
    monkeypatch.setattr(exact, "TOLERANCE", 1e-6)
    assert exact.log_likelihoods(subject) is None
