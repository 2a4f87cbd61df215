"""Rate and distortion against closed forms and torch.distributions."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Normal, kl_divergence

from vaeplay.models.parts import losses


@pytest.mark.parametrize("dims", [1, 2, 7, 64])
def test_a_mean_of_one_and_unit_variance_costs_half_a_nat_a_dimension(dims: int) -> None:
    rates = losses.gaussian_rates(torch.ones(5, dims), torch.zeros(5, dims))
    assert torch.equal(rates.sum(1), torch.full((5,), dims / 2))


@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 10_000))
def test_the_rate_is_the_divergence_that_torch_computes(batch: int, dims: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    mean = torch.randn(batch, dims, generator=generator, dtype=torch.float64)
    logvar = torch.randn(batch, dims, generator=generator, dtype=torch.float64)
    expected = kl_divergence(Normal(mean, (logvar / 2).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(losses.gaussian_rates(mean, logvar), expected)
