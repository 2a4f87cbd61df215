"""Rate and distortion against closed forms and torch.distributions."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Bernoulli, Normal, kl_divergence

from vaeplay import losses


@pytest.mark.parametrize("dims", [1, 2, 7, 64])
def test_a_mean_of_one_and_unit_variance_costs_half_a_nat_a_dimension(dims: int) -> None:
    rate = losses.gaussian_rate(torch.ones(5, dims), torch.zeros(5, dims))
    assert torch.equal(rate, torch.full((5,), dims / 2))


@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 10_000))
def test_the_rate_is_the_divergence_that_torch_computes(batch: int, dims: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    mean = torch.randn(batch, dims, generator=generator, dtype=torch.float64)
    logvar = torch.randn(batch, dims, generator=generator, dtype=torch.float64)
    expected = kl_divergence(Normal(mean, (logvar / 2).exp()), Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(losses.gaussian_rate(mean, logvar), expected)


@given(st.integers(1, 6), st.integers(0, 10_000))
def test_bernoulli_distortion_of_binary_pixels_is_a_likelihood(batch: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randint(0, 2, (batch, 1, 4, 5), generator=generator).double()
    logits = torch.randn(x.shape, generator=generator, dtype=torch.float64)
    expected = -Bernoulli(logits=logits).log_prob(x).flatten(1).sum(1)
    torch.testing.assert_close(losses.bernoulli_distortion(x, logits), expected)


@given(st.integers(0, 10_000))
def test_the_floor_is_the_distortion_of_a_perfect_reconstruction_and_none_is_below(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(3, 1, 4, 4, generator=generator, dtype=torch.float64).clamp(1e-6, 1 - 1e-6)
    floor = losses.bernoulli_floor(x)
    torch.testing.assert_close(losses.bernoulli_distortion(x, torch.logit(x)), floor)
    other = torch.randn(x.shape, generator=generator, dtype=torch.float64)
    assert (losses.bernoulli_distortion(x, other) >= floor).all()


def test_the_floor_of_binary_pixels_is_zero_and_of_middle_grey_a_bit_a_pixel() -> None:
    assert losses.bernoulli_floor(torch.tensor([[0.0, 1.0]])).item() == 0
    assert losses.bernoulli_floor(torch.full((1, 10), 0.5)).item() == pytest.approx(10 * math.log(2))
