"""The pipeline, really run by DVC on a tiny grid: which stages run, and that no mistake costs a result."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import vaeplay
from vaeplay.settings import outputs

from .workspace import Workspace

CELLS = ("AE-2-1-ReLU-", "VAE-2-1-ReLU-", "BetaVAE-2-1-ReLU-", "ConvBetaVAE-2-1-ReLU-")
BETA = CELLS[2:]


def stages(*cells: str) -> set[str]:
    """What runs when these cells have changed."""
    groups = {cell: "_conv" if cell.startswith("Conv") else "" for cell in cells}
    return {
        "settings",
        "maps",
        "verdicts",
        "report",
        *(f"{stage}{groups[cell]}@{cell}" for cell in cells for stage in ("train", "evaluate")),
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace.make(tmp_path_factory.mktemp("pipeline"))
    assert set(workspace.dvc("repro")) == {*stages(*CELLS), "prepare", "classifier", "references"}
    workspace.commit()
    return workspace


@pytest.fixture
def workspace(made: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the tiny grid, all of it up to date."""
    return made.copy(tmp_path / "workspace")


def edit(path: Path, text: str = "EDITED = True\n") -> None:
    path.write_text(f"{path.read_text()}\n{text}")


def test_a_second_run_runs_nothing(workspace: Workspace) -> None:
    before = workspace.results()
    assert workspace.dvc("repro") == []
    assert workspace.results() == before


def test_the_files_that_tools_rely_on_are_there(workspace: Workspace) -> None:
    for cell in ("AE", "VAE", "BetaVAE", "ConvBetaVAE"):
        name = f"{cell}_latent2_depth1_ReLU"
        for path in (
            f"checkpoints/{name}.safetensors",
            f"metrics/{name}.json",
            f"samples/{name}.png",
            f"evaluation/{name}/prior.png",
            f"evaluation/{name}/interpolation.png",
            f"evaluation/{name}/traversal.png",
            f"evaluation/{name}/nearest.png",
            f"evaluation/{name}/unsure.png",
            f"evaluation/{name}/reconstructions.safetensors",
            f"evaluation/{name}/images.safetensors",
            f"evaluation/{name}/details.json",
            f"evaluation/{name}/explorer.safetensors",
            f"logs/cells/{name}.json",
            f"maps/{name}.json",
            "verdicts/verdicts.json",
            "reports/verdicts.json",
        ):
            assert (workspace.root / path).is_file(), path
        metrics = json.loads((workspace.root / f"metrics/{name}.json").read_text())
        assert ("rate" in metrics) == (cell != "AE")
        union = json.loads((workspace.root / "logs/ae_vae_logs.json").read_text())
        log = json.loads((workspace.root / f"logs/cells/{name}.json").read_text())
        assert union["cells"][name] == log
        assert set(log) <= set(union["fields"])
        assert log["seconds"] > 0
        assert log["memory"][0]["peak_bytes"] > 1e7
    assert "VAE_latent2_depth1_ReLU" in (workspace.root / "reports/gallery.html").read_text()


def test_beta_reruns_the_beta_cells_and_the_page_alone_and_one_is_the_vae(workspace: Workspace) -> None:
    before = workspace.results()
    assert set(workspace.dvc("exp", "run", "-S", "beta=1")) == stages(*BETA)
    changed = {name for name, content in workspace.results().items() if before.get(name) != content}
    assert {name for name in changed if "BetaVAE" not in name} == {
        "settings/report.json",
        "settings/verdicts.json",
        "logs/ae_vae_logs.json",
        "verdicts/verdicts.json",
    }
    states = [
        vaeplay.load(workspace.root / f"checkpoints/{name}_latent2_depth1_ReLU.safetensors").network.state_dict()
        for name in ("VAE", "BetaVAE")
    ]
    assert all((states[0][key] == states[1][key]).all() for key in states[0])
    workspace.git("checkout", "-q", "params.yaml")  # as the README says: DVC's cache has what was there
    assert not set(workspace.dvc("repro")) - {"settings", "maps", "verdicts", "report"}
    assert workspace.lasting() == {name: before[name] for name in workspace.lasting()}


def test_an_edited_model_reruns_its_family_and_shared_code_reruns_all(workspace: Workspace) -> None:
    values = workspace.values()
    values["grid"]["dense"]["model"] = ["AE", "VAE"]
    values["grid"]["conv"]["model"] = []
    workspace.set(values)
    workspace.dvc("repro")
    edit(workspace.root / "vaeplay/models/vae.py")
    assert set(workspace.dvc("repro")) == stages(CELLS[1]) - {"maps"}  # the images' codes stay as they were
    edit(workspace.root / "vaeplay/models/parts/nets.py")
    assert workspace.dvc("repro", "settings") == ["settings"]
    stale = json.loads(workspace.said("status", "--json"))
    assert {"train@AE-2-1-ReLU-", "train@VAE-2-1-ReLU-"} <= set(stale)


def test_remarks_and_stray_files_rerun_settings_alone(workspace: Workspace) -> None:
    for name in ("stages/train.py", "vaeplay/models/vae.py", "vaeplay/training/loop.py", "vaeplay/sources.py"):
        edit(workspace.root / name, '\n# a remark\n\n"""A string."""\n')
    assert workspace.dvc("repro") == ["settings"]
    for name in ("vaeplay/.training.py.swp", "vaeplay/models/nets.py~", "stages/notes.ipynb", "vaeplay/gallery/.x.js"):
        (workspace.root / name).write_text("x")
    values = workspace.values()
    values["report"]["megabytes"] += 1
    workspace.set(values)
    assert workspace.dvc("repro") == ["settings", "report"]


def test_results_can_be_kept_over_a_refactoring(workspace: Workspace) -> None:
    """As docs/results.md says."""
    before = workspace.results()
    edit(workspace.root / "vaeplay/training/loop.py")
    edit(workspace.root / "vaeplay/gallery/render.py")
    assert workspace.dvc("repro", "settings") == ["settings"]
    workspace.dvc("commit", "--force")
    assert workspace.dvc("repro") == []
    after = workspace.results()
    assert {name for name in before | after if before.get(name) != after.get(name)} <= {
        name for name in after if name.startswith("settings/")
    }


def test_the_code_of_one_stage_reruns_that_stage_alone(workspace: Workspace) -> None:
    edit(workspace.root / "vaeplay/settings/params.py")
    assert workspace.dvc("repro") == ["settings"]
    edit(workspace.root / "vaeplay/gallery/render.py")
    assert workspace.dvc("repro") == ["settings", "report"]
    edit(workspace.root / "vaeplay/data/digits.py")
    assert workspace.dvc("repro") == ["settings", "prepare", "report"]


def test_an_axis_grows_and_shrinks_without_touching_other_cells(workspace: Workspace) -> None:
    values = workspace.values()
    values["grid"]["dense"] |= {"model": ["VAE"], "latent_dim": [2, 1]}
    values["grid"]["conv"]["model"] = []
    workspace.set(values)
    assert set(workspace.dvc("repro")) == stages("VAE-1-1-ReLU-") | {"references"}
    left = {path.name for folder in outputs.FOLDERS for path in (workspace.root / folder).iterdir()}
    assert {name.split("_depth")[0] for name in left if "_depth" in name} == {"VAE_latent2", "VAE_latent1"}
    page = (workspace.root / "reports/gallery.html").read_text()
    assert "VAE_latent1_depth1_ReLU" in page
    assert "BetaVAE_latent2_depth1_ReLU" not in page
    values["grid"]["dense"]["latent_dim"] = [2]
    workspace.set(values)
    assert set(workspace.dvc("repro")) <= {"settings", "maps", "verdicts", "report"}
    assert not list(workspace.root.rglob("VAE_latent1*"))
    assert "VAE_latent1" not in (workspace.root / "reports/gallery.html").read_text()


def test_results_of_cells_that_are_not_in_the_grid_influence_nothing_and_go(workspace: Workspace) -> None:
    before = workspace.results()
    lock = (workspace.root / "dvc.lock").read_bytes()
    cell, orphan = "AE_latent2_depth1_ReLU", "AE_latent9_depth1_ReLU"
    for folder in outputs.FOLDERS:
        for path in (workspace.root / folder).glob(f"{cell}*"):
            copy: Callable[[Path, Path], object] = shutil.copytree if path.is_dir() else shutil.copy
            copy(path, path.with_name(path.name.replace(cell, orphan)))
    assert set(workspace.dvc("repro")) <= {"maps", "verdicts", "report"}
    assert workspace.results() == before
    assert (workspace.root / "dvc.lock").read_bytes() == lock
    assert workspace.dvc("repro") == []


def test_a_group_without_stages_is_refused_with_the_lines_to_paste(workspace: Workspace) -> None:
    before = workspace.results()
    values = workspace.values()
    values["grid"]["wide"] = values["grid"]["dense"] | {"model": ["VAE"], "latent_dim": [3]}
    workspace.set(values)
    said = workspace.refused("repro")
    assert (
        "error: params.yaml: grid.wide: dvc.yaml has no train_wide and no evaluate_wide; paste the lines below" in said
    )
    assert workspace.results() == before
    block = [line for line in said.splitlines() if line.startswith(("  train_", "  evaluate_", "    ", "      "))]
    text = (workspace.root / "dvc.yaml").read_text()
    (workspace.root / "dvc.yaml").write_text(text.replace("  maps:\n", "\n".join([*block, "  maps:\n"])))
    ran = set(workspace.dvc("repro"))
    assert {"train_wide@VAE-3-1-ReLU-", "evaluate_wide@VAE-3-1-ReLU-"} <= ran


def test_a_group_that_only_dvc_yaml_has_is_refused_by_dvc(workspace: Workspace) -> None:
    values = workspace.values()
    del values["grid"]["conv"]
    workspace.set(values)
    said = workspace.refused("repro")
    assert "train_conv" in said and "grid.conv.model" in said


def test_a_repeat_is_a_cell_with_other_weights_and_the_same_data(workspace: Workspace) -> None:
    values = workspace.values()
    values["repeats"] = ["", "_r2"]
    values["grid"]["dense"]["model"] = ["VAE"]
    workspace.set(values)
    assert set(workspace.dvc("repro")) == stages("VAE-2-1-ReLU-_r2", "ConvBetaVAE-2-1-ReLU-_r2")
    first, again = (
        vaeplay.load(workspace.root / f"checkpoints/VAE_latent2_depth1_ReLU{suffix}.safetensors").network.state_dict()
        for suffix in ("", "_r2")
    )
    assert all(not torch.equal(first[key], again[key]) for key in first)


MISTAKES: dict[str, tuple[Any, str]] = {
    "grid.dense.latent_dim": ([2, "two"], "grid.dense.latent_dim[1]: found 'two'"),
    "batchsize": (64, "batchsize: unknown key"),
    "beta": (-1, "beta: found -1"),
    "grid.dense.activation": (["Relu"], "did you mean ReLU?"),
    "grid.dense.model": (["Vae"], "did you mean VAE?"),
    "grid.dense.depth": ([], "grid.dense.depth: empty"),
}


@pytest.mark.parametrize("key", MISTAKES)
def test_a_mistake_is_one_line_and_costs_nothing(workspace: Workspace, key: str) -> None:
    before = workspace.results()
    value, said = MISTAKES[key]
    values = workspace.values()
    node = values
    for part in key.split(".")[:-1]:
        node = node[part]
    node[key.split(".")[-1]] = value
    workspace.set(values)
    printed = workspace.refused("repro")
    assert [line for line in printed.splitlines() if line.startswith("error: ")] == [
        line for line in printed.splitlines() if said in line
    ]
    assert said in printed
    assert workspace.results() == before


def test_small_numbers_from_the_command_line_are_numbers(workspace: Workspace) -> None:
    assert "settings" in workspace.dvc("exp", "run", "-S", "train.lr=1e-5", "settings")
    settings = json.loads((workspace.root / "settings/VAE_latent2_depth1_ReLU.json").read_text())
    assert settings["train"]["lr"] == 1e-5


def test_the_page_names_each_cells_stage_as_dvc_does(workspace: Workspace) -> None:
    listed = workspace.said("stage", "list", "--name-only").split()
    named = json.loads((workspace.root / "settings/report.json").read_text())["stages"]
    assert set(named.values()) == {stage for stage in listed if stage.startswith("evaluate")}


TOY = '''
"""A model that a reader might add."""

from vaeplay.models.vae import VAE


class ToyVAE(VAE):
    """A VAE that pays half of its rate."""

    beta = 0.5
'''


def test_a_new_model_is_one_file_and_one_name(workspace: Workspace) -> None:
    (workspace.root / "vaeplay/models/toy.py").write_text(TOY)
    values = workspace.values()
    values["grid"]["dense"]["model"].append("ToyVAE")
    workspace.set(values)
    assert set(workspace.dvc("repro")) == stages("ToyVAE-2-1-ReLU-")
    page = (workspace.root / "reports/gallery.html").read_text()
    assert 'data-cell="ToyVAE_latent2_depth1_ReLU"' in page


def test_dvc_shows_metrics_plots_parameters_and_the_graph(workspace: Workspace) -> None:
    shown = json.loads(workspace.said("metrics", "show", "--json"))
    [(path, numbers)] = shown[""]["data"].items()  # the only metrics file, of few numbers
    assert path == "reports/verdicts.json" and numbers["data"]["elbo"] < 0 and len(numbers["data"]) <= 8
    workspace.said("plots", "show", "-o", "plots_of_test")
    plots = (workspace.root / "plots_of_test/index.html").read_text()
    assert "VAE_latent2_depth1_ReLU" in plots
    assert "validation_total" in plots
    assert "train@BetaVAE-2-1-ReLU-" in workspace.said("dag", "--dot")
    values = workspace.values()
    values["beta"] = 3
    workspace.set(values)
    assert json.loads(workspace.said("params", "diff", "--json"))["params.yaml"]["beta"]["new"] == 3
    assert "beta" in workspace.said("exp", "show", "--csv")


def test_another_clone_makes_the_same_bytes(workspace: Workspace, tmp_path: Path) -> None:
    values = workspace.values()
    values["grid"]["dense"]["model"] = ["VAE"]
    values["grid"]["conv"]["model"] = []
    workspace.set(values)
    workspace.dvc("repro")

    other = Workspace.make(tmp_path / "other")
    other.set(values)
    command = [sys.executable, "-m", "dvc", "repro"]  # with processes that begin afresh
    subprocess.run(command, cwd=other.root, env=other.environment(), check=True, capture_output=True)
    assert other.lasting() == workspace.lasting()
