"""PyTorch's optimisers and the one-cycle schedule, for the models, the classifier and the code prior."""

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

    If its steps are `captured`, the learning rate is a tensor beside the weights: a plain number could not change.
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
    """The learning rate over `steps` steps: up to `lr` over the share `rise` of them, then down to almost zero.

    Smith & Topin 2018, arXiv:1708.07120, without its momentum cycle, so that every use is the same. The rise takes at
    least one step: PyTorch divides by zero if its share is exactly 0.
    """
    total = steps + 1
    return OneCycleLR(optimiser, lr, total, pct_start=max(rise, 2 / total), cycle_momentum=False)


def beside_weights(optimiser: torch.optim.Optimizer) -> None:
    """Move a tensor learning rate to the weights' device: a resume file is read on the CPU."""
    for group in optimiser.param_groups:
        if isinstance(group["lr"], torch.Tensor):
            group["lr"] = group["lr"].to(group["params"][0].device)
