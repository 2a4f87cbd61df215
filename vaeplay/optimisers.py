"""PyTorch's optimisers, as the models, the classifier and the code prior all use them."""

import inspect
from collections.abc import Iterable
from typing import Any

import torch

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


def beside_weights(optimiser: torch.optim.Optimizer) -> None:
    """Put a learning rate that is a tensor where the weights are: what a resume file says is read on the CPU."""
    for group in optimiser.param_groups:
        if isinstance(group["lr"], torch.Tensor):
            group["lr"] = group["lr"].to(group["params"][0].device)
