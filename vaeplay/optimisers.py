"""PyTorch's optimisers and the one-cycle schedule, as the models, the classifier and the code prior all use them."""

import inspect
from collections.abc import Iterable
from typing import Any

import torch
from torch.optim.lr_scheduler import OneCycleLR

from vaeplay.torch_startup import uncompiled

FUSED = ("Adam", "AdamW", "SGD")  # these can take a step in one pass over the weights


def optimiser(
    name: str, parameters: Iterable[torch.Tensor], captured: bool = False, **options: Any
) -> torch.optim.Optimizer:
    """The class of torch.optim with this name and these `options`, fused where it can be.

    Where its steps are `captured`, its learning rate is a tensor beside the weights: a number would stay what it was.
    """
    kind = getattr(torch.optim, name)
    options |= {"fused": True} if name in FUSED else {}
    weights = list(parameters)
    if captured:
        options["lr"] = torch.tensor(options["lr"], device=weights[0].device)
        options |= {"capturable": True} if "capturable" in inspect.signature(kind).parameters else {}
    made: torch.optim.Optimizer = uncompiled(kind)(weights, **options)
    return made


def one_cycle(optimiser: torch.optim.Optimizer, lr: float, steps: int, rise: float = 0.3) -> OneCycleLR:
    """The learning rate over `steps` steps: up to `lr` within the share `rise` of them, then down to nothing.

    Smith & Topin 2018, arXiv:1708.07120, without its cycle of the momentum, so that every use is the same. It rises
    for at least a step: PyTorch divides by zero where the share comes to exactly none.
    """
    total = steps + 1
    return OneCycleLR(optimiser, lr, total, pct_start=max(rise, 2 / total), cycle_momentum=False)


def beside_weights(optimiser: torch.optim.Optimizer) -> None:
    """Put a learning rate that is a tensor where the weights are: what a resume file says is read on the CPU."""
    for group in optimiser.param_groups:
        if isinstance(group["lr"], torch.Tensor):
            group["lr"] = group["lr"].to(group["params"][0].device)
