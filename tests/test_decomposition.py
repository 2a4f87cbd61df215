"""The rate's three parts where they are known: one posterior, posteriors far apart, linear-Gaussian codes."""

import math

import pytest
import torch
from torch import Tensor

from vaeplay.evaluation.metrics import decomposition, likelihood
from vaeplay.models.parts import losses

from . import making


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.double)


def parts(mean: Tensor, logvar: Tensor, draws: int = 2) -> dict[str, float]:
    found = decomposition.split(mean, logvar, normal(len(mean), draws, mean.shape[1], seed=1))
    return {key: float(value.mean()) for key, value in found.items()}


def test_they_add_up_to_the_rate_of_each_image() -> None:
    mean, logvar = normal(50, 4), normal(50, 4, seed=2) - 1
    found = decomposition.split(mean, logvar, normal(50, 2, 4, seed=1))
    torch.testing.assert_close(sum(found.values()), losses.gaussian_rates(mean, logvar).sum(1))
    subject = making.subject("VAE", 100)
    total = sum(estimate.value for estimate in decomposition.metrics(subject).values())
    assert total == pytest.approx(float(likelihood.per_image(subject)["rate"].mean()), rel=1e-4)


def test_one_posterior_for_all_images_says_nothing_of_them() -> None:
    """Then the rate is the dimension-wise KL: ½ a dimension here."""
    found = parts(torch.ones(40, 3).double(), torch.zeros(40, 3).double(), 200)
    assert found["mutual_information"] == pytest.approx(0, abs=0.1)
    assert found["total_correlation"] == pytest.approx(0, abs=1e-9)
    assert found["dimension_kl"] == pytest.approx(1.5, abs=0.1)


def test_posteriors_that_do_not_overlap_tell_every_image() -> None:
    found = parts(1000 * normal(64, 2), torch.zeros(64, 2).double())
    assert found["mutual_information"] == pytest.approx(math.log(64), abs=0.3)


def linear(precision: float, count: int, correlation: float = 0.0) -> tuple[dict[str, float], float, float]:
    """The parts for codes of two numbers with q(z) = N(0, C) in truth, and the true mutual information and correlation.

    C has ones and `correlation`; the noise of q(z|x) has the variance 1 / `precision`, and the means the rest.
    """
    covariance = torch.tensor([[1.0, correlation], [correlation, 1.0]]).double()
    root = torch.linalg.cholesky(covariance - torch.eye(2).double() / precision)
    mean = normal(count, 2) @ root.T
    found = parts(mean, torch.full((count, 2), -math.log(precision)).double())
    information = float(0.5 * (covariance.logdet() + 2 * math.log(precision)))
    return found, information, float(-0.5 * covariance.logdet())


def test_the_parts_of_linear_gaussian_codes_and_the_bias_that_is_stated() -> None:
    found, information, correlation = linear(10.0, 1000, 0.6)
    assert information == pytest.approx(2.08, abs=0.01)
    assert found["mutual_information"] == pytest.approx(information, abs=0.1)
    assert found["total_correlation"] == pytest.approx(correlation, abs=0.1)
    assert found["dimension_kl"] == pytest.approx(0, abs=0.1)
    few, exact, _ = linear(3000.0, 1000)
    print("mutual information, true and found:", information, found, exact, few)
    assert exact == pytest.approx(8.0, abs=0.01)
    assert few["mutual_information"] <= math.log(1000)
    assert exact - few["mutual_information"] == pytest.approx(1.4, abs=0.2)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    mean, logvar = normal(30, 3), normal(30, 3, seed=2)
    whole = parts(mean, logvar)
    monkeypatch.setattr(decomposition, "NUMBERS_AT_ONCE", 30 * 3 * 7)
    assert parts(mean, logvar) == pytest.approx(whole)


def test_a_point_and_a_map_have_none() -> None:
    assert decomposition.metrics(making.subject("AE")) == {}
    assert decomposition.metrics(making.subject("VQVAE")) == {}
