"""Two runs in one workspace at once: the second waits, or says who holds it, and the results are those of one run.

And two clones that share their results through a folder.
"""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import ROOT
from .workspace import Workspace

DVC = ("dvc", "repro", "--force")
OURS = ("vaeplay", "repro")
REFUSED = ("is being blocked by", "Unable to acquire lock")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Workspace:
    return Workspace.of_one_cell(tmp_path_factory.mktemp("concurrency"), shared)


@pytest.mark.parametrize(("first", "second"), [(DVC, OURS), (OURS, OURS)], ids=["both", "ours"])
def test_two_runs_at_once_end_in_the_results_of_one(
    made: Workspace, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    before = made.lasting()
    assert {Path(name).parts[0] for name in before} >= {"checkpoints", "metrics", "samples", "maps"}
    if first == OURS:
        for name in ("checkpoints", "metrics"):  # something to do, which DVC's cache must not spare it
            made.run("rm", "-r", name, ".dvc/cache/runs")
    runs = []
    for command in (first, second):
        module = [sys.executable, "-m", *command]
        runs.append(
            subprocess.Popen(
                module,
                cwd=made.root,
                env=made.quick_environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        time.sleep(1.5)
    said = [run.communicate(timeout=400)[0] for run in runs]
    assert 0 in [run.returncode for run in runs], said
    for run, text in zip(runs, said, strict=True):
        assert "Traceback" not in text
        assert run.returncode == 0 or any(words in text for words in REFUSED), text
    made.dvc("repro")
    assert made.dvc("repro") == []
    assert made.lasting() == before


def test_a_second_clone_takes_the_results_from_a_folder_and_runs_nothing(made: Workspace) -> None:
    section = (ROOT / "docs/results.md").read_text("utf-8").split("\n## Share results")[1].split("\n## ")[0]
    share, take = (block.splitlines() for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL))
    made.dvc("repro")
    storage = made.root.parent / "vaeplay-storage"
    for line in share:
        done = made.run("bash", "-ec", line.replace("uv run", f"{sys.executable} -m"))
        assert done.returncode == 0, done.stderr
    assert storage.is_dir()
    clone = Workspace(storage.parent / "second")  # beside the first, since the path of the remote is relative
    made.git("clone", "-q", str(made.root), str(clone.root))
    assert [clone.dvc(*line.split()[3:]) for line in take] == [[], []]
    assert clone.results() == made.results()
    assert (clone.root / "reports/gallery.html").read_bytes() == (made.root / "reports/gallery.html").read_bytes()
