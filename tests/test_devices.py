"""Where a cell runs, and the memory that it took, on machines that are not this one."""

import pytest
import torch

from vaeplay import devices
from vaeplay.errors import UserError


def machine(monkeypatch: pytest.MonkeyPatch, peaks: dict[int, int], mps: bool = False) -> None:
    """A machine with as many GPUs as there are `peaks`, bytes held at most on each."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(peaks))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(peaks))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"GPU {index}")
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda index: peaks[index])
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


def test_the_peak_of_every_gpu_that_was_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, {0: 5_000, 1: 0, 2: 7_000})
    assert devices.peak_memory() == [
        {"device": "cuda:0 GPU 0", "peak_bytes": 5_000},
        {"device": "cuda:2 GPU 2", "peak_bytes": 7_000},
    ]


def test_without_a_gpu_it_is_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, {})
    (before,) = devices.peak_memory()
    held = bytearray(200_000_000)
    held[::4096] = b"x" * len(held[::4096])  # memory counts once it is written to
    (after,) = devices.peak_memory()
    assert before["device"] == after["device"] == "process"
    assert after["peak_bytes"] >= len(held)


@pytest.mark.parametrize(
    ("peaks", "mps", "found"), [({0: 0}, False, "cuda"), ({0: 0}, True, "cuda"), ({}, True, "mps"), ({}, False, "cpu")]
)
def test_auto_takes_the_best_device_there_is(
    monkeypatch: pytest.MonkeyPatch, peaks: dict[int, int], mps: bool, found: str
) -> None:
    machine(monkeypatch, peaks, mps)
    assert devices.choose("auto").type == found
    assert devices.choose("cpu").type == "cpu"


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    machine(monkeypatch, {})
    with pytest.raises(UserError, match=f"device: found '{name}', but PyTorch sees none on this machine"):
        devices.choose(name)
