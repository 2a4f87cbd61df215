"""What runs without the parts of Python that Windows lacks, and with odd folders for temporary files."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from vaeplay.errors import UserError
from vaeplay.runner import exchange

from .conftest import ROOT
from .workspace import tiny

AS_ON_WINDOWS = """
import importlib, os, pkgutil, signal, socket, sys
import psutil, torch, dvc.repo  # these see to Windows themselves

for name in ("fcntl", "resource", "termios", "tty", "pty", "pwd", "grp"):
    sys.modules[name] = None  # an import raises ImportError
for module, names in {
    os: ["fork", "forkpty", "killpg", "getuid", "geteuid", "setsid", "sched_getaffinity", "uname", "sysconf", "mkfifo"],
    signal: ["SIGHUP", "SIGKILL", "SIGALRM", "SIGUSR1", "SIGUSR2", "pthread_sigmask"],
    socket: ["AF_UNIX"],
}.items():
    for name in names:
        delattr(module, name)
import stages, vaeplay

OF_REPRO = {"cluster", "driver", "exchange", "relay", "stage", "supervise", "worker"}
for package in (stages, vaeplay):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if module.name.rpartition(".")[2] not in OF_REPRO and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with a tiny grid on small digits, in which nothing has run."""
    for name in ("stages", "vaeplay", "images"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".dvc").mkdir()
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    yaml = YAML(typ="safe", pure=True)
    values = tiny(yaml.load(ROOT / "params.yaml"))
    values["data"]["name"] = "digits"
    yaml.dump(values, tmp_path / "params.yaml")
    return tmp_path


def python(root: Path, program: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program]
    return subprocess.run(
        command, cwd=root, env=os.environ | variables, capture_output=True, text=True, errors="replace"
    )


def test_every_stage_and_the_doctor_start_without_what_windows_lacks(root: Path) -> None:
    program = """
from vaeplay import cli
from vaeplay.training import memory
stages.run(stages.settings.main)
stages.run(stages.prepare.main)
with memory.recording(torch.device("cpu")) as recorder:
    pass
assert recorder.entries()[0]["peak_bytes"] > 0
sys.stdout = sys.__stdout__  # DVC has put its own there
sys.exit(cli.main(["doctor"]) * 10 + cli.main(["repro"]))
"""
    done = python(root, f"{AS_ON_WINDOWS}{program}", PYTHONIOENCODING="cp1252")
    assert (root / "data/images.safetensors").is_file(), done.stderr
    assert done.stderr == (
        "error: `vaeplay repro` needs Linux or macOS; here `dvc repro` does the same, one stage at a time\n"
    )
    assert "? params.yaml:  4 cells, digits" in done.stdout, "a pipe on Windows has no check mark"
    assert done.returncode == 11, "no git there, and no repro"


@pytest.mark.parametrize("fault", ["long", "no programs"])
def test_a_folder_for_temporary_files_that_does_not_do_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    place = tmp_path / ("x" * (1 if fault == "no programs" else 84))
    place.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(place))
    if fault == "no programs":
        access = os.access
        monkeypatch.setattr(os, "access", lambda path, mode: place not in path.parents and access(path, mode))
    with socket.socket(socket.AF_UNIX) as listener:
        folder = exchange.settle(listener)
        assert listener.getsockname() == str(folder / "socket")
        assert subprocess.run([folder / "relay", "-c", "true"], capture_output=True).returncode == 1  # it runs
        shutil.rmtree(folder)
    assert not list(place.iterdir())


def test_where_no_folder_does_one_line_names_tmpdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(exchange, "PLACES", ())
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with socket.socket(socket.AF_UNIX) as listener, pytest.raises(UserError, match=r"^TMPDIR: .* set another folder$"):
        exchange.settle(listener)
