"""PyTorch's optimisers, without what they import beside themselves."""

import inspect
from collections.abc import Iterable
from typing import Any

import torch

FUSED = ("Adam", "AdamW", "SGD")  # these can take a step in one pass over the weights


def optimiser(name: str, parameters: Iterable[torch.Tensor], **options: Any) -> torch.optim.Optimizer:
    """The class of torch.optim with this name and these `options`, fused where it can be.

    PyTorch wraps an optimiser's methods to hide them from its compiler, and for that imports the compiler: more than a
    second at every training's start, and more in a step than a small model's own. Here they are as they stand in
    PyTorch's source.
    """
    base = getattr(torch.optim, name)
    methods = {key: inspect.unwrap(method) for key in dir(base) if hasattr(method := getattr(base, key), "__wrapped__")}
    methods["step"] = torch.no_grad()(inspect.unwrap(base.step))
    fused = {"fused": True} if name in FUSED else {}
    return type(name, (base,), methods)(parameters, **fused, **options)
