"""Each likelihood against torch.distributions, brute force and its own limits."""

import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Bernoulli, Normal
from torch.nn import functional

from vaeplay.data import digits
from vaeplay.data.prepared import as_float
from vaeplay.models.parts import likelihoods
from vaeplay.models.parts.likelihoods import Likelihood
from vaeplay.noise import Noise
from vaeplay.training import checkpoint, loop

from . import making

SHAPE = (2, 3, 4)
SETTINGS: dict[str, dict[str, Any]] = {"gaussian": {"sigma": 0.3}}

every_likelihood = pytest.mark.parametrize("name", likelihoods.BY_NAME)


def likelihood(name: str, shape: tuple[int, ...] = SHAPE) -> Likelihood:
    return likelihoods.BY_NAME[name](shape, **SETTINGS.get(name, {}))


def eight_bit(count: int, shape: tuple[int, ...] = SHAPE, seed: int = 0) -> torch.Tensor:
    """Grey images at 8-bit levels, black and white pixels among them."""
    levels = torch.randint(-40, 296, (count, *shape), generator=torch.Generator().manual_seed(seed))
    return levels.clamp(0, 255) / 255


def outputs_for(way: Likelihood, count: int, shape: tuple[int, ...] = SHAPE, seed: int = 1) -> torch.Tensor:
    """What a decoder might give: normal numbers."""
    return 2 * torch.randn(count, way.outputs * shape[0], *shape[1:], generator=torch.Generator().manual_seed(seed))


def best_outputs(way: Likelihood, x: torch.Tensor) -> torch.Tensor:
    """The outputs whose mean is the image, and whose scale, where there is one, is as small as it gets."""
    if way.outputs == 1:
        return x.logit().clamp(-50, 50)
    centres = torch.where((x == 0) | (x == 1), 100.0, 1.0) * (2 * x - 1)  # black and white may lie beyond −1…1
    return torch.cat([centres, torch.full_like(centres, -50.0)], dim=1)


def test_bernoulli_on_binary_pixels_is_the_log_probability_that_torch_computes() -> None:
    way, x = likelihood("bernoulli"), eight_bit(6).round()
    outputs = outputs_for(way, 6)
    expected = -Bernoulli(logits=outputs).log_prob(x).sum(dim=(1, 2, 3))
    torch.testing.assert_close(way.distortion(x, outputs), expected)


def test_the_bernoulli_gradients_are_those_of_finite_differences_and_of_torchs_own_cross_entropy() -> None:
    way, x = likelihood("bernoulli"), eight_bit(3).double().requires_grad_()
    outputs = outputs_for(way, 3).double().requires_grad_()
    assert torch.autograd.gradcheck(way.distortion, (x, outputs))
    weights = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    reference = functional.binary_cross_entropy_with_logits(outputs, x, reduction="none").flatten(1).sum(1)
    for ours, torchs in zip(
        torch.autograd.grad((way.distortion(x, outputs) * weights).sum(), (x, outputs)),
        torch.autograd.grad((reference * weights).sum(), (x, outputs)),
        strict=True,
    ):
        torch.testing.assert_close(ours, torchs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("size", [1.0, 30.0, 60.0, 1e4])
def test_bernoulli_logits_of_any_size_cost_what_torchs_own_cross_entropy_says(size: float) -> None:
    way, x = likelihood("bernoulli"), eight_bit(4)
    outputs = size * outputs_for(way, 4).sign()
    expected = functional.binary_cross_entropy_with_logits(outputs, x, reduction="none").flatten(1).sum(1)
    torch.testing.assert_close(way.distortion(x, outputs), expected)


def test_bernoulli_on_grey_pixels_is_the_average_over_random_binarisations() -> None:
    way, dynamic, x = likelihood("bernoulli"), likelihood("bernoulli_dynamic"), eight_bit(3)
    outputs, draws = outputs_for(way, 3), 20_000
    binary = dynamic.observe(x.repeat(draws, 1, 1, 1), Noise(0))
    costs = -Bernoulli(logits=outputs.repeat(draws, 1, 1, 1)).log_prob(binary).sum(dim=(1, 2, 3)).view(draws, 3)
    error = costs.std(0) / math.sqrt(draws)
    assert ((way.distortion(x, outputs) - costs.mean(0)).abs() < 4 * error).all()


def test_dynamic_binarisation_gives_black_and_white_with_the_mean_of_the_grey_and_follows_its_seed() -> None:
    way, x = likelihood("bernoulli_dynamic"), eight_bit(2)
    draws = 20_000
    binary = way.observe(x.repeat(draws, 1, 1, 1), Noise(0))
    assert ((binary == 0) | (binary == 1)).all()
    mean = binary.view(draws, *x.shape).mean(0)
    assert ((mean - x).abs() <= 5 * (x * (1 - x) / draws).sqrt()).all(), "black stays black and white stays white"
    assert torch.equal(way.observe(x, Noise(3)), way.observe(x, Noise(3)))
    assert not torch.equal(way.observe(x, Noise(3)), way.observe(x, Noise(4)))


@pytest.mark.parametrize("number", [0.0, 1 - 2**-24])
def test_no_random_number_turns_black_into_white_or_white_into_black(number: float) -> None:
    class Extreme(Noise):
        def uniform(self, shape: Sequence[int]) -> torch.Tensor:
            return torch.full(tuple(shape), number)

    x = eight_bit(4).round()
    assert torch.equal(likelihood("bernoulli_dynamic").observe(x, Extreme(0)), x)


@every_likelihood
def test_only_dynamic_binarisation_changes_the_image_that_is_seen(name: str) -> None:
    x = eight_bit(4)
    assert torch.equal(likelihood(name).observe(x, Noise(0)), x) == (name != "bernoulli_dynamic")


def test_the_floor_of_bernoulli_is_the_entropy_of_the_pixels() -> None:
    way, x = likelihood("bernoulli"), eight_bit(5)
    expected = Bernoulli(probs=x).entropy().sum(dim=(1, 2, 3))
    torch.testing.assert_close(way.floor(x), expected)
    assert torch.equal(way.floor(x.round()), torch.zeros(5))


@every_likelihood
@given(seed=st.integers(0, 10_000), spread=st.floats(0, 30))
def test_no_output_costs_less_than_the_floor(name: str, seed: int, spread: float) -> None:
    way, x = likelihood(name).eval(), eight_bit(4, seed=seed)
    outputs = best_outputs(way, x) + spread * outputs_for(way, 4, seed=seed + 1)
    assert (way.distortion(x, outputs) >= way.floor(x) - 1e-3).all()


@every_likelihood
def test_the_floor_is_reached_by_the_best_output(name: str) -> None:
    way, x = likelihood(name).eval(), eight_bit(4)
    torch.testing.assert_close(way.distortion(x, best_outputs(way, x)), way.floor(x), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("sigma", [0.05, 0.3, 2.0])
def test_gaussian_is_the_log_density_that_torch_computes(sigma: float) -> None:
    way, x = likelihoods.Gaussian(SHAPE, sigma=sigma), eight_bit(6)
    outputs = outputs_for(way, 6)
    expected = -Normal(outputs.sigmoid(), sigma).log_prob(x).sum(dim=(1, 2, 3))
    torch.testing.assert_close(way.distortion(x, outputs), expected)


def test_the_optimal_sigma_is_the_root_of_the_mean_squared_error_and_no_other_costs_less() -> None:
    way, x = likelihood("gaussian_optimal").train(), eight_bit(8)
    outputs = outputs_for(way, 8)
    rmse = float((x - outputs.sigmoid()).square().mean().sqrt())
    cost = way.distortion(x, outputs)
    torch.testing.assert_close(cost, -Normal(outputs.sigmoid(), rmse).log_prob(x).sum(dim=(1, 2, 3)))
    for factor in (0.5, 0.9, 0.99, 1.01, 1.1, 2.0):
        other = -Normal(outputs.sigmoid(), rmse * factor).log_prob(x).sum(dim=(1, 2, 3))
        assert other.mean() > cost.mean(), factor
    half_log = math.prod(SHAPE) * (0.5 * math.log(2 * math.pi * rmse**2) + 0.5)
    assert float(cost.mean()) == pytest.approx(half_log, rel=1e-5), "D/2 log(2πe MSE)"


def test_evaluation_uses_the_running_sigma_and_does_not_move_it() -> None:
    way = likelihood("gaussian_optimal").train()
    logs = []
    for seed in range(300):
        x, outputs = eight_bit(8, seed=seed), outputs_for(way, 8, seed=seed) / (1 + seed)
        way.distortion(x, outputs)
        logs.append(float((x - outputs.sigmoid()).square().mean().log()) / 2)
    way.eval()
    running = logs[0]
    for count, log in enumerate(logs, start=1):
        running += max(1 / count, 0.01) * (log - running)
    sigma = math.exp(running)
    for _ in range(2):
        expected = -Normal(outputs.sigmoid(), sigma).log_prob(x).sum(dim=(1, 2, 3))
        torch.testing.assert_close(way.distortion(x, outputs), expected, rtol=1e-3, atol=1e-3)


def test_the_running_sigma_is_that_of_the_data_after_the_first_step() -> None:
    way, x = likelihood("gaussian_optimal"), eight_bit(8)
    outputs = outputs_for(way, 8)
    in_training = way.train().distortion(x, outputs)
    torch.testing.assert_close(way.eval().distortion(x, outputs), in_training)


def test_a_sigma_that_learns_alone_ends_at_the_root_of_the_mean_squared_error() -> None:
    way, x = likelihood("gaussian_learned"), eight_bit(8)
    outputs = outputs_for(way, 8)
    optimiser = torch.optim.LBFGS(way.parameters(), line_search_fn="strong_wolfe")

    def cost() -> float:
        optimiser.zero_grad()
        mean = way.distortion(x, outputs).mean()
        mean.backward()
        return mean.item()

    optimiser.step(cost)
    (log_sigma,) = way.parameters()
    rmse = (x - outputs.sigmoid()).square().mean().sqrt()
    torch.testing.assert_close(log_sigma.detach().exp(), rmse, rtol=1e-4, atol=0)


LEVELS = (torch.arange(256) / 255).view(256, 1, 1, 1)


def level_probabilities(centre: float, log_scale: float) -> torch.Tensor:
    """P(level) of all 256 levels of one pixel under the discretised logistic."""
    outputs = torch.tensor([centre, log_scale]).view(1, 2, 1, 1).expand(256, 2, 1, 1)
    return (-likelihood("logistic", (1, 1, 1)).distortion(LEVELS, outputs)).exp()


@given(st.floats(-60, 60), st.floats(-60, 60))
def test_the_probabilities_of_all_levels_add_up_to_one(centre: float, log_scale: float) -> None:
    probabilities = level_probabilities(centre, log_scale)
    assert (probabilities >= 0).all()
    assert float(probabilities.double().sum()) == pytest.approx(1, abs=2e-3)


@given(st.floats(-60, 60), st.floats(-60, 60))
def test_the_expected_image_of_the_discretised_logistic_is_the_mean_of_its_levels(
    centre: float, log_scale: float
) -> None:
    expected = float((LEVELS.flatten() * level_probabilities(centre, log_scale)).double().sum())
    found = likelihood("logistic", (1, 1, 1)).mean(torch.tensor([centre, log_scale]).view(1, 2, 1, 1))
    assert float(found) == pytest.approx(expected, abs=0.51 / 255)


@pytest.mark.parametrize("centre", [-6.0, -1.1, -0.3, 0.0, 0.7, 1.5])
@pytest.mark.parametrize("log_scale", [-3.5, -2.0, 0.0, 3.0, 6.0])
def test_the_discretised_logistic_is_a_difference_of_distribution_functions(centre: float, log_scale: float) -> None:
    """In double precision, from whichever side of the mean keeps the digits. The outputs are for pixels in −1…1."""
    scale, mean = math.exp(log_scale) / 2, torch.tensor((1 + centre) / 2, dtype=torch.float64)
    for level in range(256):
        low, high = (level - 0.5) / 255, (level + 0.5) / 255
        below = 0.0 if level == 0 else float(((low - mean) / scale).sigmoid())
        above = 1.0 if level == 255 else float(((high - mean) / scale).sigmoid())
        below_mirrored = 0.0 if level == 255 else float(((mean - high) / scale).sigmoid())
        above_mirrored = 1.0 if level == 0 else float(((mean - low) / scale).sigmoid())
        mass = above - below if level / 255 < mean else above_mirrored - below_mirrored
        expected = torch.tensor([-math.log(mass)], dtype=torch.float32)
        x, outputs = torch.full((1, 1, 1, 1), level / 255), torch.tensor([centre, log_scale]).view(1, 2, 1, 1)
        got = likelihood("logistic", (1, 1, 1)).distortion(x, outputs)
        torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-3, msg=f"level {level}")


def test_the_discretised_logistic_pulls_a_mean_that_is_far_off_from_either_side() -> None:
    way = likelihood("logistic", (1, 1, 1))
    for level, centre in ((200, -3.0), (55, 3.0)):
        outputs = torch.tensor([centre, -3.0]).view(1, 2, 1, 1).requires_grad_()
        way.distortion(torch.full((1, 1, 1, 1), level / 255), outputs).sum().backward()
        assert outputs.grad is not None
        assert outputs.grad[0, 0].item() * (level - 128) < 0, "downhill is towards the pixel"
        assert outputs.grad[0, 1].item() < 0, "downhill is towards a wider distribution"


@every_likelihood
@pytest.mark.parametrize("size", [0.0, 3.0, 30.0])
def test_gradients_are_finite_at_black_and_white(name: str, size: float) -> None:
    way = likelihood(name).train()
    x = torch.cat([torch.zeros(2, *SHAPE), torch.ones(2, *SHAPE)])
    outputs = (size * outputs_for(way, 4)).requires_grad_()
    cost = way.distortion(x, outputs)
    cost.sum().backward()
    assert cost.isfinite().all()
    assert outputs.grad is not None
    assert outputs.grad.isfinite().all()


@every_likelihood
@pytest.mark.parametrize("training", [True, False])
def test_a_distortion_belongs_to_its_image(name: str, training: bool) -> None:
    way, x = likelihood(name).train(training), eight_bit(5)
    outputs = outputs_for(way, 5)
    once = way.distortion(x, outputs)
    assert once.shape == (5,)
    torch.testing.assert_close(
        way.distortion(torch.cat([x, x]), torch.cat([outputs, outputs])), torch.cat([once, once])
    )
    if not (training and name == "gaussian_optimal"):  # whose σ is fitted to the batch
        alone = torch.cat([way.distortion(x[i : i + 1], outputs[i : i + 1]) for i in range(5)])
        torch.testing.assert_close(alone, once)


@every_likelihood
def test_the_expected_image_has_the_shape_of_the_image_and_is_in_range(name: str) -> None:
    way = likelihood(name)
    mean = way.mean(100 * outputs_for(way, 3))
    assert mean.shape == (3, *SHAPE)
    assert ((mean >= 0) & (mean <= 1)).all()


@pytest.mark.parametrize("name", ["ConvVAE", "VQVAE"])
def test_models_of_the_discretised_logistic_soon_beat_the_best_constant_image(name: str) -> None:
    """At the default's learning rate. The digits have pixels that are black in nearly all of them."""
    train_images, validation_images = torch.from_numpy(digits.read().images).split((600, 200, 997))[:2]
    settings = {"epochs": 15, "lr": making.defaults()["train"]["lr"], "lr_schedule": "OneCycleLR"}
    sizes = {"latent_dim": 8, "channels": 16, "code_prior": {"epochs": 1}}
    cell = making.cell(name, train=settings, likelihood={"name": "logistic"}, **sizes)
    model = checkpoint.build(cell, train_images.shape[1:])
    history = loop.train(model, train_images, validation_images, cell)

    pixels, constant = as_float(validation_images), torch.zeros(1, 2, *train_images.shape[2:], requires_grad=True)
    optimiser = torch.optim.LBFGS([constant], line_search_fn="strong_wolfe", max_iter=20)

    def cost() -> float:
        optimiser.zero_grad()
        mean = model.likelihood.distortion(pixels, constant.expand(len(pixels), -1, -1, -1)).mean()
        mean.backward()
        return mean.item()

    optimiser.step(cost)
    assert history[-1]["validation_total"] < cost()
    with torch.no_grad():
        errors = (pixels - model.eval().reconstruct(pixels)).square().mean()
    assert errors < 0.7 * (pixels - pixels.mean(0)).square().mean()
