"""params.yaml wrong in every way there is: lines that say so, no traceback, nothing written, nothing deleted.

50 inputs a test in the suite. 2,000 a test, and how many were refused and by whom, come from

    uv run pytest -n 0 tests/test_fuzz.py --hypothesis-profile thorough --hypothesis-show-statistics
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dvc.exceptions import DvcException
from dvc.utils.hydra import apply_overrides
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from stages import settings as stage
from vaeplay.errors import UserError

from . import mistakes
from .conftest import ROOT

SLOWEST = 20.0  # seconds of CPU time, so that other work on the machine does not count


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, mistakes.Snapshot]]:
    """A folder in which the settings stage has run, and from which it runs again; and its files."""
    root = tmp_path_factory.mktemp("fuzz")
    for name in ("dvc.yaml", "stages", "vaeplay", "images"):
        (root / name).symlink_to(ROOT / name)
    (root / "params.yaml").write_text(mistakes.TEXT, encoding="utf-8")
    for folder in ("checkpoints", "metrics", "samples"):
        (root / folder).mkdir()
    before = Path.cwd()
    os.chdir(root)
    stage.main()
    (root / "checkpoints/AE_latent2_depth1_ReLU.safetensors").write_bytes(b"hours of work")
    yield root, mistakes.snapshot(root)
    os.chdir(before)


def refused(workspace: Path) -> bool:
    """Run the settings stage: whether it refused, which must be in lines, at once, and without touching a file."""
    before = mistakes.snapshot(workspace)
    started = time.process_time()
    try:
        stage.main()
    except UserError as error:
        lines = str(error).splitlines()
        assert time.process_time() - started < SLOWEST
        assert mistakes.snapshot(workspace) == before
        assert 0 < len(lines) <= 21
        for line in lines:
            assert line.startswith(("params.yaml: ", "device: "))
            assert len(line) < 1000
            assert line.isprintable()
        return True
    return False


def restore(workspace: Path, files: mistakes.Snapshot) -> None:
    """Put `files` back after an input that was valid, and remove what it made."""
    for name in mistakes.snapshot(workspace):
        (workspace / name).unlink()
    for name, (changed, content) in files.items():
        (workspace / name).write_bytes(content)
        os.utime(workspace / name, ns=(changed, changed))


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(content=mistakes.files)
def test_a_wrong_file_is_lines_and_touches_nothing(made: tuple[Path, mistakes.Snapshot], content: bytes) -> None:
    workspace, files = made
    (workspace / "params.yaml").write_bytes(content)
    if refused(workspace):
        event("refused in lines")
    else:
        event("valid all the same")
        restore(workspace, files)


@pytest.mark.parametrize("number", range(len(mistakes.FILES)))
def test_each_of_the_worst_files_is_lines(made: tuple[Path, mistakes.Snapshot], number: int) -> None:
    workspace, files = made
    (workspace / "params.yaml").write_bytes(mistakes.FILES[number])
    if not refused(workspace):
        restore(workspace, files)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(chosen=st.lists(mistakes.overrides, min_size=1, max_size=3))
def test_a_wrong_override_is_lines_and_touches_nothing(made: tuple[Path, mistakes.Snapshot], chosen: list[str]) -> None:
    """DVC writes an override into params.yaml before any stage sees it; here with the code that it does it with."""
    workspace, files = made
    (workspace / "params.yaml").write_text(mistakes.TEXT, encoding="utf-8")
    try:
        apply_overrides(workspace / "params.yaml", chosen)
    except DvcException:
        event("refused by DVC in lines")
        return
    except Exception as error:
        kept = (workspace / "params.yaml").read_text(encoding="utf-8") == mistakes.TEXT
        event(f"refused by DVC with {type(error).__name__}, params.yaml {'kept' if kept else 'half written'}")
        return
    if refused(workspace):
        event("refused by us in lines")
    else:
        event("valid all the same")
        restore(workspace, files)
