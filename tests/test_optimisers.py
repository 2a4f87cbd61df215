"""Our optimisers are PyTorch's to the bit, and leave its compiler alone."""

import subprocess
import sys
from typing import Any, get_args

import pytest
import torch

from vaeplay import optimisers
from vaeplay.classifier import training
from vaeplay.data.prepared import Split
from vaeplay.optimisers import FUSED, one_cycle, optimiser
from vaeplay.settings.cells import TrainSettings

from . import making
from .conftest import ROOT

NAMES = get_args(TrainSettings.model_fields["optimiser"].annotation)

STEPS = """
import sys, torch
from vaeplay.optimisers import optimiser
layer = torch.nn.Linear(3, 3)
for name in sys.argv[1:]:
    made = optimiser(name, layer.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.ConstantLR(made, 1.0)
    layer(torch.ones(1, 3)).sum().backward()
    made.step(), schedule.step(), made.zero_grad(), made.load_state_dict(made.state_dict())
print([name for name in ("torch._dynamo", "torch._inductor", "sympy", "triton") if name in sys.modules])
"""


def weights_after(kind: str, steps: int, resumed: int | None = None) -> torch.Tensor:
    """Of a small regression, by our optimiser or by PyTorch's own; `resumed` after so many steps from its state."""
    torch.manual_seed(0)
    name = kind.removeprefix("torch ")
    weights = torch.nn.Parameter(torch.randn(5, 4))
    x, y = torch.randn(20, 4), torch.randn(20, 5)

    def make() -> torch.optim.Optimizer:
        if kind.startswith("torch "):
            options = {"fused": True} if name in FUSED else {}
            made: torch.optim.Optimizer = getattr(torch.optim, name)([weights], lr=0.01, **options)
            return made
        return optimiser(name, [weights], lr=0.01)

    made = make()
    for step in range(steps):
        if step == resumed:
            state = made.state_dict()
            made = make()
            made.load_state_dict(state)
        made.zero_grad()
        (x @ weights.T - y).square().sum().backward()
        made.step()
    return weights.detach()


@pytest.mark.parametrize("name", NAMES)
def test_a_step_is_that_of_torchs_class(name: str) -> None:
    assert torch.equal(weights_after(name, 10), weights_after(f"torch {name}", 10))
    assert torch.equal(weights_after(name, 10, resumed=4), weights_after(name, 10))
    assert isinstance(optimiser(name, [torch.nn.Parameter(torch.ones(1))], lr=0.1), getattr(torch.optim, name))


@pytest.mark.parametrize("rise", [0.1, 0.3])
def test_one_cycle_takes_any_number_of_steps_and_leaves_the_momentum_alone(rise: float) -> None:
    for steps in range(1, 60):
        made = optimiser("Adam", [torch.nn.Parameter(torch.ones(1))], lr=0.1)
        schedule, rates = one_cycle(made, 0.1, steps, rise), []
        for _ in range(steps):
            rates.append(made.param_groups[0]["lr"])
            assert made.param_groups[0]["betas"] == (0.9, 0.999)
            made.step()
            schedule.step()
        assert 0 < max(rates) <= 0.1
        assert steps == 1 or made.param_groups[0]["lr"] < 1e-5


def test_classifier_code_prior_and_models_leave_the_momentum_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[torch.optim.Optimizer] = []
    betas: set[tuple[float, float]] = set()

    def watched(*arguments: Any, **options: Any) -> torch.optim.Optimizer:
        made.append(optimiser(*arguments, **options))
        made[-1].register_step_pre_hook(lambda one, *_: betas.add(one.param_groups[0]["betas"]))
        return made[-1]

    monkeypatch.setattr(optimisers, "optimiser", watched)
    split = Split(making.images(70), torch.arange(70) % 2)
    training.train(split, split, 2, 0, channels=4, features=4, epochs=2, lr=1e-3)
    making.train(making.cell("VQVAE", train={"epochs": 1, "lr_schedule": "OneCycleLR"}, code_prior={"epochs": 2}))
    assert len(made) == 3 and betas == {(0.9, 0.999)}


def test_no_optimiser_imports_the_compiler() -> None:
    command = [sys.executable, "-c", STEPS, *NAMES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
