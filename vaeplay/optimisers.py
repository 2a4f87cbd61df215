"""PyTorch's optimisers, without what they import beside themselves."""

import inspect
from collections.abc import Iterable

import torch

FUSED = ("Adam", "AdamW", "SGD")  # these can take a step in one pass over the weights


def optimiser(name: str, parameters: Iterable[torch.nn.Parameter], lr: float) -> torch.optim.Optimizer:
    """The class of torch.optim with this name, its other settings as PyTorch has them, fused where it can be.

    PyTorch wraps an optimiser's methods to hide them from its compiler, and for that imports the compiler: more than a
    second at every training's start, and more in a step than a small model's own. Here they are as they stand in
    PyTorch's source.
    """
    base = getattr(torch.optim, name)
    methods = {key: inspect.unwrap(method) for key in dir(base) if hasattr(method := getattr(base, key), "__wrapped__")}
    methods["step"] = torch.no_grad()(inspect.unwrap(base.step))
    options = {"fused": True} if name in FUSED else {}
    return type(name, (base,), methods)(parameters, lr=lr, **options)
