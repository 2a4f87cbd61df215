"""PyTorch's compiler stays away from an evaluation, and is itself again afterwards."""

import subprocess
import sys
from pathlib import Path

from .conftest import ROOT

EVALUATED = """
import pathlib, stages, sys, torch
from tests import making
from vaeplay.training import checkpoint
from vaeplay.evaluation.metrics.smoothness import derivative
path = pathlib.Path(sys.argv[1])
checkpoint.save(path, making.model("AE"), making.cell("AE"))
checkpoint.load(path)
print("torch._dynamo" in sys.modules)
network = torch.nn.Sequential(
    torch.nn.Linear(2, 8), torch.nn.Unflatten(1, (2, 2, 2)), torch.nn.ReLU(), torch.nn.ConvTranspose2d(2, 1, 4, 2, 1)
).double()
z, towards = torch.ones(3, 2).double(), torch.tensor([[1.0, -2.0]]).double().expand(3, 2)
with torch.no_grad():
    _, found = derivative(network, z, towards)
    near = (network(z + 1e-6 * towards) - network(z - 1e-6 * towards)) / 2e-6
assert (found - near).abs().max() < 1e-8
print("torch._dynamo" in sys.modules)
import torch._dynamo
assert torch.equal(torch._dynamo.disable(network)(z), network(z))
"""


def test_loading_and_differentiating_import_no_compiler_and_leave_it_as_it_is(tmp_path: Path) -> None:
    command = [sys.executable, "-c", EVALUATED, str(tmp_path / "x.safetensors")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"], done.stdout + done.stderr
