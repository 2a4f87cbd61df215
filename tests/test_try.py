"""`vaeplay try` on a pipeline of the project's shape whose stages are shell lines: DVC and the settings are real."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from vaeplay import cli
from vaeplay.errors import UserError
from vaeplay.evaluation.registry import BY_KEY
from vaeplay.experiments import command, page, presets, results, run

from .conftest import ROOT
from .light_workspace import until
from .workspace import Workspace

BETA = "BetaVAE_latent2_depth1_ReLU"
CELL = "${item.model}_latent${item.latent_dim}_depth${item.depth}_${item.activation}${item.repeat}"


def light(root: Path) -> dict[str, Any]:
    """The stages: `ran` has a line for each that ran; the files `fail` and `gate` make a training fail, or wait."""
    real = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    ran = f"echo $DVC_STAGE >> {root}/ran;"
    fail = f"if test -e {root}/fail; then echo 'error: no luck' >&2; exit 1; fi;"
    gate = f"while test -e {root}/gate; do sleep 0.1; done;"
    beta = f"""B=$(sed -n 's/.*"beta": \\([0-9.]*\\).*/\\1/p' checkpoints/{CELL}); test "$B" || B=1;"""
    return {
        "settings": real["settings"] | {"cmd": f"{ran} python -m stages.settings"},
        "prepare": {
            "cmd": f"{ran} mkdir -p data; find ${{data.path}} -type f | sort > data/listing",
            "deps": ["settings/data.json", "${data.path}"],
            "outs": ["data/listing"],
        },
        "train": {
            "matrix": real["train"]["matrix"],
            "cmd": f"{ran} {gate} {fail} mkdir -p checkpoints; cp settings/{CELL}.json checkpoints/{CELL}",
            "deps": [f"settings/{CELL}.json", "data/listing"],
            "outs": [f"checkpoints/{CELL}"],
        },
        "evaluate": {
            "matrix": real["train"]["matrix"],
            "cmd": f"""{ran} mkdir -p metrics; {beta} printf '{{"mse": 0.5, "rate": %s}}' $B > metrics/{CELL}.json""",
            "deps": [f"checkpoints/{CELL}"],
            "outs": [f"metrics/{CELL}.json"],
        },
        "report": {
            "cmd": f"{ran} mkdir -p reports; cat metrics/* > reports/gallery.html",
            "deps": ["metrics"],
            "outs": ["reports/gallery.html"],
        },
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A VAE and a β-VAE, made; dvc.lock is there, and git does not know it."""
    workspace = Workspace.make(tmp_path_factory.mktemp("try") / "workspace")
    values = workspace.values()
    values["grid"] = {"dense": values["grid"]["dense"] | {"model": ["VAE", "BetaVAE"]}}
    workspace.set(values)
    (workspace.root / "dvc.yaml").write_text(yaml.safe_dump({"stages": light(workspace.root)}, sort_keys=False))
    (workspace.root / ".gitignore").open("a").write("/ran\n/fail\n/gate\n")
    (workspace.root / "presets/tiny.yaml").write_text(
        "description: a test\ntrain.epochs: 3\ngrid: {dense: {depth: [1]}}\n"
    )
    workspace.commit()
    workspace.dvc("repro")
    return workspace


@pytest.fixture
def workspace(made: Workspace) -> Iterator[Workspace]:
    """The same; whatever is tried there, it is left as it was."""
    (made.root / "ran").unlink(missing_ok=True)
    before = state(made)
    yield made
    assert state(made) == before


def state(workspace: Workspace) -> tuple[bytes, str, dict[str, bytes]]:
    """What no experiment may change: params.yaml, what git says of the files, and all results."""
    lock = (workspace.root / "dvc.lock").read_bytes()
    return lock + (workspace.root / "params.yaml").read_bytes(), output(workspace, "status"), workspace.results()


def output(workspace: Workspace, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=workspace.root, capture_output=True, text=True, check=True).stdout


def attempt(workspace: Workspace, *words: str, code: int = 0, **variables: str) -> list[str]:
    """Run `vaeplay try`, which has to end with this exit code: the lines that it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "vaeplay", "try", *words],
        cwd=workspace.root,
        env=workspace.quick_environment() | variables,
        capture_output=True,
        text=True,
    )
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert "Traceback" not in said and "WARNING" not in said and "dvc exp apply" not in said
    return said.splitlines()


def earlier(workspace: Workspace, name: str) -> str:
    """The commit of an earlier experiment of this name, which holds nothing."""
    workspace.git("update-ref", run.reference(name, workspace.root), "HEAD")
    return output(workspace, "rev-parse", "HEAD").strip()


def ran(workspace: Workspace) -> list[str]:
    path = workspace.root / "ran"
    return path.read_text().split() if path.exists() else []


def test_only_what_uses_the_value_runs_and_the_page_and_the_difference_are_shown(workspace: Workspace) -> None:
    earlier(workspace, "beta=4")
    lines = attempt(workspace, "beta=4")
    cell = "BetaVAE-2-1-ReLU-"
    stages = ["settings", f"train@{cell}", f"evaluate@{cell}", "report"]
    assert ran(workspace) == stages
    assert lines[0] == "beta=4:"
    assert [re.sub(r"  \d+ s$", "", line) for line in lines[1:5]] == [
        f"[{place}/7] {stage}" for place, stage in zip((1, 4, 6, 7), stages, strict=True)
    ]
    assert lines[5].startswith("4 of 7 stages ran, in ")
    assert lines[7].split() == ["MSE", "Rate"]
    assert lines[8].split() == [BETA, "0.50000", "→", "0.50000", "2.00", "→", "4.00"]
    assert lines[9:] == ["", "reports/beta=4.html", "reports/compare-beta=4.html"]
    assert '"rate": 4' in (workspace.root / lines[-2]).read_text()
    compared = (workspace.root / lines[-1]).read_text()
    assert "β = 1 → β = 2" not in compared  # of other models the workspace's results stand alone
    assert "<bdi>β = 2</bdi> → <bdi>β = 4</bdi>" in compared and 'href="beta%3D4.html"' in compared
    assert "beta=4" in workspace.said("exp", "list", "--name-only").split()


def test_a_fresh_clone_whose_git_knows_no_name_and_that_has_changes(made: Workspace, tmp_path: Path) -> None:
    clone = Workspace(tmp_path / "clone")
    made.git("clone", "-q", str(made.root), str(clone.root))
    (clone.root / "params.yaml").open("a").write("# a note\n")
    (clone.root / "vaeplay/models/mine.py").write_text(
        "from vaeplay.models.vae import VAE\n\n\nclass Mine(VAE):\n    pass\n"
    )
    before = (clone.root / "params.yaml").read_bytes(), output(clone, "status")
    lines = attempt(clone, "tiny", "grid.dense.model=[Mine]", HOME=str(tmp_path), GIT_CONFIG_NOSYSTEM="1")
    assert lines[-2:] == [f"reports/{name}tiny_grid.dense.model=Mine.html" for name in ("", "compare-")]
    assert lines[-4].split() == ["Mine_latent2_depth1_ReLU", "0.50000", "1.00"]
    assert len(lines) == 1 + 5 + 1 + 1 + 2 + 3
    assert ((clone.root / "params.yaml").read_bytes(), output(clone, "status")) == before
    assert not output(clone, "stash", "list")


def test_several_values_are_an_experiment_each_and_a_page_of_all(workspace: Workspace) -> None:
    lines = attempt(workspace, "beta=3,5")
    assert [line for line in lines if line.endswith((":", ".html"))] == [
        "beta=3:",
        "reports/beta=3.html",
        "beta=5:",
        "reports/beta=5.html",
    ]
    assert lines[-1].startswith(f"{page.PAGE}: ")
    assert '"rate": 5' in (workspace.root / "reports/beta=5.html").read_text()


def test_the_images_that_git_ignores_are_there_and_their_results_stand_alone(workspace: Workspace) -> None:
    (workspace.root / "images/cat").mkdir()
    for name in ("images/cat/a.png", "images/b.png"):
        (workspace.root / name).write_bytes(b"")
    lines = attempt(workspace, "data.name=folder", "data.size=8")
    assert any(line.startswith(BETA) for line in lines) and not any("→" in line for line in lines)
    commit = output(workspace, "rev-parse", run.reference("data.name=folder_data.size=8", workspace.root)).strip()
    listing = results.Results(workspace.root, commit).files.read_text("data/listing")
    assert listing.split() == ["images/README.md", "images/b.png", "images/cat/a.png"]


def test_a_stage_that_fails_is_one_line_and_the_experiment_of_that_name_is_back(workspace: Workspace) -> None:
    commit = earlier(workspace, "train.epochs=7")
    (workspace.root / "fail").touch()
    lines = attempt(workspace, "train.epochs=7", code=1)
    assert lines[-1] == "error: train@VAE-2-1-ReLU-: no luck"
    assert lines[-2].endswith("train@VAE-2-1-ReLU-  failed")
    assert output(workspace, "rev-parse", run.reference("train.epochs=7", workspace.root)).strip() == commit
    (workspace.root / "fail").unlink()


def test_ctrl_c_ends_it_in_one_line_and_leaves_nothing_behind(workspace: Workspace) -> None:
    gate = workspace.root / "gate"
    gate.touch()
    words = [sys.executable, "-m", "vaeplay", "try", "beta=7"]
    with subprocess.Popen(
        words, cwd=workspace.root, env=workspace.environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        until(lambda: "train@BetaVAE-2-1-ReLU-" in ran(workspace))
        children = psutil.Process(process.pid).children(recursive=True)
        os.kill(process.pid, signal.SIGINT)
        said = process.communicate(timeout=60)[0].splitlines()
    gate.unlink()
    assert process.returncode == command.INTERRUPTED
    assert said[-2].endswith("train@BetaVAE-2-1-ReLU-  interrupted")
    assert said[-1].startswith("interrupted: ")
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    assert not list((workspace.root / ".dvc/tmp/exps/standalone").glob("tmp*"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["betta=4"], "betta=4: betta: unknown key; .*; did you mean beta?"),
        (["beta=four"], "beta=four: beta: found 'four'; allowed: a number from 0 to "),
        (["beta=1,-1"], "beta=-1: beta: found -1; "),
        (["beta.x=4"], "beta.x=4: beta: found {'x': 4}; "),
        (["beta="], "beta=: no value in YAML; "),
        (["beta=[1"], r"beta=\[1: no value in YAML; "),
        (
            ["tinny"],
            "tinny: no such preset; there are fsq, iwae, .*, tiny, .*, zoo; did you mean tiny?",
        ),
        (["../params"], "../params: no such preset; "),
        (
            ["grid.dens.model=[AE]"],
            "grid.dens.model=AE: grid.dens: no such group; there are dense; did you mean dense?",
        ),
        (["tiny", "grid=4"], "tiny_grid=4: grid: found 4; "),
        (["data.path=nowhere"], "params.yaml: data.path: found 'nowhere'; "),
        (["data.name=folder", "data.path=../workspace"], "data.name=.*: data.path: found '../workspace'; "),
    ],
)
def test_a_mistake_is_one_line_before_anything_runs(
    words: list[str], said: str, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(workspace.root)
    monkeypatch.setattr(run, "follow", lambda *_: pytest.fail("DVC was called"))
    assert cli.main(["try", *words]) == 1
    error = capsys.readouterr().err
    assert re.match(f"error: {said}", error) and error.count("\n") == 1, error
    assert not ran(workspace)


@pytest.mark.parametrize("text", ["[1, 2]", "train: {epochs: 3}", "description: only", "description: 3\nbeta: 1"])
def test_a_file_that_is_no_preset_says_what_one_is(text: str, tmp_path: Path) -> None:
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets/mine.yaml").write_text(text)
    with pytest.raises(UserError, match=r"^presets/mine.yaml: allowed: a mapping with a `description`"):
        presets.read("mine", tmp_path)


def test_elsewhere_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["try", "beta=4"]) == 1
    assert capsys.readouterr().err.endswith("no DVC workspace here or above: run this in a clone of the project\n")


def test_without_words_it_lists_the_presets(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(ROOT)
    assert cli.main(["try"]) == 0
    said = capsys.readouterr().out
    assert all(presets.read(name, ROOT).description in said for name in presets.names(ROOT))


@pytest.mark.parametrize("name", presets.names(ROOT))
def test_every_preset_is_allowed_and_documented(name: str) -> None:
    [trial] = presets.trials([name], ROOT)
    assert trial.name == name
    assert f"`{name}`" in (ROOT / "docs/experiments.md").read_text()


def test_a_preset_has_its_keys_nested_or_dotted_and_later_words_win() -> None:
    assert dict(presets.leaves({"a": {"b": 1, "c.d": [2]}, "e.f": {"g": None}})) == {
        "a.b": 1,
        "a.c.d": [2],
        "e.f.g": None,
    }
    [trial] = presets.trials(["quick", "train.epochs=2"], ROOT)
    assert trial.settings.train.epochs == 2
    assert trial.name == "quick_train.epochs=2"


def test_several_keys_with_several_values_make_every_combination() -> None:
    found = presets.trials(["beta=1,2", "repeats=[''],['', _r2]"], ROOT)
    assert [(trial.settings.beta, len(trial.settings.repeats)) for trial in found] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert len({trial.name for trial in found}) == 4


@pytest.mark.parametrize(
    "value",
    [4, -0.5, 1e-05, 1e20, True, None, "", "4", "null", "a b", "it's", "a\\", "a\\'b", "[x]", "k: v", "é/β", [2, 8], [],
     ["", "_r2"], [[1], ["x,y"]]],
)  # fmt: skip
def test_dvc_reads_the_value_that_was_meant(value: Any) -> None:
    from dvc.utils.hydra import to_hydra_overrides

    [override] = to_hydra_overrides([f"key={presets.hydra(value)}"])
    found = override.value()
    assert plain(found) == value
    assert not override.is_sweep_override()


def plain(value: Any) -> Any:
    """A value of Hydra's without its marks of quoted text."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    return getattr(value, "text", value)


@pytest.mark.parametrize(
    "labels",
    [
        ["data.path=../a b"],
        ["-x=.lock."],
        ["x.lock", "y.lock"],
        ["grid.dense.model=" + ",".join("A" * 9 for _ in range(30))],
        ["é=~^:?*[\\"],
    ],
)
def test_an_experiments_name_is_one_for_git(labels: list[str]) -> None:
    name = presets.experiment_name(labels)
    assert len(name) <= presets.LONGEST
    subprocess.run(["git", "check-ref-format", f"refs/exps/{name}"], check=True)


def test_the_metrics_of_the_table_are_the_registrys() -> None:
    assert set(results.SHOWN) <= BY_KEY.keys()


def test_a_cell_that_has_not_changed_is_not_in_the_table() -> None:
    before = {"VAE": {"mse": 0.5, "rate": 1.0}, "AE": {"mse": 0.25}}
    after = {"VAE": {"mse": 0.5, "rate": 2.0}, "AE": {"mse": 0.25}, "New": {"mse": 1.0}}
    rows = [line.split() for line in results.table(before, after)]
    assert rows == [["MSE", "Rate"], ["VAE", "0.50000", "→", "0.50000", "1.00", "→", "2.00"], ["New", "1.00000", "—"]]
    assert results.table(before, before) == []


def test_the_summary_of_a_run_is_shown_before_and_after() -> None:
    before, after = {"best_elbo": -110.87, "holds": 5}, {"best_elbo": -110.87, "holds": 6, "mse": 0.02}
    assert results.summary_table(before, after) == [
        "ELBO, best of all cells  −110.87",
        "MSE, mean of all cells   0.02000",
        "claims that hold         5 → 6",
    ]
