"""What PyTorch is told, or spared, so that a stage starts at once: each with its reason, its gain and where to ask.

Torch is imported inside the functions alone: the environment has to be set before that. Gains are in CPU seconds a
process, medians of four pairs on two shared cores with PyTorch 2.15.0; importing torch itself takes 2.0. What gained
less than 0.1 is not here: PYTORCH_JIT=0 spared 0.08 of forward-mode differentiation (pytorch/pytorch#85513).
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
    """Variables that are read when torch is imported, by the OpenMP of its Linux builds.

    Threads that wait for each other soon give the core away. Left to spin, they hold up the very thread that they wait
    for wherever something else runs on the machine: an epoch there takes 1.2 to 3 times as long. Not spinning at all
    takes twice as long on a quiet machine. pytorch/pytorch#57715, #80777.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")


def make_repeatable(device: str) -> None:
    """Ask for results that are the same to the bit, on a type of device.

    `torch.use_deterministic_algorithms` would import the compiler, to tell it so: 1.66 s. It has no thread upstream;
    pytorch/pytorch#165950 is about what it tells the compiler.
    """
    import torch

    if device == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS is repeatable only with a fixed one
    torch.set_deterministic_debug_mode("warn")


@contextmanager
def compiler_left_out() -> Iterator[None]:
    """Within, functions of PyTorch that ask the compiler to pass them over are passed over without importing it.

    Each asks once in a process: forward-mode differentiation's addition for one (1.29 s), `torch.eye` on the meta
    device for another (1.18 s). Where the compiler has been imported already, it is asked. pytorch/pytorch#162595
    calls that import slow, and removes one of its kind.
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
    """A class of torch.optim with its methods as they stand in PyTorch's source.

    PyTorch wraps them to hide them from its compiler, and for that imports the compiler: 1.65 s, and more in a step
    than a small model's own. pytorch/pytorch#89902 is where it began.
    """
    import torch

    wrapped = {key: method for key in dir(optimiser) if hasattr(method := getattr(optimiser, key), "__wrapped__")}
    methods = {key: inspect.unwrap(method) for key, method in wrapped.items()}
    methods["step"] = torch.no_grad()(inspect.unwrap(optimiser.step))
    return type(optimiser.__name__, (optimiser,), methods)
