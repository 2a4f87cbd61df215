"""A stage run by hand: a user's mistake is one line and exit code 1, with no traceback."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from .conftest import ROOT

MPS = torch.backends.mps.is_available()


def said(folder: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("\n") == 1
    return done.stderr


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (["stages.settings"], "error: params.yaml: cannot be read"),
        (["stages.prepare"], "error: settings/data.json: no such file; `dvc repro` makes it"),
        (["stages.train", "VAE_latent2"], "error: settings/VAE_latent2.json: no such file"),
        (["stages.evaluate", "VAE_latent2"], "error: settings/evaluate.json: no such file"),
        (["stages.report"], "error: settings/report.json: no such file"),
        (["stages.report", "x"], "error: this stage takes no arguments; found 'x'"),
        (["stages.train"], "error: found no arguments; expected the name of one cell"),
        (["stages.train", "a", "b"], "error: found a b; expected the name of one cell"),
        (["stages.evaluate", "../../x"], "error: found the cell '../../x'; a cell's name has only letters, digits"),
    ],
)
def test_in_an_empty_folder_each_stage_says_what_is_missing(tmp_path: Path, command: list[str], line: str) -> None:
    assert said(tmp_path, *command).startswith(line)
    assert not list(tmp_path.iterdir())


def test_a_device_that_is_not_there_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    text = (ROOT / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(text.replace("\ndevice: auto", f"\ndevice: {'cuda' if MPS else 'mps'}"))
    for folder in ("dvc.yaml", "stages", "vaeplay", "images"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    assert said(tmp_path, "stages.settings").startswith("error: device: found ")
    assert not (tmp_path / "settings").exists()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "settings").write_text("a file where a folder must be")
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    for folder in ("dvc.yaml", "stages", "vaeplay", "images"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    assert said(tmp_path, "stages.settings").startswith("error: settings")
