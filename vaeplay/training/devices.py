"""Where a cell runs: device, threads, and what makes a run repeatable there."""

import torch

from vaeplay import torch_startup
from vaeplay.errors import UserError


def choose(name: str) -> torch.device:
    """The device that a setting names; `auto` is CUDA if there is one, else the CPU.

    MPS has to be asked for: it has no double precision, which everything computed from a trained model needs.

    Raises:
        UserError: this machine has no such device.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = "cuda" if there["cuda"] else "cpu"
    if not there[name]:
        raise UserError(f"device: found {name!r}, but PyTorch sees none on this machine; allowed here: auto, cpu")
    return torch.device(name)


def exact(device: torch.device) -> torch.device:
    """Where a device's models are measured: there, or on the CPU for MPS, which has no double precision."""
    return torch.device("cpu") if device.type == "mps" else device


def set_up(name: str, threads: int) -> torch.device:
    """Choose a device and make what runs on it repeatable to the bit.

    Raises:
        UserError: this machine has no such device.
    """
    device = choose(name)
    torch.set_num_threads(threads)
    torch_startup.make_repeatable(device.type)
    return device
