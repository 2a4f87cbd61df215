"""The line at the start of a stage: where in the pipeline it is, and how long that takes."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vaeplay import files, pace

from .conftest import ROOT

CELLS = ["AE_latent2_depth1_ReLU", "VAE_latent2_depth1_ReLU"]


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with two cells, in which a `dvc repro` began 65 seconds ago."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pace, "_begun", lambda: time.time() - 65)
    files.write_json(tmp_path / "settings/report.json", {"cells": CELLS})
    return tmp_path


@pytest.mark.usefixtures("running")
def test_a_first_run_says_which_stage_of_how_many_and_for_how_long() -> None:
    assert pace.line("settings") == "stage 1 of 11, 1:05 min so far"
    assert pace.line(f"train of {CELLS[1]}") == "stage 6 of 11, 1:05 min so far"
    assert pace.line("report") == "stage 11 of 11, 1:05 min so far"
    assert pace.line("train of another") is None


def test_the_stages_that_are_counted_are_those_of_the_pipeline_in_its_order() -> None:
    run = re.findall(r"cmd: python -m stages\.(\w+)", (ROOT / "dvc.yaml").read_text("utf-8"))
    assert [*pace.FIRST, "train", "evaluate", *pace.LAST] == run


def test_a_later_run_says_how_much_is_left_at_most(running: Path) -> None:
    for stage, seconds in {
        f"train of {CELLS[0]}": 30,
        f"evaluate of {CELLS[1]}": 40,
        "maps": 20,
        "verdicts": 1,
    }.items():
        files.write_text(running / pace.FOLDER / stage, str(seconds))
    assert pace.line(f"train of {CELLS[1]}") == "stage 6 of 11, 1:05 min so far", "no report has run"
    files.write_text(running / pace.FOLDER / "report", "4")
    assert pace.line(f"train of {CELLS[1]}") == "stage 6 of 11, at most about 2:15 min left"  # 30 + 2 · 40 + 25
    assert pace.line("report") == "stage 11 of 11, at most about 4 s left"
    files.write_text(running / pace.FOLDER / "report", "half a fi")
    assert pace.line("report") == "stage 11 of 11, 1:05 min so far"


def test_only_a_stage_of_dvc_repro_has_a_line_and_each_notes_its_time(tmp_path: Path) -> None:
    files.write_json(tmp_path / "settings/report.json", {"cells": []})
    stage = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from vaeplay import pace\n"
    stage += "print(pace.line('maps')); pace.keep('maps')"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {stage!r}])"
    for name in ("dvc", "vaeplay"):
        (tmp_path / name).write_text(code)
        done = subprocess.run([sys.executable, name, "repro"], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout == ("stage 5 of 7, 0 s so far\n" if name == "dvc" else "None\n")
    assert 0 < float((tmp_path / pace.FOLDER / "maps").read_text()) < 60


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (65, "1:05 min"), (7260, "2:01 h")])
def test_times_are_short(seconds: float, text: str) -> None:
    assert pace.clock(seconds) == text
