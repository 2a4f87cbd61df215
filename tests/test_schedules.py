"""What the rate costs, step by step: against exact fractions, by hand, and inside a training."""

from fractions import Fraction
from typing import Any

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from vaeplay.data.prepared import as_float
from vaeplay.models.parts import schedules
from vaeplay.models.vae import VAE
from vaeplay.noise import Noise
from vaeplay.training import checkpoint, loop

from . import making

SETTINGS: dict[str, dict[str, Any]] = {
    "constant": {},
    "linear": {"steps": 10},
    "cyclical": {"steps": 12, "cycles": 3},
    "capacity": {"steps": 10, "capacity": 6.0, "gamma": 2.5},
    "free_bits": {"free": 0.4},
}

every_schedule = pytest.mark.parametrize("name", schedules.BY_NAME)


def schedule(name: str) -> schedules.Schedule:
    return schedules.BY_NAME[name](**SETTINGS[name])


def of_a_cell(name: str, steps: int = 12) -> dict[str, Any]:
    """The same as a cell's settings, for a training of so many steps."""
    rest = {key: value for key, value in SETTINGS[name].items() if key != "steps"}
    share = {"share": SETTINGS[name]["steps"] / steps} if "steps" in SETTINGS[name] else {}
    return {"name": name} | rest | share


def rates_of(count: int, dims: int = 4, seed: int = 0) -> torch.Tensor:
    """Rates of images, some dimensions saying much and some little."""
    scale = torch.logspace(-2, 0.5, dims)
    return torch.rand(count, dims, generator=torch.Generator().manual_seed(seed)) * scale


def weight(name: str, step: int, **settings: int) -> float:
    """What a rate of one nat costs."""
    return float(schedules.BY_NAME[name](**settings)(torch.ones(1, 1, dtype=torch.float64), step))


def test_every_schedule_is_tried_here() -> None:
    assert set(SETTINGS) == set(schedules.BY_NAME)


@every_schedule
def test_a_cost_depends_on_the_step_alone_and_not_on_those_asked_before(name: str) -> None:
    rates, steps = rates_of(5), list(range(30))
    forwards = [schedule(name)(rates, step) for step in steps]
    one = schedule(name)
    backwards = [one(rates, step) for step in reversed(steps)]
    again = [one(rates, step) for step in steps]
    for first, second, third in zip(forwards, reversed(backwards), again, strict=True):
        assert first.shape == (5,)
        assert torch.equal(first, second)
        assert torch.equal(first, third)


@every_schedule
@pytest.mark.parametrize("step", [0, 3, 10, 500])
def test_repeating_the_batch_changes_no_cost(name: str, step: int) -> None:
    rates = rates_of(5)
    cost = schedule(name)(rates, step)
    torch.testing.assert_close(schedule(name)(torch.cat([rates, rates]), step), torch.cat([cost, cost]))


def test_constant_is_the_sum_of_the_rates() -> None:
    rates = rates_of(5)
    for step in (0, 1, 10**9):
        assert torch.equal(schedule("constant")(rates, step), rates.sum(1))


@given(st.integers(1, 10**6), st.integers(0, 2 * 10**6))
def test_linear_rises_evenly_from_nothing_to_the_whole_rate(steps: int, step: int) -> None:
    assert weight("linear", 0, steps=steps) == 0
    assert weight("linear", steps, steps=steps) == 1
    assert weight("linear", step, steps=steps) == pytest.approx(min(1.0, step / steps))
    assert weight("linear", step, steps=steps) <= weight("linear", step + 1, steps=steps) <= 1


@given(st.integers(1, 500), st.integers(1, 60), st.integers(0, 600))
@example(steps=10, cycles=6, step=5)  # the start of a cycle, which a remainder of floats takes for the end of one
@example(steps=18, cycles=10, step=9)
def test_cyclical_is_a_ramp_over_the_first_half_of_every_cycle(steps: int, cycles: int, step: int) -> None:
    """Against exact fractions, cycles of broken length included."""
    expected = Fraction(1)
    if step < steps:
        cycle = Fraction(steps, cycles)
        expected = min(Fraction(1), 2 * (step % cycle) / cycle)
    assert weight("cyclical", step, steps=steps, cycles=cycles) == pytest.approx(float(expected), abs=1e-9)


def test_cyclical_repeats_itself_and_ends_at_the_whole_rate() -> None:
    one_cycle = [0, 0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1, 1]
    weights = [weight("cyclical", step, steps=40, cycles=4) for step in range(60)]
    assert weights == pytest.approx([*one_cycle * 4, *[1.0] * 20])


def test_capacity_costs_gamma_a_nat_away_from_its_target_and_nothing_at_it() -> None:
    rates = torch.tensor([[1.0, 2.0], [4.0, 2.0], [5.0, 4.0]], requires_grad=True)
    way = schedule("capacity")
    for step, target in ((0, 0.0), (5, 3.0), (10, 6.0), (99, 6.0)):
        cost = way(rates, step)
        distance = rates.sum(1) - target
        torch.testing.assert_close(cost, 2.5 * torch.where(distance > 0, distance, -distance))
        (gradient,) = torch.autograd.grad(cost.sum(), rates)
        torch.testing.assert_close(gradient, 2.5 * torch.stack([distance.sign()] * 2, dim=1).detach())


def test_free_bits_cost_the_larger_of_mean_rate_and_threshold_in_every_dimension() -> None:
    way, rates = schedule("free_bits"), rates_of(50).requires_grad_()
    cost = way(rates, 7).mean()
    means = [sum(column) / 50 for column in rates.detach().T.tolist()]
    assert float(cost.detach()) == pytest.approx(sum(max(mean, 0.4) for mean in means), rel=1e-5)
    (gradient,) = torch.autograd.grad(cost, rates)
    for dimension, mean in enumerate(means):
        expected = 1 / 50 if mean > 0.4 else 0.0
        torch.testing.assert_close(gradient[:, dimension], torch.full((50,), expected))
    assert {mean > 0.4 for mean in means} == {True, False}, "both cases are there"


@every_schedule
@pytest.mark.parametrize("beta", [0.0, 1.0, 4.0])
def test_beta_multiplies_what_the_schedule_says(name: str, beta: float) -> None:
    model = making.model("BetaVAE", beta=beta, schedule=of_a_cell(name))
    assert isinstance(model, VAE)
    model.start(making.images(6), Noise(0), steps=12)
    x = as_float(making.images(6))
    for step in (0, 4, 400):
        loss = model.loss(x, step, Noise(0))
        means, logvars = model.gaussian(x)
        priors = torch.distributions.Normal(torch.zeros_like(means), 1.0)
        rates = torch.distributions.kl_divergence(torch.distributions.Normal(means, (logvars / 2).exp()), priors)
        expected = loss.terms["distortion"] + beta * schedule(name)(rates, step)
        torch.testing.assert_close(loss.total, expected)


def trained(name: str, watched: int) -> tuple[list[dict[str, float]], dict[str, torch.Tensor]]:
    cell = making.cell("VAE", schedule=of_a_cell(name), train={"epochs": 5, "lr": 5e-3})
    model = checkpoint.build(cell, making.SHAPE)
    history = loop.train(model, making.images(200), making.images(watched, seed=1), cell)
    return history, model.state_dict()


@every_schedule
def test_a_training_runs_under_it_and_is_not_moved_by_validation(name: str) -> None:
    history, state = trained(name, watched=20)
    assert history[-1]["train_distortion"] < history[0]["train_distortion"]
    _, other_state = trained(name, watched=150)
    assert all(torch.equal(state[key], other_state[key]) for key in state)


def test_validation_weighs_the_rate_as_the_last_step_does_and_not_as_one_more_would() -> None:
    """With the step after the last a warm-up over all of the training would be complete."""
    cell = making.cell("VAE", train={"epochs": 1, "batch_size": 16}, schedule={"name": "linear", "share": 1.0})
    _, (entry,) = making.train(cell, count=11 * 16)
    assert entry["rate_weight"] == pytest.approx(10 / 11)
    expected = entry["validation_distortion"] + 10 / 11 * entry["validation_rate"]
    assert entry["validation_total"] == pytest.approx(expected)


@every_schedule
def test_each_epoch_logs_what_multiplies_the_rate_at_its_last_step(name: str) -> None:
    changes = {"schedule": of_a_cell(name), "beta": 3.0}
    cell = making.cell("BetaVAE", train={"epochs": 4, "batch_size": 32}, **changes)
    _, history = making.train(cell, count=96)
    weights = [entry.get("rate_weight") for entry in history]
    expected: dict[str, list[Any]] = {"constant": [3.0] * 4, "linear": [0.6, 1.5, 2.4, 3.0], "cyclical": [3, 1.5, 0, 3]}
    if name in expected:
        assert weights == pytest.approx([3 * weight(name, step, **SETTINGS[name]) for step in (2, 5, 8, 11)])
    assert weights == (pytest.approx(expected[name]) if name in expected else [None] * 4)


@pytest.mark.parametrize("name", ["AE", "IWAE", "BetaTCVAE", "WAE"])
def test_a_loss_without_a_weight_of_the_rate_logs_none(name: str) -> None:
    _, history = making.train(making.cell(name, train={"epochs": 1}))
    assert "rate_weight" not in history[0]


def test_a_schedule_reaches_the_weights() -> None:
    """Warm-up starts without the rate: the first step is that of β = 0, and later ones are not."""

    def after(epochs: int, model_name: str, **changes: Any) -> torch.Tensor:
        cell = making.cell(model_name, train={"epochs": epochs, "batch_size": 50}, **changes)
        model = checkpoint.build(cell, making.SHAPE)
        loop.train(model, making.images(50), making.images(10), cell)
        return torch.cat([parameter.flatten() for parameter in model.parameters()])

    warm_up = {"schedule": {"name": "linear", "share": 1.0}}
    assert torch.equal(after(1, "VAE", **warm_up), after(1, "BetaVAE", beta=0.0))
    assert not torch.equal(after(2, "VAE", **warm_up), after(2, "BetaVAE", beta=0.0))
