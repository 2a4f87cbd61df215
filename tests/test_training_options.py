"""Optimisers, learning rates, clipping, early stopping and averaging: by name, and as they say they are."""

import math
from typing import Any, get_args

import pytest
import torch

from vaeplay.data.prepared import as_float
from vaeplay.errors import UserError
from vaeplay.models.ae import AE
from vaeplay.models.base import Autoencoder
from vaeplay.noise import Noise
from vaeplay.seeds import seed_for
from vaeplay.settings.cells import TrainSettings
from vaeplay.training import checkpoint, loop

from . import making

OPTIMISERS = get_args(TrainSettings.model_fields["optimiser"].annotation)
LR_SCHEDULES = get_args(TrainSettings.model_fields["lr_schedule"].annotation)

SMALL: dict[str, Any] = {
    "epochs": 4,
    "batch_size": 32,
    "optimiser": "Adam",
    "lr": 1e-3,
    "lr_schedule": "ConstantLR",
    "precision": "float32",
    "clip_norm": None,
    "keep": "last",
    "patience": None,
    "average": None,
}


def train(
    name: str = "VAE", images: int = 64, held_out: int = 16, seed: int = 0, changes: Any = None, **settings: Any
) -> tuple[Autoencoder, list[dict[str, float]]]:
    cell = making.cell(name, train=SMALL | settings, seed=seed, **(changes or {}))
    model = checkpoint.build(cell, making.SHAPE)
    history = loop.train(model, making.images(images), making.images(held_out, seed=1), cell)
    return model, history


def weights(model: Autoencoder) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


@pytest.mark.parametrize("lr_schedule", LR_SCHEDULES)
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_every_optimiser_learns_under_every_learning_rate_schedule(optimiser: str, lr_schedule: str) -> None:
    lr = 1e-3 if optimiser == "SGD" else 3e-3
    _, history = train("AE", optimiser=optimiser, lr_schedule=lr_schedule, lr=lr, epochs=10)
    assert history[-1]["train_total"] < history[0]["train_total"]
    assert all(math.isfinite(value) for entry in history for value in entry.values())


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_the_optimiser_that_is_named_is_the_one_that_steps(optimiser: str) -> None:
    """One step of the loop, against one of torch's own optimiser on the same gradient."""
    trained, _ = train("AE", images=32, epochs=1, optimiser=optimiser)
    cell = making.cell("AE", train=SMALL)
    expected = checkpoint.build(cell, making.SHAPE)
    order = torch.Generator().manual_seed(seed_for(0, "order of batches"))
    x = as_float(making.images(32)[torch.randperm(32, generator=order)])
    by_hand = getattr(torch.optim, optimiser)(expected.parameters(), lr=cell.train.lr)
    expected.loss(x, 0, Noise(0)).total.mean().backward()
    by_hand.step()
    torch.testing.assert_close(weights(trained), weights(expected), rtol=1e-4, atol=1e-6)


def learning_rates(lr_schedule: str, epochs: int, images: int = 32) -> list[float]:
    _, history = train("AE", images=images, epochs=epochs, lr=0.01, lr_schedule=lr_schedule)
    return [entry["lr"] for entry in history]


def test_a_constant_learning_rate_stays_what_it_is() -> None:
    assert learning_rates("ConstantLR", epochs=12) == [0.01] * 12


def test_a_cosine_runs_from_the_learning_rate_to_zero() -> None:
    expected = [0.005 * (1 + math.cos(math.pi * step / 12)) for step in range(12)]
    assert learning_rates("CosineAnnealingLR", epochs=12) == pytest.approx(expected, rel=1e-6)
    by_three_steps = [0.005 * (1 + math.cos(math.pi * step / 12)) for step in range(0, 12, 3)]
    assert learning_rates("CosineAnnealingLR", epochs=4, images=96) == pytest.approx(by_three_steps, rel=1e-6)
    assert learning_rates("CosineAnnealingLR", epochs=100)[-1] < 1e-5


def test_one_cycle_rises_to_the_learning_rate_and_falls_far_below_it() -> None:
    rates = learning_rates("OneCycleLR", epochs=99)
    peak = rates.index(max(rates))
    assert rates[0] == pytest.approx(0.01 / 25)
    assert max(rates) == pytest.approx(0.01, rel=1e-3)
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[-1] < 1e-4


@pytest.mark.parametrize("lr_schedule", LR_SCHEDULES)
def test_a_training_of_one_step_ends_well(lr_schedule: str) -> None:
    _, history = train(images=8, epochs=1, lr_schedule=lr_schedule)
    assert len(history) == 1


def test_a_clipped_gradient_moves_the_weights_by_the_learning_rate_times_its_norm() -> None:
    start = weights(making.model("VAE"))
    after_one, _ = train(images=32, epochs=1, optimiser="SGD", lr=0.5, clip_norm=1e-2)
    assert float((weights(after_one) - start).norm()) == pytest.approx(0.5 * 1e-2, rel=1e-2), "it was far larger"
    after_ten, _ = train(images=64, epochs=5, optimiser="SGD", lr=0.5, clip_norm=1e-2)
    assert float((weights(after_ten) - start).norm()) <= 10 * 0.5 * 1e-2 * 1.01


def test_a_norm_that_no_gradient_reaches_clips_nothing() -> None:
    assert torch.equal(weights(train(clip_norm=1e9)[0]), weights(train(clip_norm=None)[0]))


OVERFITS: dict[str, Any] = {"images": 12, "held_out": 30, "lr": 0.02, "epochs": 120, "batch_size": 12}


def validated(model: Autoencoder, held_out: int, batch_size: int, step: int) -> float:
    return loop.validate(model, making.images(held_out, seed=1), batch_size, step, seed=0)["total"]


@pytest.mark.parametrize("average", [None, 0.8])
def test_patience_stops_and_keeps_the_weights_of_the_best_epoch(average: float | None) -> None:
    model, history = train(**OVERFITS, patience=7, keep="best", average=average)
    totals = [entry["validation_total"] for entry in history]
    best = totals.index(min(totals))
    assert len(history) == best + 1 + 7 < 120
    assert validated(model, 30, 12, step=len(history)) == pytest.approx(min(totals), rel=1e-6)
    as_long, _ = train(**(OVERFITS | {"epochs": best + 1}), average=average)
    assert torch.equal(weights(model), weights(as_long)), "as if it had been trained until then and no longer"


def test_patience_keeps_the_best_epoch_of_a_training_that_ends_before_it_stops() -> None:
    stopped, history = train(**OVERFITS, patience=7, keep="best")
    best = len(history) - 7
    ended, whole = train(**(OVERFITS | {"epochs": best + 3}), patience=7, keep="best")
    assert len(whole) == best + 3
    assert torch.equal(weights(ended), weights(stopped))


def test_the_last_weights_are_kept_where_they_are_asked_for() -> None:
    stopped, history = train(**OVERFITS, patience=7)
    as_long, _ = train(**(OVERFITS | {"epochs": len(history)}))
    assert torch.equal(weights(stopped), weights(as_long))


def test_patience_does_not_take_the_beginning_of_a_warm_up_for_the_best() -> None:
    """While the rate costs little the loss is low: epochs are compared by what the loss ends as."""
    warm_up = {"schedule": {"name": "linear", "share": 0.5}}
    settings: dict[str, Any] = {"images": 200, "held_out": 50, "epochs": 30, "batch_size": 50, "lr": 5e-3}
    model, history = train(**settings, patience=5, keep="best", changes=warm_up)
    elbo = [entry["validation_distortion"] + entry["validation_rate"] for entry in history]
    kept = loop.validate(model, making.images(50, seed=1), 50, step=10**6, seed=0)
    assert kept["total"] == pytest.approx(min(elbo), rel=1e-5)


def by_steps(count: int, **settings: Any) -> list[torch.Tensor]:
    """The weights after 1, 2, … `count` steps, from trainings of one step an epoch that end there."""
    return [weights(train(**settings, images=32, epochs=steps)[0]) for steps in range(1, count + 1)]


def test_an_average_is_the_exponential_moving_average_of_the_weights() -> None:
    decay, path = 0.7, by_steps(6, lr=0.01)
    average = path[0]
    for after_step in path[1:]:
        average = decay * average + (1 - decay) * after_step
    model, _ = train(images=32, epochs=6, lr=0.01, average=decay)
    torch.testing.assert_close(weights(model), average, rtol=1e-4, atol=1e-6)
    assert not torch.allclose(average, path[-1], atol=1e-4)


def test_averaging_watches_the_average_and_does_not_disturb_the_training() -> None:
    plain, plain_history = train(lr=0.01, average=None)
    averaged, history = train(lr=0.01, average=0.9)
    assert not torch.equal(weights(plain), weights(averaged))
    for entry, plain_entry in zip(history, plain_history, strict=True):
        assert entry["train_total"] == plain_entry["train_total"]
    assert validated(averaged, 16, 32, step=8) == pytest.approx(history[-1]["validation_total"], rel=1e-6)


@pytest.mark.parametrize(
    "settings",
    [
        *({"optimiser": name} for name in OPTIMISERS),
        *({"lr_schedule": name} for name in LR_SCHEDULES),
        {"clip_norm": 0.5},
        {"precision": "bfloat16"},
        {"patience": 1},
        {"keep": "best"},
        {"average": 0.9},
        {"average": 0.9, "patience": 2, "keep": "best", "clip_norm": 1.0, "lr_schedule": "OneCycleLR"},
    ],
    ids=str,
)
def test_equal_seeds_give_equal_weights_with_every_option(settings: dict[str, Any]) -> None:
    first, again = (train(**settings)[0].state_dict() for _ in range(2))
    assert all(torch.equal(first[key], again[key]) for key in first)
    other = train(**settings, seed=1)[0].state_dict()
    assert not all(torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("likelihood", ["gaussian_optimal", "gaussian_learned"])
@pytest.mark.parametrize("options", [{"average": 0.5}, {"keep": "best"}, {"average": 0.5, "keep": "best"}], ids=str)
def test_what_is_kept_validates_as_it_did_in_training(likelihood: str, options: dict[str, Any]) -> None:
    """The buffers of a likelihood are kept with the weights."""
    changes = {"likelihood": {"name": likelihood}}
    model, history = train(lr=0.02, epochs=6, changes=changes, **options)
    best = min(entry["validation_total"] for entry in history)
    expected = best if "keep" in options else history[-1]["validation_total"]
    assert validated(model, 16, 32, step=12) == pytest.approx(expected, rel=1e-6)


class Normalised(AE):
    """A model with a batch normalisation."""

    def build_encoder(self, outputs: int, **network: Any) -> torch.nn.Module:
        layers = super().build_encoder(outputs, **network)
        return torch.nn.Sequential(layers, torch.nn.BatchNorm1d(outputs))


def normalised(images: int, batch_size: int) -> list[dict[str, float]]:
    cell = making.cell("AE", train=SMALL | {"batch_size": batch_size, "epochs": 2})
    torch.manual_seed(0)
    model = Normalised(making.SHAPE, 3, 1, "ReLU", **cell.settings)
    return loop.train(model, making.images(images), making.images(1, seed=1), cell)


def test_a_last_batch_of_one_image_joins_the_one_before_and_no_image_is_left_out() -> None:
    assert len(normalised(images=33, batch_size=16)) == 2
    for count, size in ((33, 16), (32, 16), (1, 16), (2, 1), (17, 16), (18, 16), (5, 100)):
        batches = loop.batches_of(torch.arange(count), size)
        assert torch.equal(torch.cat(batches), torch.arange(count))
        assert size == 1 or count == 1 or min(map(len, batches)) > 1


@pytest.mark.parametrize(("images", "batch_size"), [(8, 1), (1, 16)])
def test_a_batch_normalisation_of_one_image_is_one_line(images: int, batch_size: int) -> None:
    with pytest.raises(UserError, match=r"cannot be trained on a batch of one image \(.*\); set train.batch_size to 2"):
        normalised(images, batch_size)
