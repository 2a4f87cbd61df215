"""The losses of a tiny cell of every model are what they were: whoever changes results should see it, and mean it.

Bits differ between processors, and a faster way to sum changes the last ones; a changed loss, seed, order of batches
or initial weight changes far more. Where a change is meant, write the numbers anew, and say so with the change:

    uv run python -m tests.test_drift
"""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from vaeplay import models
from vaeplay.data.prepared import as_float
from vaeplay.noise import Noise
from vaeplay.training import checkpoint, loop

from . import making

PINNED = Path(__file__).parent / "drift.json"
TOLERANCE = 1e-3  # of a value: thousands of roundings


def losses(name: str, **changes: Any) -> dict[str, float]:
    """What some epochs of six steps come to on 96 images, and what 32 others and samples give."""
    epochs = 1 if models.kin(name).quantised else 5  # a rounding flips a code, and the training goes another way
    train = {"epochs": epochs, "batch_size": 16, "lr": 1e-2} | changes.pop("train", {})
    cell = making.cell(name, train=train, code_prior={"epochs": 2, "channels": 4, "layers": 1}, **changes)
    images, others = making.images(96), making.images(32, seed=1)
    model = checkpoint.build(cell, making.SHAPE)
    history = loop.train(model, images, others, cell)
    found = {
        f"epoch {entry['epoch']:.0f} {term}": value
        for entry in history
        for term, value in entry.items()
        if term.startswith(("train_", "validation_"))
    }
    with torch.no_grad():
        measured = model.measure(as_float(others), Noise(0))
        samples = model.sample(8, Noise(0))
    return found | {term: float(value.mean()) for term, value in measured.items()} | {"samples": float(samples.mean())}


@pytest.mark.parametrize("name", models.names())
def test_a_models_losses_are_the_pinned_ones(name: str) -> None:
    pinned = json.loads(PINNED.read_text())
    assert name in pinned, "a new model: write the numbers with `uv run python -m tests.test_drift`"
    assert losses(name) == pytest.approx(pinned[name], rel=TOLERANCE, abs=1e-4)


@pytest.mark.parametrize("changes", [{"seed": 1}, {"train": {"lr": 0.0101}}, {"activation": "GELU"}, {"hidden": 33}])
def test_a_small_change_of_a_training_is_far_outside_of_the_tolerance(changes: dict[str, Any]) -> None:
    assert losses("BetaVAE", **changes) != pytest.approx(losses("BetaVAE"), rel=3 * TOLERANCE, abs=1e-4)


def test_only_models_that_are_there_are_pinned() -> None:
    assert set(json.loads(PINNED.read_text())) == set(models.names())


if __name__ == "__main__":
    numbers = {name: {key: float(f"{value:.7g}") for key, value in losses(name).items()} for name in models.names()}
    PINNED.write_text(json.dumps(numbers, indent=1, sort_keys=True) + "\n")
