"""Densities fitted to codes against those that the codes are of, and samples from them."""

import math

import pytest
import torch
from sklearn.mixture import GaussianMixture
from torch.distributions import MultivariateNormal

from vaeplay.evaluation import measure
from vaeplay.evaluation.metrics import generation, samplers
from vaeplay.evaluation.metrics import subject as subjects
from vaeplay.evaluation.metrics.intervals import Estimate
from vaeplay.evaluation.registry import BY_KEY
from vaeplay.evaluation.registry.samplers import AGAIN, FITTED
from vaeplay.models.parts.densities import FITS, Bent, fit_gaussian, fit_mixture, fit_realnvp
from vaeplay.noise import Noise

from . import making


def normal(count: int, size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, size, generator=torch.Generator().manual_seed(seed))


def test_a_fitted_gaussian_has_the_codes_mean_and_covariance() -> None:
    codes = normal(3000, 3) @ normal(3, 3, 1) + torch.arange(3)
    fitted = fit_gaussian(codes)
    torch.testing.assert_close(fitted.means[0], codes.mean(0))
    torch.testing.assert_close(fitted.factors[0] @ fitted.factors[0].T, torch.cov(codes.T, correction=0))
    draws = fitted.sample(100_000, Noise(0))
    torch.testing.assert_close(torch.cov(draws.T), torch.cov(codes.T), rtol=0.05, atol=0.05)


def test_a_fitted_mixture_has_the_clusters_of_the_codes() -> None:
    centres = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    codes = torch.cat([normal(100 * (1 + place), 2, place) + centre for place, centre in enumerate(centres)])
    fitted = fit_mixture(codes, 3, Noise(0))
    order = torch.cdist(centres, fitted.means).argmin(1)
    assert sorted(order.tolist()) == [0, 1, 2]
    assert fitted.weights[order].tolist() == pytest.approx([1 / 6, 2 / 6, 3 / 6], abs=1e-3)
    covariances = fitted.factors @ fitted.factors.mT
    assert (covariances - torch.eye(2)).abs().max() < 0.35
    draws = fitted.sample(20_000, Noise(0))
    nearest = torch.cdist(draws, centres).argmin(1).bincount() / 20_000
    assert nearest.tolist() == pytest.approx([1 / 6, 2 / 6, 3 / 6], abs=0.01)


def test_a_fitted_mixture_is_as_likely_as_scikit_learns_at_any_scale() -> None:
    """Of codes that are no mixture, whose best fits are many: held out, a hundredth of a nat per number apart."""
    codes = normal(3000, 4).sinh() @ normal(4, 4, 1)
    known, held_out = codes[:2000].double(), codes[2000:].double()
    expected = GaussianMixture(5, random_state=0).fit(known.numpy()).score(held_out.numpy())
    for scale in (1.0, 1e-4):
        fitted = fit_mixture(scale * known, 5, Noise(0))
        each = MultivariateNormal(fitted.means, fitted.factors @ fitted.factors.mT).log_prob(scale * held_out[:, None])
        found = (each + fitted.weights.log()).logsumexp(1).mean() + 4 * math.log(scale)
        assert float(found) == pytest.approx(expected, abs=0.04)


def test_a_single_code_is_drawn_again_and_again() -> None:
    one = torch.ones(1, 2)
    for fitted in (fit_gaussian(one), fit_mixture(torch.ones(2, 2), 10, Noise(0)), fit_realnvp(one, Noise(0))):
        assert torch.allclose(fitted.sample(5, Noise(0)), torch.ones(5, 2), atol=0.01)


@pytest.mark.parametrize("name", ["AE", "VAE"])
def test_every_metric_of_samples_is_there_under_each_fit(name: str) -> None:
    found = samplers.metrics(making.subject(name, 100))
    assert set(found) == {f"{key}_{fit}" for key in AGAIN for fit in FITTED} <= set(BY_KEY)
    assert set(AGAIN) <= set(generation.metrics(making.subject(name, 100)))
    assert all(isinstance(figure, Estimate) and figure.count == 100 for figure in found.values())


def test_an_autoencoders_own_density_is_the_fitted_gaussian() -> None:
    """The same sampler twice: what differs are the draws alone."""
    subject = making.subject("AE", 400)
    subject.model.fit_prior(subject.train.images, Noise(0))
    own, fitted = generation.metrics(subject), samplers.metrics(subject)
    assert fitted["frechet_gaussian"].value == pytest.approx(own["frechet"].value, rel=0.25)


def test_a_mixture_finds_what_a_gaussian_cannot_say() -> None:
    """Codes in two clusters, and images that show which: the Gaussian puts most of its draws between them."""
    subject = making.subject("AE", 400)
    sides = torch.where(torch.arange(400) % 2 == 0, 4.0, -4.0)[:, None]
    codes = 0.1 * normal(400, 3) + sides
    subject.__dict__["trained_on"] = (codes, codes)
    features = {}
    for name, fit in FITS.items():
        draws = fit(codes, Noise(0)).sample(2000, Noise(1))
        features[name] = float(((draws.mean(1).abs() - 4).abs() < 0.5).double().mean())
    assert features["mixture"] > 0.99
    assert features["gaussian"] < 0.3


def banana(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Codes (x, x² + y / 2) / 100 with normal x and y, and their log density."""
    x, y = normal(count, 2, seed).unbind(1)
    constant = math.log(2 * math.pi) + math.log(0.5) + 2 * math.log(0.01)
    return torch.stack([x, x.square() + y / 2], 1) / 100, -0.5 * (x.square() + y.square()) - constant


def gaussian_log_density(codes: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    fitted = fit_gaussian(known)
    return MultivariateNormal(fitted.means[0], fitted.factors[0] @ fitted.factors[0].T).log_prob(codes)


@torch.no_grad()
def test_a_realnvp_is_more_likely_than_a_gaussian_where_codes_are_no_gaussian_and_nearly_as_likely_as_the_truth() -> (
    None
):
    known, (held_out, truth) = banana(2500, 0)[0], banana(2000, 1)
    state = torch.get_rng_state()
    fitted = fit_realnvp(known, Noise(0))
    assert torch.equal(torch.get_rng_state(), state)
    found = float(fitted.log_density(held_out).mean())
    assert found > float(gaussian_log_density(held_out, known).mean()) + 0.5
    assert found == pytest.approx(float(truth.mean()), abs=0.1)
    x, height = (100 * fitted.sample(5000, Noise(1))).unbind(1)
    assert float((height - x.square()).std()) == pytest.approx(0.5, abs=0.1)
    once, again = (fit_realnvp(known[:100], Noise(0)).sample(5, Noise(1)) for _ in range(2))
    assert torch.equal(once, again)


@torch.no_grad()
def test_a_realnvp_of_codes_that_are_a_gaussian_is_that_gaussian() -> None:
    """Also of few codes: the best weights are those at the start, where they cannot be told from noise."""
    turn = normal(4, 4, 1)
    for count in (40, 1000):
        known, held_out = normal(count, 4) @ turn, normal(2000, 4, 2) @ turn
        difference = fit_realnvp(known, Noise(0)).log_density(held_out) - gaussian_log_density(held_out, known)
        assert abs(float(difference.mean())) < 0.15


@torch.no_grad()
def test_what_is_not_bent_is_the_gaussian_to_the_constant() -> None:
    known = normal(500, 3) @ normal(3, 3, 1) + 5
    gaussian = fit_gaussian(known)
    bent = Bent(gaussian.means[0], gaussian.factors[0], epochs=0)
    for parameter in bent.parameters():
        parameter.zero_()
    torch.testing.assert_close(bent.log_density(known), gaussian_log_density(known, known), rtol=1e-3, atol=1e-3)


def test_wide_codes_have_no_mixture_and_maps_no_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subjects, "WIDEST", 2)
    assert set(samplers.metrics(making.subject("AE"))) == {f"{key}_gaussian" for key in AGAIN}
    assert samplers.metrics(making.subject("VQVAE")) == {}


def test_the_picture_of_fitted_samples_has_the_first_of_those_that_are_measured() -> None:
    subject = making.subject("AE", 100)
    shown = measure.pictures(subject, 6)["fitted"]
    assert shown.shape == (len(FITS), 6, *subject.test.images.shape[1:])
    for row, name in zip(shown, FITS, strict=True):
        assert torch.equal(row.mul(255).round().to(torch.uint8), subject.fitted_samples[name][:6])
    assert "fitted" not in measure.pictures(making.subject("VQVAE"), 6)
