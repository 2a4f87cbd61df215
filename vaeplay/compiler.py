"""PyTorch's compiler, left out where nothing is compiled: importing it takes longer than evaluating a small model."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

NAME = "torch._dynamo"


@contextmanager
def left_out() -> Iterator[None]:
    """Within, functions of PyTorch that ask the compiler to pass them over are passed over without it.

    Each asks once in a process, forward-mode differentiation's addition for one, and would import the compiler for
    that. Where it has been imported already, it is asked.
    """
    if NAME in sys.modules:
        yield
        return
    stand_in = ModuleType(NAME)
    stand_in.__dict__["disable"] = _as_it_is
    sys.modules[NAME] = stand_in
    try:
        yield
    finally:
        del sys.modules[NAME]


def _as_it_is(function: Callable[..., Any], *_: Any, **__: Any) -> Callable[..., Any]:
    return function
