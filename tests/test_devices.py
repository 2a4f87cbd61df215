"""Where a cell runs, on machines that are not this one."""

import subprocess
import sys

import pytest
import torch

from vaeplay.errors import UserError
from vaeplay.training import devices

from .conftest import ROOT


def machine(monkeypatch: pytest.MonkeyPatch, peaks: dict[int, int], mps: bool = False) -> None:
    """A machine with as many GPUs as there are `peaks`, bytes held at most on each."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(peaks))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(peaks))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"GPU {index}")
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda index: peaks[index])
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("peaks", "mps", "found"), [({0: 0}, False, "cuda"), ({0: 0}, True, "cuda"), ({}, True, "cpu"), ({}, False, "cpu")]
)
def test_auto_takes_the_best_device_there_is(
    monkeypatch: pytest.MonkeyPatch, peaks: dict[int, int], mps: bool, found: str
) -> None:
    machine(monkeypatch, peaks, mps)
    assert devices.choose("auto").type == found
    assert devices.choose("cpu").type == "cpu"


def test_figures_are_computed_where_there_is_double_precision() -> None:
    found = {kind: devices.exact(torch.device(kind)).type for kind in ("cpu", "cuda", "mps")}
    assert found == {"cpu": "cpu", "cuda": "cuda", "mps": "cpu"}


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    machine(monkeypatch, {})
    with pytest.raises(UserError, match=f"device: found '{name}', but PyTorch sees none on this machine"):
        devices.choose(name)


def test_setting_up_makes_runs_repeatable_and_imports_no_compiler() -> None:
    program = (
        "import sys, torch\nfrom vaeplay.training import devices\ndevices.set_up('cpu', 1)\n"
        "print(torch.are_deterministic_algorithms_enabled(), 'torch._inductor' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
