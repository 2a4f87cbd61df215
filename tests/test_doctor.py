"""`vaeplay doctor` on a healthy workspace and on damaged ones: what it says, and that it says nothing else."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from vaeplay import cli, files
from vaeplay.doctor import cache, command, machine, stale
from vaeplay.doctor.finding import Finding
from vaeplay.settings import params, resolve

from . import fake_workspace
from .conftest import ROOT

CELL = "VAE_latent2_depth1_ReLU"


class Answer:
    """What `dvc status` answers, without the seconds that it takes."""

    def __init__(self, out: str = "{}", errors: str = "") -> None:
        self.said = out, errors

    def communicate(self, timeout: float) -> tuple[str, str]:
        return self.said


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which everything has run: settings, one result a cell, dvc.lock, and the cache."""
    tmp_path = tmp_path_factory.mktemp("healthy")
    values = YAML(typ="safe", pure=True).load(ROOT / "params.yaml")
    values["threads"] = 1
    values["grid"] = {"dense": values["grid"]["dense"] | {"model": ["AE", "VAE", "BetaVAE"]}}
    with (tmp_path / "params.yaml").open("w") as file:
        YAML(typ="safe", pure=True).dump(values, file)
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    for name in ("stages", "vaeplay", "images"):
        (tmp_path / name).symlink_to(ROOT / name)
    read = params.read(tmp_path / "params.yaml")
    fake_workspace.make(tmp_path, epochs=1)
    resolve.write(resolve.resolve(read, tmp_path), tmp_path)
    stages = {}
    for group, cell in read.cells_by_group():
        deps = [entry(tmp_path, f"settings/{cell.name}.json")]
        outs = [entry(tmp_path, f"metrics/{cell.name}.json"), entry(tmp_path, f"samples/{cell.name}.png")]
        stages[resolve.stage_of("train", group, cell)] = {"cmd": "python", "deps": deps, "outs": outs}
    stages["report"] = {"cmd": "python", "deps": [], "outs": [folder(tmp_path, "logs/cells")]}
    with (tmp_path / "dvc.lock").open("w") as file:
        YAML(typ="safe", pure=True).dump({"schema": "2.0", "stages": stages}, file)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    for key in ("user.name", "user.email"):
        subprocess.run(["git", "-C", str(tmp_path), "config", key, "Tester"], check=True)
    return tmp_path


@pytest.fixture
def root(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, to be damaged."""
    answer(monkeypatch)
    return Path(shutil.copytree(made, tmp_path / "workspace", symlinks=True))


def answer(monkeypatch: pytest.MonkeyPatch, out: str = "{}", errors: str = "") -> None:
    monkeypatch.setattr(stale, "ask_dvc", lambda root: Answer(out, errors))


def entry(root: Path, name: str) -> dict[str, Any]:
    """A file as dvc.lock names it; it is put into the cache."""
    content = (root / name).read_bytes()
    return {"path": name, "hash": "md5", "md5": cached(root, content), "size": len(content)}


def folder(root: Path, name: str) -> dict[str, Any]:
    """The same of a folder, whose object lists its files."""
    files = sorted((root / name).iterdir())
    listed = [{"md5": cached(root, file.read_bytes()), "relpath": file.name} for file in files]
    return {"path": name, "hash": "md5", "md5": cached(root, json.dumps(listed).encode(), ".dir")}


def cached(root: Path, content: bytes, suffix: str = "") -> str:
    md5 = hashlib.md5(content).hexdigest() + suffix
    path = cache.path_of(root, md5)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return md5


def said(root: Path, mark: str = "!") -> list[Finding]:
    return [finding for finding in command.examine(root) if finding.mark == mark]


def test_of_a_healthy_workspace_all_is_fine(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    assert cli.main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    topics = [line.split(":")[0] for line in lines]
    for topic in ("versions", "git", "device", "disk", "params.yaml", "dvc.lock", "cache", "files", "stale"):
        assert f"✓ {topic}" in topics
    assert not [line for line in lines if line.startswith(("!", "· stale"))]
    assert "nothing: every result is up to date" in lines[-1]
    assert cli.main(["doctor", "--json"]) == 0
    assert {finding["topic"] for finding in json.loads(capsys.readouterr().out)} >= {"cache", "stale"}


def test_elsewhere_it_says_so_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["doctor"]) == 1
    assert "no DVC workspace here or above" in capsys.readouterr().err


def in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def write(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(text)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (write("\n"), "empty: a run was killed"),
        (lambda path: path.write_bytes(b"\xff\xfe\x00"), "cannot be read"),
        (write("<<<<<<< HEAD\nschema: '2.0'\n=======\n>>>>>>> b\n"), "contains a git merge conflict"),
        (write("schema: '2.0'\nstages:\n"), "damaged: incomplete"),
        (write("schema: '2.0'\nstages:\n  a: [1"), "damaged: "),
        (write("stages: {a: {cmd: x, deps: [1]}}"), "damaged: "),
        (write("[" * 5000), "damaged: "),
    ],
)
def test_a_damaged_dvc_lock_is_named_with_the_way_back(root: Path, damage: Callable[[Path], object], told: str) -> None:
    damage(root / "dvc.lock")
    [finding] = [finding for finding in said(root) if finding.topic == "dvc.lock"]
    assert told in finding.text
    assert "repro" in str(finding.do)


def test_a_truncated_dvc_lock_never_passes_for_whole(root: Path) -> None:
    whole = (root / "dvc.lock").read_text()
    for part in (3, 5, 9):
        (root / "dvc.lock").write_text(whole[: len(whole) // part])
        findings = [finding for finding in command.examine(root) if finding.topic in {"dvc.lock", "stale"}]
        assert findings  # and no traceback


def test_missing_and_damaged_objects_of_the_cache_are_counted(root: Path) -> None:
    lost = cache.path_of(root, hashlib.md5((root / f"metrics/{CELL}.json").read_bytes()).hexdigest())
    lost.unlink()
    rotten = cache.path_of(root, hashlib.md5((root / f"logs/cells/{CELL}.json").read_bytes()).hexdigest())
    content = bytearray(rotten.read_bytes())
    content[10] ^= 1
    rotten.write_bytes(bytes(content))
    missing, corrupt = said(root)
    assert "1 of " in missing.text
    assert f"metrics/{CELL}.json" in missing.text
    assert f"logs/cells/{CELL}.json" in corrupt.text
    assert str(rotten) in str(corrupt.do)


def test_objects_of_cells_that_have_left_the_grid_are_not_missed(root: Path) -> None:
    """`dvc gc -w` removes them, and dvc.lock still names them."""
    text = (root / "params.yaml").read_text()
    values = YAML(typ="safe", pure=True).load(text)
    values["grid"]["dense"]["model"].remove("VAE")
    with (root / "params.yaml").open("w") as file:
        YAML(typ="safe", pure=True).dump(values, file)
    for name in ("VAE_latent2_depth1_ReLU", "VAE_latent8_depth2_ReLU"):
        for kind in (f"metrics/{name}.json", f"samples/{name}.png"):
            cache.path_of(root, hashlib.md5((root / kind).read_bytes()).hexdigest()).unlink(missing_ok=True)
    lock = YAML(typ="safe").load(root / "dvc.lock")
    lock["stages"]["mine"] = {"cmd": "x", "outs": [{"path": "mine", "md5": "0" * 32}]}
    with (root / "dvc.lock").open("w") as file:
        YAML(typ="safe", pure=True).dump(lock, file)
    assert not said(root)
    assert any("5 of the 14 stages are no longer in dvc.yaml" in finding.text for finding in said(root, "·"))
    (root / "params.yaml").write_text(text)
    [missing] = said(root)
    assert missing.topic == "cache" and "samples/VAE_latent8_depth2_ReLU.png" in missing.text


def test_a_cut_object_is_damaged_and_so_is_a_cut_list_of_a_folder(root: Path) -> None:
    for path in cache.folder(root).rglob("*.dir"):
        in_half(path)
    cut = cache.path_of(root, hashlib.md5((root / f"metrics/{CELL}.json").read_bytes()).hexdigest())
    in_half(cut)
    [corrupt] = said(root)
    assert corrupt.text.startswith("2 of ")
    assert "logs/cells" in corrupt.text


def test_a_setting_that_was_changed_is_named_with_what_it_was(root: Path) -> None:
    text = (root / "params.yaml").read_text()
    (root / "params.yaml").write_text(text.replace("epochs: 30", "epochs: 40").replace("beta: 2", "beta: 4"))
    told = [finding.text for finding in said(root, "·")]
    assert "train@VAE-2-1-ReLU-: train.epochs 30 → 40" in told
    assert "train@BetaVAE-2-1-ReLU-: settings.beta 2.0 → 4.0, train.epochs 30 → 40" in told
    assert not said(root)


def test_an_edited_source_file_is_named(root: Path) -> None:
    (root / "vaeplay").unlink()
    shutil.copytree(ROOT / "vaeplay", root / "vaeplay")
    with (root / "vaeplay/models/vae.py").open("a") as file:
        file.write("EDITED = True\n")
    told = [finding.text for finding in said(root, "·")]
    assert "train@VAE-2-1-ReLU-: vaeplay/models/vae.py edited" in told
    assert not any("train@AE" in text for text in told)


def test_what_dvc_says_is_told_too(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = [{"changed outs": {"metrics/x.json": "deleted"}}, {"changed deps": {"params.yaml": {"beta": "modified"}}}]
    answer(monkeypatch, json.dumps({"settings": [*changes, "changed command"]}))
    told = [finding.text for finding in said(root, "·")]
    assert "settings: metrics/x.json deleted, params.yaml: beta, changed command" in told
    answer(monkeypatch, "", "a line\nERROR: failed to parse dvc.yaml\n")
    assert [finding.text for finding in said(root)] == ["failed to parse dvc.yaml"]


DAMAGED = """'./dvc.yaml' is invalid.

While parsing a flow sequence, in line 166, column 4
  166 a: [1

Did not find expected ',' or ']', in line 167, column 1

Having any troubles? Hit us up at https://dvc.org/support, we are always happy to help!
"""


def test_of_what_dvc_says_the_line_is_told_that_says_what_is_wrong(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "", DAMAGED)
    [finding] = said(root)
    assert finding.text == (
        "'./dvc.yaml' is invalid. While parsing a flow sequence, in line 166, column 4 "
        "Did not find expected ',' or ']', in line 167, column 1"
    )


def test_mistakes_in_params_yaml_are_told_and_the_rest_is_examined(root: Path) -> None:
    text = (root / "params.yaml").read_text()
    (root / "params.yaml").write_text(text.replace("beta: 2", "beta: -2"))
    [finding] = said(root)
    assert (finding.topic, finding.text[:14]) == ("params.yaml", "beta: found -2")
    assert "cache" in {finding.topic for finding in said(root, "✓")}


def test_files_that_belong_to_nothing_are_named(root: Path) -> None:
    (root / ".vaeplay/resume").mkdir(parents=True)
    halves = [f"{place}.{files.HOST}.{2**22 + 1}.0.part" for place in ("metrics/.x.json", ".vaeplay/resume/.x")]
    for name in (*halves, f"metrics/.y.json.{files.HOST}.{os.getpid()}.0.part"):  # the last is being written
        (root / name).write_text("half")
    (root / "samples/notes.txt").write_text("mine")
    (root / "metrics/VAE_latent99_depth1_ReLU.json").write_text("{}")
    for name in (f"{CELL}-abc.safetensors", "VAE_latent99_depth1_ReLU-abc.safetensors", "x.damaged"):
        (root / ".vaeplay/resume" / name).write_text("x")
    assert [finding.do for finding in said(root)] == [f"rm -r {' '.join(halves)}", "rm .vaeplay/resume/x.damaged"]
    notes = {finding.topic: finding.text for finding in said(root, "·") if finding.topic != "unfinished"}
    assert "samples/notes.txt" in notes["unknown"]
    assert "metrics/VAE_latent99_depth1_ReLU.json" in notes["orphans"]
    unfinished = [finding.text for finding in said(root, "·") if finding.topic == "unfinished"]
    assert CELL in unfinished[0]
    assert "VAE_latent99_depth1_ReLU" in unfinished[1]


def test_who_is_at_work_is_told_and_the_dead_are_told_apart(root: Path) -> None:
    held = root / ".dvc/tmp/rwlock"
    held.parent.mkdir(parents=True)
    for pid, told in ((os.getpid(), "in use by dvc repro"), (2**22 + 1, "left by a run that was killed")):
        held.write_text(json.dumps({"write": {"/x": {"pid": pid, "cmd": "dvc repro"}}, "read": {}}))
        assert any(told in finding.text for finding in said(root, "·"))
    held.write_text(held.read_text().replace(str(2**22 + 1), str(os.getpid())))
    os.utime(held, (0, 0))  # whoever has that number now, has begun since
    assert any("left by a run that was killed" in finding.text for finding in said(root, "·"))
    held.write_text('{"write": [')
    assert [finding.topic for finding in said(root)] == ["locks"]


def test_too_many_threads_no_room_and_no_git_are_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (root / "params.yaml").read_text()
    (root / "params.yaml").write_text(text.replace("threads: 1", "threads: 1000"))
    monkeypatch.setattr(machine, "LEAST_FREE", 1e18)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert {finding.topic for finding in said(root)} == {"device", "disk", "git"}


def test_a_workspace_that_has_never_run_is_healthy(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "dvc.lock").unlink()
    answer(monkeypatch, json.dumps({"settings": [{"changed outs": {"settings": "deleted"}}]}))
    assert not said(root)
    assert any("never run" in finding.text for finding in said(root, "·"))


def test_from_a_subfolder_it_looks_at_the_whole_workspace(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "docs/more").mkdir(parents=True)
    monkeypatch.chdir(root / "docs/more")
    assert cli.main(["doctor"]) == 0
    assert "12 cells" in capsys.readouterr().out


def test_without_git_the_command_that_makes_a_repository_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(root / ".git")
    answer(monkeypatch, "", f"ERROR: {root} is not a git repository\n")
    assert {finding.topic: "git init" in f"{finding.text} {finding.do}" for finding in said(root)} == {
        "git": True,
        "dvc status": True,
    }
