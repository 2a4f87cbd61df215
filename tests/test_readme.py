"""The README's commands work as they are printed, and CONTRIBUTING's tree is the tree."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from .conftest import ROOT
from .making import photographs
from .test_docs import WIDE
from .workspace import Workspace

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for language, text in BLOCKS if language == "sh" for line in text.splitlines()]
UV = shutil.which("uv")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = Workspace.make(tmp_path_factory.mktemp("readme"))
    values = made.values()
    values["data"]["name"] = "mnist5k"
    values["grid"]["dense"]["model"] = ["VAE", "BetaVAE"]
    values["grid"]["conv"]["model"] = []
    made.set(values)
    quick = YAML(typ="safe", pure=True).load(made.root / "presets/quick.yaml")
    quick |= {"grid": {"dense": quick["grid"]["dense"] | {"model": ["VAE"]}}}
    quick |= {"data.limit": values["data"]["limit"], "classifier.epochs": values["classifier"]["epochs"]}
    with (made.root / "presets/quick.yaml").open("w") as file:
        YAML(typ="safe", pure=True).dump(quick, file)
    made.commit()
    photographs(made.root / "images", 30)  # as the README tells its reader to put there
    return made


def shell(workspace: Workspace, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line as printed, in this project's environment rather than in one of the copy's own."""
    environment = workspace.environment() | {
        "UV_PROJECT_ENVIRONMENT": sys.prefix,
        "UV_NO_SYNC": "1",
        "HOME": str(workspace.root.parent / "home"),
        "PYTEST_ADDOPTS": "--collect-only -n 0 tests/test_house.py",
        "PATH": os.pathsep.join([str(Path(UV or "uv").parent), os.environ["PATH"]]),
    }
    line = line.replace("beta=0.5,1,2,4,8", "beta=2")  # one that DVC's run-cache has says as much as five
    line = line.replace("data.size=32", "data.size=32 'grid.dense.model=[VAE]'")  # and one cell as much as two
    return subprocess.run(["bash", "-c", line], cwd=workspace.root, env=environment, capture_output=True, text=True)


@pytest.mark.skipif(UV is None, reason="uv is not in PATH: run the tests with `uv run pytest`")
@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_works_as_printed(workspace: Workspace, line: str) -> None:
    done = shell(workspace, line)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(UV is None, reason="uv is not in PATH: run the tests with `uv run pytest`")
def test_dvcs_own_tables_fit_into_a_terminal(workspace: Workspace) -> None:
    """After the commands above, with their experiments: a column for each number and setting, and for no file."""
    summed, listed = (shell(workspace, line).stdout for line in ("uv run dvc metrics show", WIDE))
    assert max(map(len, summed.splitlines())) <= 120, summed
    heads = listed.splitlines()[1].split()
    assert "[beta=4]" in listed and {"elbo", "beta", "data.name"} <= set(heads) and len(heads) < 20, listed
    assert not [head for head in heads if "/" in head or (workspace.root / head).exists()]


def test_the_promised_commands_are_there() -> None:
    assert "pip install uv && uv run dvc repro" in COMMANDS
    assert "uv run pytest" in COMMANDS
    assert "uv run dvc exp run -S beta=4" in COMMANDS
    assert "uv run vaeplay try beta=4" in COMMANDS
    assert len(COMMANDS) >= 6


def test_the_python_example_works(workspace: Workspace) -> None:
    code = next(text for language, text in BLOCKS if language == "python")
    assert workspace.dvc("repro", "evaluate@VAE-2-1-ReLU-") is not None
    compared = """
import json, math, pathlib
found = vaeplay.evaluate(model, (images, labels)).plain()
known = json.loads(pathlib.Path("metrics/VAE_latent2_depth1_ReLU.json").read_text())
same = [math.isclose(known[key], item["value"], rel_tol=1e-5) for key, item in found.items()]  # on more threads
print(type(model.network).__name__, found.keys() == known.keys() and all(same), len(known) > 40)
"""
    done = workspace.run(sys.executable, "-c", code + compared)
    assert done.stdout == "VAE True True\n", done.stderr
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/python.md").read_text(), re.DOTALL)
    done = workspace.run(sys.executable, "-c", "\n".join(blocks))
    assert done.returncode == 0, done.stderr
    assert done.stdout == "<ConvVAE: latent_dim=8, depth=2, shape=(1, 28, 28)> torch.Size([10, 1, 28, 28])\n"


def test_the_tree_names_every_folder_and_no_other() -> None:
    tree = re.findall(r"^(?:  )?([\w/]+)/ ", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    inside = [path.parent.relative_to(ROOT / "vaeplay") for path in (ROOT / "vaeplay").rglob("__init__.py")]
    folders = {path.as_posix() for path in inside if path.parent.name not in ("evaluation", "gallery")} - {"."}
    assert set(tree) == folders | {"stages", "vaeplay", "presets", "tests", "benchmarks", "reports"}
