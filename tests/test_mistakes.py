"""Mistakes as they really arrive: through `dvc repro` and `dvc exp run -S`.

DVC reads params.yaml before any stage does, for the grid in dvc.yaml. What it cannot read, or put into a path, it
refuses itself, in lines that begin with ERROR; everything else is for the settings stage, whose lines begin with error.
A YAML bomb keeps DVC busy for minutes before the settings stage could refuse it at once, so that none is tried here.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .workspace import Workspace

US, DVC = "error: params.yaml: ", "ERROR: "


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Workspace:
    return Workspace.of_one_cell(tmp_path_factory.mktemp("mistakes"), shared)


@pytest.fixture
def workspace(made: Workspace) -> Iterator[Workspace]:
    before = made.results()
    yield made
    made.git("checkout", "-q", ".")
    if made.results() != before:
        made.dvc("checkout")  # DVC takes what its stages no longer name out of the folder, and keeps it in its cache
    assert made.results() == before


REPLACED: list[tuple[str, str, str]] = [
    ("seed: 0", "seed: zero", US),
    ("seed: 0", "seed: 0x" + "f" * 5000, DVC),
    ("seed: 0", "seed: &a [*a]", DVC),
    ("seed: 0", "seed: 0\nseed: 1", DVC),
    ("seed: 0", "\tseed: 0", DVC),
    ("seed: 0", "seed: !!python/object/apply:os.system ['touch pwned']", DVC),
    ("seed: 0", "seed: !!bool maybe", DVC),
    ("seed: 0", "sede: 0", US),
    ("beta: 2", "beta: .nan", US),
    ("beta: 2", "beta: [", DVC),
    ("beta: 2", "beta: é".encode().decode("latin-1"), US),
]


@pytest.mark.parametrize(("old", "new", "speaks"), REPLACED, ids=range(len(REPLACED)))
def test_a_wrong_file_is_lines_whoever_speaks(workspace: Workspace, old: str, new: str, speaks: str) -> None:
    path = workspace.root / "params.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    assert speaks in workspace.refused("repro")
    assert not (workspace.root / "pwned").exists()


@pytest.mark.parametrize(
    ("override", "speaks"),
    [
        ("beta=-1", f"{US}beta: found -1"),
        ("+betta=4", f"{US}betta: unknown key"),
        ("betta=4", DVC),
        ("train.epochs=[1,2]", US),
        ("~train.lr", US),
        ("grid.dense.model=VAE", DVC),
        ("grid.dense.model=[VEA]", US),
    ],
)
def test_a_wrong_override_is_lines_whoever_speaks(workspace: Workspace, override: str, speaks: str) -> None:
    assert speaks in workspace.refused("exp", "run", "-S", override)


SHELL = "; touch pwned #/../VAE_latent2_depth1_ReLU"
"""Ends the command, and names files that are there: what stands before `..` is no folder, but nobody looks."""


@pytest.mark.parametrize("arguments", [(), ("--ignore-errors",), ("--keep-going",), ("--single-item", "train")])
def test_no_name_reaches_a_shell_whatever_dvc_is_told(
    made: Workspace, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """`--ignore-errors` and `--single-item` go past the settings stage, which refuses such names."""
    workspace = made.copy(tmp_path / "workspace")
    values = workspace.values()
    values["grid"]["dense"]["activation"] = [SHELL]
    workspace.set(values)
    said = workspace.run("python", "-m", "dvc", "repro", *arguments)
    assert "Traceback" not in said.stderr
    assert not list(workspace.root.rglob("pwned"))
