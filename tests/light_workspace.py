"""A DVC pipeline of the project's shape whose stages are shell lines: what the runner does is seen in seconds."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

from .conftest import ROOT

CELLS = ("a", "b")
GATE = "until test -e go; do sleep 0.2; done"


@dataclass
class Light:
    """settings → train@cell → evaluate@cell → report in `root`; the file `ran` has a line for each stage that ran."""

    root: Path

    @classmethod
    def make(cls, root: Path, cells: tuple[str, ...] = CELLS, training: str = "true") -> "Light":
        """Write the pipeline; `training` is a shell line that takes its time: GATE until the file `go` is there."""
        (root / ".dvc").mkdir(parents=True)
        (root / ".dvc/config").write_text(
            "[core]\n    no_scm = true\n    analytics = false\n    check_update = false\n"
        )
        (root / "params.yaml").write_text(
            yaml.safe_dump({"threads": 1, "cells": list(cells), **dict.fromkeys(cells, 0)})
        )
        ran = "echo $DVC_STAGE >> ran;"
        split = "".join(f" grep ^{cell}: params.yaml > settings/{cell};" for cell in cells)
        matrix: dict[str, Any] = {"matrix": {"cell": "${cells}"}}
        stages = {
            "settings": {
                "cmd": f"{ran} mkdir -p settings; {split}",
                "params": [{"params.yaml": None}],
                "outs": [{"settings": {"persist": True}}],
            },
            "train": matrix
            | {
                "cmd": f"{ran} mkdir -p results; {training}; cat settings/${{item.cell}} > results/${{item.cell}}",
                "deps": ["settings/${item.cell}"],
                "outs": ["results/${item.cell}"],
            },
            "evaluate": matrix
            | {
                "cmd": f"{ran} mkdir -p metrics; sed s/^/-/ results/${{item.cell}} > metrics/${{item.cell}}",
                "deps": ["results/${item.cell}"],
                "outs": ["metrics/${item.cell}"],
            },
            "report": {"cmd": f"{ran} cat metrics/* > report", "deps": ["metrics"], "outs": ["report"]},
        }
        made = cls(root)
        made.write_pipeline(stages)
        return made

    def pipeline(self) -> Any:
        """The stages of dvc.yaml."""
        return yaml.safe_load((self.root / "dvc.yaml").read_text())["stages"]

    def write_pipeline(self, stages: Any) -> None:
        """Write dvc.yaml."""
        (self.root / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}, sort_keys=False))

    def set(self, **values: Any) -> None:
        """Change params.yaml."""
        path = self.root / "params.yaml"
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | values))

    def begun(self) -> list[str]:
        """The stages that began since `ran` was last asked, in order."""
        path = self.root / "ran"
        return path.read_text().split() if path.exists() else []

    def ran(self) -> list[str]:
        """The stages that ran since this was last asked, sorted."""
        names = sorted(self.begun())
        (self.root / "ran").unlink(missing_ok=True)
        return names

    def results_of(self, folder: str) -> dict[str, bytes]:
        """The content of every file in a folder."""
        return {f"{folder}/{path.name}": path.read_bytes() for path in sorted((self.root / folder).glob("*"))}

    def results(self) -> dict[str, bytes]:
        """The content of every result."""
        report = {"report": (self.root / "report").read_bytes()}
        return self.results_of("settings") | self.results_of("results") | self.results_of("metrics") | report

    def lock(self) -> Any:
        """dvc.lock as a value."""
        return yaml.safe_load((self.root / "dvc.lock").read_text())

    def lock_lines(self) -> list[str]:
        """The lines of dvc.lock, in which stages stand in the order in which they ended, sorted."""
        return sorted((self.root / "dvc.lock").read_text().splitlines())

    def start(self, *arguments: str, module: str = "vaeplay", **variables: str) -> subprocess.Popen[str]:
        """Start `vaeplay repro`, or another module's command, in a session of its own."""
        words = ["repro", *arguments] if module == "vaeplay" else arguments
        return subprocess.Popen(
            [sys.executable, "-m", module, *words],
            cwd=self.root,
            env=environment() | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def repro(self, *arguments: str, code: int = 0, **variables: str) -> str:
        """Run `vaeplay repro`, which has to end with this exit code: what it printed."""
        process = self.start(*arguments, **variables)
        said = process.communicate(timeout=120)[0]
        assert process.returncode == code, said
        assert "Traceback" not in said, said
        return said

    def processes(self, *words: str) -> list[psutil.Process]:
        """The processes that work in this folder, have not ended, and have these words in their command line."""
        found = []
        for process in psutil.process_iter(["cwd", "cmdline", "status"]):
            line = " ".join(process.info["cmdline"] or [])
            here = process.info["cwd"] == str(self.root) and process.info["status"] != psutil.STATUS_ZOMBIE
            found += [process] if here and all(word in line for word in words) else []
        return found

    def trainings(self) -> list[psutil.Process]:
        """The processes that take a training's time."""
        return [process for process in self.processes("sleep ") if process.info["cmdline"][0] == "sleep"]


def environment() -> dict[str, str]:
    """This process's, with the Python that runs the tests, and the modules that it tests, first."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def said_first(process: subprocess.Popen[str]) -> str:
    """The first line that a process prints; it is killed if it prints none."""
    assert process.stdout
    killer = threading.Timer(60, process.kill)
    killer.start()
    try:
        return process.stdout.readline()
    finally:
        killer.cancel()


def until(true: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
