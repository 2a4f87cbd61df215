"""The prior over code maps, on maps so small that all of them can be listed."""

import itertools
import math
from typing import Any

import pytest
import torch
from torch import Tensor

from vaeplay.models.parts.code_prior import CodePrior, GatedLayer
from vaeplay.noise import Noise, sample_categorical


def all_maps(height: int = 2, width: int = 2, codes: int = 3) -> Tensor:
    """Every map there is: (K^(h·w), h, w)."""
    return torch.tensor(list(itertools.product(range(codes), repeat=height * width))).view(-1, height, width)


def tiny_prior(shape: tuple[int, int] = (2, 2), codes: int = 3, **changes: Any) -> CodePrior:
    torch.manual_seed(0)
    settings: dict[str, Any] = {"channels": 8, "layers": 3, "dropout": 0.0, "epochs": 30, "lr": 0.01} | changes
    prior = CodePrior(shape, codes, **settings)
    with torch.no_grad():
        for parameter in prior.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))  # far from uniform, so that a leak would show
    return prior


@torch.no_grad()
@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (1, 4), (4, 1), (3, 2)])
def test_the_probabilities_of_all_maps_sum_to_one(shape: tuple[int, int]) -> None:
    probabilities = (-tiny_prior(shape).double().rate(all_maps(*shape))).exp()
    assert probabilities.sum().item() == pytest.approx(1, abs=1e-9)
    assert probabilities.max() > 2 * probabilities.min()


@torch.no_grad()
def test_a_later_code_changes_no_earlier_logits_and_every_earlier_one_changes_some() -> None:
    prior = tiny_prior((4, 5), codes=6, layers=5)
    maps = torch.randint(6, (1, 4, 5), generator=torch.Generator().manual_seed(0))
    before = prior(maps).flatten(2)
    for place in range(20):
        changed = maps.clone()
        changed.view(-1)[place] = (changed.view(-1)[place] + 1) % 6
        moved = (prior(changed).flatten(2) != before).any(1)[0]
        assert not moved[: place + 1].any()
        assert place == 19 or moved[place + 1 :].any()


@torch.no_grad()
def test_samples_are_those_of_the_whole_stack_run_for_every_code() -> None:
    prior, noise = tiny_prior((5, 4), codes=16, layers=4), Noise(0)
    expected = torch.zeros(40, 5, 4, dtype=torch.long)
    for place in range(20):
        shares = prior(expected).flatten(2)[..., place].softmax(1)
        expected.view(40, -1)[:, place] = sample_categorical(shares, noise.uniform((40, 1))).squeeze(1)
    rows: list[int] = []
    layer = prior.layers[0]
    assert isinstance(layer, GatedLayer)
    layer.vertical.register_forward_pre_hook(lambda _, seen: rows.extend(x.shape[2] for x in seen))
    assert torch.equal(prior.sample(40, Noise(0)), expected)
    assert rows == [2, 3, 4, 5, 6]  # with one of padding: once a row of the map, not once a code


@torch.no_grad()
def test_samples_come_as_often_as_the_prior_says() -> None:
    prior, maps, count = tiny_prior(), all_maps(), 50_000
    probabilities = (-prior.rate(maps)).exp()
    places = 3 ** torch.arange(3, -1, -1)
    drawn = torch.bincount((prior.sample(count, Noise(0)).flatten(1) * places).sum(1), minlength=81)
    chi_squared = ((drawn - count * probabilities).square() / (count * probabilities)).sum()
    assert chi_squared < 80 + 4 * math.sqrt(2 * 80)


def test_the_prior_learns_a_known_distribution_to_its_entropy() -> None:
    """First code uniform; each further one is the one before (row by row) with probability 0.9."""
    generator = torch.Generator().manual_seed(0)
    count, codes, length = 2000, 3, 6
    steps = torch.randint(1, codes, (count, length), generator=generator)
    steps *= torch.rand(count, length, generator=generator) >= 0.9
    steps[:, 0] = torch.randint(codes, (count,), generator=generator)
    maps = (steps.cumsum(1) % codes).view(count, 2, 3)
    prior = CodePrior((2, 3), codes, channels=8, layers=2, dropout=0.0, epochs=8, lr=0.03)
    prior.fit(maps[:1000], Noise(0))
    entropy = math.log(codes) - (length - 1) * (0.9 * math.log(0.9) + 0.1 * math.log(0.1 / (codes - 1)))
    assert prior.mean_rate(maps[1000:]) == pytest.approx(entropy, abs=0.1)


def test_every_parameter_of_the_prior_is_trained_by_its_rate() -> None:
    prior = tiny_prior((3, 3))
    prior.rate(torch.randint(3, (16, 3, 3), generator=torch.Generator().manual_seed(0))).mean().backward()
    for name, parameter in prior.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name


def test_the_kept_weights_are_the_best_on_the_maps_held_out() -> None:
    noisy = torch.randint(3, (40, 2, 2), generator=torch.Generator().manual_seed(0))  # nothing in it to learn
    rates = []
    for epochs in (2, 30):
        prior = tiny_prior(epochs=epochs, lr=0.05)
        prior.fit(noisy, Noise(0))
        rates.append(prior.mean_rate(all_maps()))
    assert rates[1] < rates[0]


@pytest.mark.parametrize(("maps", "epochs"), [(80, 9), (3, 1), (1, 1)])
def test_it_is_trained_on_however_few_batches(maps: int, epochs: int) -> None:
    """9 batches in all are a tenth of a step to rise in, of which PyTorch makes none at all, and divides by it."""
    prior = tiny_prior(epochs=epochs)
    prior.fit(torch.zeros(maps, 2, 2, dtype=torch.long), Noise(0))
    assert math.isfinite(prior.mean_rate(all_maps()))
