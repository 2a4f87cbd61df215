"""Bounds, active units, collapse, and the gap to the prior: by closed forms and by the slow way."""

import math
from typing import Any

import pytest
import torch

from vaeplay.evaluation.metrics import likelihood
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.models.parts import importance, losses

from . import making


def with_posteriors(means: torch.Tensor, logvars: torch.Tensor) -> Subject:
    subject = making.subject("VAE", count=len(means))
    subject.__dict__["posteriors"] = (means, logvars)
    return subject


def test_the_spectrum_is_the_rate_of_each_dimension_the_largest_first() -> None:
    generator = torch.Generator().manual_seed(0)
    means = torch.randn(60, 3, generator=generator) * torch.tensor([0.0, 2.0, 0.5])
    logvars = torch.tensor([0.0, -3.0, -1.0]).expand(60, 3)
    found = likelihood.spectrum(with_posteriors(means, logvars))
    rates = losses.gaussian_rates(means, logvars).mean(0)
    assert [entry["dimension"] for entry in found] == [1, 2, 0]
    assert [entry["rate"] for entry in found] == pytest.approx([float(rates[place]) for place in (1, 2, 0)])
    assert [entry["active"] for entry in found] == [True, True, False]
    assert [entry["collapsed"] for entry in found] == [False, False, True]


def test_a_dimension_that_speaks_of_few_images_only_is_not_collapsed() -> None:
    means, logvars = torch.zeros(300, 3), torch.zeros(300, 3)
    means[:6, 0], means[:2, 1] = 1.0, 1.0  # of 2 % of the images, and of less than 1 %
    collapsed = {
        entry["dimension"]: entry["collapsed"] for entry in likelihood.spectrum(with_posteriors(means, logvars))
    }
    assert collapsed == {0: False, 1: True, 2: True}


def test_a_model_whose_code_is_a_point_has_no_spectrum_and_no_bound() -> None:
    figures = likelihood.metrics(making.subject("AE"))
    assert not {"elbo", "rate", "bound", "active_units", "bits_per_dimension"} & set(figures)
    assert likelihood.spectrum(making.subject("AE")) == []


def test_the_bound_rises_with_the_codes_and_is_the_elbo_for_one() -> None:
    subject = making.subject("VAE", count=200)
    images = subject.test.images
    bounds = [float(likelihood.bound(subject.model, images, count, seed=0).mean()) for count in (1, 10, 100)]
    elbo = float(likelihood.per_image(subject)["elbo"].mean())
    assert bounds[0] < bounds[1] < bounds[2]
    assert bounds[0] == pytest.approx(elbo, abs=0.5)


def test_the_bound_is_about_the_same_in_small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = making.subject("VAE", count=200)
    whole = likelihood.bound(subject.model, subject.test.images, 50, seed=0)
    monkeypatch.setattr(likelihood, "PIXELS_AT_ONCE", 144 * 20)  # fewer than an image's codes
    parts = likelihood.bound(subject.model, subject.test.images, 50, seed=0)
    assert parts.shape == whole.shape
    assert float(parts.mean()) == pytest.approx(float(whole.mean()), abs=0.05)


def test_the_bound_is_the_same_however_many_codes_are_decoded_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = making.subject("ConvVAE", count=50)
    whole = likelihood.bound(subject.model, subject.test.images, 20, seed=0)
    monkeypatch.setattr(importance, "DECODED_AT_ONCE", 7)
    torch.testing.assert_close(likelihood.bound(subject.model, subject.test.images, 20, seed=0), whole)


def test_bits_per_dimension_are_the_bound_in_bits_over_the_pixels() -> None:
    figures = likelihood.metrics(making.subject("VAE"))
    assert figures["bits_per_dimension"].value == pytest.approx(-figures["bound"].value / math.log(2) / 144)
    discrete = likelihood.metrics(making.subject("VQVAE"))
    assert discrete["bits_per_dimension"].value == pytest.approx(-discrete["elbo"].value / math.log(2) / 144)


def test_mmd_without_the_pairs_with_itself_is_that_of_a_double_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randn(20, 3, generator=generator, dtype=torch.double) + shift for shift in (0, 0.5))

    def kernel(a: torch.Tensor, b: torch.Tensor) -> float:
        return sum(6 * s / (6 * s + float((a - b).square().sum())) for s in (0.1, 0.2, 0.5, 1, 2, 5, 10))

    within = sum(
        kernel(codes[i], codes[j]) for codes in (first, second) for i in range(20) for j in range(20) if i != j
    ) / (20 * 19)
    between = sum(kernel(a, b) for a in first for b in second) / 400
    assert float(likelihood.unbiased_mmd(first, second)) == pytest.approx(within - 2 * between)
    monkeypatch.setattr(likelihood, "PAIRS_AT_ONCE", 7 * 20)
    assert float(likelihood.unbiased_mmd(first, second)) == pytest.approx(within - 2 * between)


def test_the_gap_is_zero_on_average_where_codes_are_the_priors_own() -> None:
    gaps = []
    for seed in range(30):
        generator = torch.Generator().manual_seed(seed)
        means, logvars = torch.randn(100, 3, generator=generator), torch.full((100, 3), -30.0)
        subject = with_posteriors(means, logvars)
        subject.seed = seed
        gaps.append(likelihood.prior_gap(subject).value)
    assert min(gaps) < 0 < max(gaps)
    assert abs(sum(gaps) / 30) < 3 * torch.tensor(gaps).std() / math.sqrt(30)
    assert likelihood.prior_gap(with_posteriors(means + 1, logvars)).value > 10 * max(map(abs, gaps))


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_the_gap_does_not_change_with_the_unit_of_an_autoencoders_codes(scale: float) -> None:
    gaps = []
    for unit in (1.0, scale):
        subject = making.subject("AE")
        model: Any = subject.model
        generator = torch.Generator().manual_seed(0)
        subject.__dict__["codes"] = unit * (torch.randn(60, 3, generator=generator).exp() + torch.arange(3))
        model.means.copy_(subject.codes.mean(0)[None])
        model.factors.copy_(torch.diag(subject.codes.std(0))[None])
        gaps.append(likelihood.prior_gap(subject).value)
    assert gaps[0] > 0.02
    assert gaps[1] == pytest.approx(gaps[0], rel=1e-4)


def test_a_dimension_in_which_codes_and_prior_are_one_point_adds_no_gap() -> None:
    subject = making.subject("AE")
    model: Any = subject.model
    torch.manual_seed(0)
    codes = torch.randn(60, 3)
    codes[:, 2] = 0.1
    subject.__dict__["codes"] = codes
    model.means[:, 2] = 0.1 + 1e-8  # as a mean over images is rounded
    model.factors[:, 2, 2] = 0
    assert abs(likelihood.prior_gap(subject).value) < 0.2
