"""What a CUDA graph does, on the CPU: a step is taken down operation by operation, and replayed on the same memory."""

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from vaeplay.models.parts.losses import Loss

WAITS = (torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape)


class TakenDown(TorchDispatchMode):
    """Every operation within, and how what had been there before it is put back."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, tuple[Any, ...], dict[str, Any], Any]] = []
        self.made: set[int] = set()
        self.before: dict[int, tuple[torch.UntypedStorage, torch.UntypedStorage]] = {}

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if waits(function, args) or torch.Tag.nondeterministic_seeded in function.tags:
            raise RuntimeError(f"operation not permitted when stream is capturing: {function}\nand more")
        for about, value in zip(function._schema.arguments, args, strict=False):
            if about.alias_info is not None and about.alias_info.is_write:
                self._keep(value)
        result = function(*args, **(kwargs or {}))
        given = {storage(value) for value in tree_leaves((args, kwargs)) if isinstance(value, torch.Tensor)}
        self.made |= {storage(value) for value in tree_leaves(result) if isinstance(value, torch.Tensor)} - given
        self.calls.append((function, args, kwargs or {}, result))
        return result

    def _keep(self, value: Any) -> None:
        for tensor in tree_leaves(value):
            key = storage(tensor)
            if key not in self.made and key not in self.before:
                self.before[key] = (tensor.untyped_storage(), tensor.untyped_storage().clone())

    def put_back(self) -> None:
        for now, before in self.before.values():
            now.copy_(before, non_blocking=False)


def waits(function: Any, args: tuple[Any, ...]) -> bool:
    """Whether the host has to see a tensor's values: to pick rows it need not, unless they are marked one by one."""
    if function in (torch.ops.aten.index.Tensor, torch.ops.aten.index_put_.default):
        return any(index is not None and index.dtype == torch.bool for index in args[1])
    return any(tag in function.tags for tag in WAITS)


def storage(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


class FakeGraph:
    """As `capture.CudaGraph`. `replays` counts, over all of them."""

    replays = 0

    def warm_up(self, step: Callable[[], Loss]) -> Loss:
        return step()

    def capture(self, step: Callable[[], Loss]) -> Loss:
        self.taken = TakenDown()
        try:
            with self.taken:
                return step()
        finally:
            self.taken.put_back()

    @torch.no_grad()
    def replay(self) -> None:
        FakeGraph.replays += 1
        for function, args, kwargs, result in self.taken.calls:
            again = function(*args, **kwargs)
            for old, new in zip(tree_leaves(result), tree_leaves(again), strict=True):
                if isinstance(old, torch.Tensor) and storage(old) != storage(new):
                    old.detach().copy_(new)


class NoGraph(FakeGraph):
    """Of a device that captures nothing."""

    def capture(self, step: Callable[[], Loss]) -> Loss:
        raise RuntimeError("CUDA error: operation not permitted when stream is capturing\nCompile with …")
