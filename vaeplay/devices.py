"""Where a cell runs: device, threads, and what makes a run repeatable there; and the memory it took."""

import os
import resource
import sys
from typing import TypedDict

import torch

from vaeplay.errors import UserError


class Memory(TypedDict):
    """The most memory that a device held at once."""

    device: str
    peak_bytes: int


def choose(name: str) -> torch.device:
    """The device that a setting means; `auto` is CUDA where there is one, else MPS, else the CPU.

    Raises:
        UserError: this machine has no such device.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(kind for kind, present in there.items() if present)
    if not there[name]:
        raise UserError(f"device: found {name!r}, but PyTorch sees none on this machine; allowed here: auto, cpu")
    return torch.device(name)


def set_up(name: str, threads: int) -> torch.device:
    """Choose a device and make what runs on it repeatable to the bit.

    Raises:
        UserError: this machine has no such device.
    """
    device = choose(name)
    torch.set_num_threads(threads)
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS is repeatable only with a fixed one
    torch.use_deterministic_algorithms(True, warn_only=True)  # CUDA has only one way to sum cumulatively, in sampling
    return device


def peak_memory() -> list[Memory]:
    """Peak memory so far, an entry a GPU that was used, in bytes; of the process where no GPU was."""
    entries: list[Memory] = [
        {"device": f"cuda:{index} {torch.cuda.get_device_name(index)}", "peak_bytes": peak}
        for index in range(torch.cuda.device_count())
        if (peak := torch.cuda.max_memory_allocated(index))
    ]
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage counts bytes on macOS and KiB on Linux
    return entries or [{"device": "process", "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}]
