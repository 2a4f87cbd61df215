"""How PyTorch is set up so that a stage starts quickly: each measure with its reason, gain and upstream discussion.

Torch is imported only inside the functions, since the environment has to be set first. Gains are in CPU seconds per
process, medians of four pairs on two shared cores with PyTorch 2.15.0; importing torch itself takes 2.0. Gains below
0.1 are left out: PYTORCH_JIT=0 saved 0.08 of forward-mode differentiation (pytorch/pytorch#85513).
"""

import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

COMPILER = "torch._dynamo"


def set_environment() -> None:
    """Set the variables that the OpenMP of torch's Linux builds reads at import.

    With this limit, threads that wait for each other soon yield their core. If they kept spinning on a busy machine,
    they would hold up the very thread that they wait for, and an epoch would take 1.2 to 3 times as long. Without any
    spinning, it takes twice as long on a quiet machine. pytorch/pytorch#57715, #80777.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")


def make_repeatable(device: str) -> None:
    """Make results on this type of device repeatable to the bit.

    `torch.use_deterministic_algorithms` would import the compiler only to notify it: 1.66 s. No issue upstream is about
    that; pytorch/pytorch#165950 is about the notification itself.
    """
    import torch

    if device == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS is repeatable only with a fixed workspace
    torch.set_deterministic_debug_mode("warn")


@contextmanager
def compiler_left_out() -> Iterator[None]:
    """Let PyTorch functions that opt out of the compiler do so without importing it.

    Each opts out once per process: addition in forward-mode differentiation (1.29 s), `torch.eye` on the meta device
    (1.18 s). If the compiler is already imported, nothing changes. pytorch/pytorch#162595 calls that import slow and
    removes a similar one.
    """
    if COMPILER in sys.modules:
        yield
        return
    stand_in = ModuleType(COMPILER)
    stand_in.__dict__["disable"] = _unchanged
    sys.modules[COMPILER] = stand_in
    try:
        yield
    finally:
        del sys.modules[COMPILER]


def _unchanged(function: Callable[..., Any], *_: Any, **__: Any) -> Callable[..., Any]:
    return function


def uncompiled(optimiser: type[Any]) -> type[Any]:
    """A torch.optim class with its methods as written in PyTorch's source.

    PyTorch wraps them to hide them from its compiler, and imports the compiler to do so: 1.65 s, and an overhead per
    step greater than a small model's own work. This began with pytorch/pytorch#89902.
    """
    import torch

    wrapped = {key: method for key in dir(optimiser) if hasattr(method := getattr(optimiser, key), "__wrapped__")}
    methods = {key: inspect.unwrap(method) for key, method in wrapped.items()}
    methods["step"] = torch.no_grad()(inspect.unwrap(optimiser.step))
    return type(optimiser.__name__, (optimiser,), methods)
