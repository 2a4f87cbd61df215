"""What a validation curve says of its training: made curves of every kind, and real ones."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaeplay.training import convergence

from . import making


def curve(epochs: int, halved_every: float, rise: float = 0.0, start: int = 0) -> list[float]:
    """A loss that falls from 300 towards 100 nats, and from epoch `start` on rises by `rise` an epoch."""
    return [100 + 200 * math.exp2(-n / halved_every) + rise * max(0, n - start) for n in range(epochs)]


@pytest.mark.parametrize(
    ("losses", "state"),
    [
        (curve(30, 2), "best"),
        (curve(30, 8), "falling"),
        (curve(60, 2, rise=0.3, start=25), "overfitting"),
        (curve(30, 2, rise=0.1, start=27), "best"),
        ([150.0], "falling"),
        ([150.0, 149.9, 149.9], "falling"),
        ([-400.0] * 10, "best"),
    ],
)
def test_made_curves(losses: list[float], state: str) -> None:
    assert convergence.of(losses)[0] == state


def test_overfitting_is_dated_from_the_lowest_loss() -> None:
    losses = curve(60, 2, rise=0.3, start=25)
    state, epoch = convergence.of(losses)
    assert (state, epoch) == ("overfitting", losses.index(min(losses)) + 1)


@given(st.lists(st.floats(50, 500), min_size=1, max_size=40), st.floats(-1000, 1000))
def test_the_best_epoch_is_that_of_the_lowest_loss_wherever_zero_is(losses: list[float], shift: float) -> None:
    moved = [loss + shift for loss in losses]
    assert moved[convergence.of(moved)[1] - 1] == min(moved)


def test_noise_of_a_tenth_of_a_nat_makes_no_difference() -> None:
    for losses in (curve(30, 2), curve(60, 2, rise=0.3, start=25)):
        noisy = [loss + 0.1 * (-1) ** n for n, loss in enumerate(losses)]
        assert convergence.of(noisy)[0] == convergence.of(losses)[0]


def test_an_autoencoder_that_is_trained_for_long_on_few_images_overfits() -> None:
    cell = making.cell("AE", train={"epochs": 60, "lr": 0.02, "batch_size": 12})
    _, history = making.train(cell, count=12)
    assert convergence.of([entry["validation_total"] for entry in history])[0] == "overfitting"
