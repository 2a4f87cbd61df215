"""A copy of the project that a test may run, change and break: a git repository of its own, with a tiny grid."""

import math
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from vaeplay.runner.heal import locked
from vaeplay.settings import outputs

from . import warm
from .conftest import ROOT


def tiny(values: Any) -> Any:
    """params.yaml with a cell of each dense model and of one convolutional, few images, a few units, one epoch."""
    values["data"] |= {"name": "digits", "limit": 400}
    small = {"latent_dim": [2], "depth": [1]}
    grid = values["grid"]
    grid["dense"] |= small | {"model": ["AE", "VAE", "BetaVAE"]}
    grid["conv"] |= small | {"model": ["ConvBetaVAE"]}
    for group in ("beta_vae", "vq", "dial"):
        grid[group]["model"] = []
    values["models"] |= {"hidden": 16, "channels": 2}
    values["train"] |= {"epochs": 1, "batch_size": 140}
    values["classifier"]["epochs"] = 1
    values["evaluate"]["importance_samples"] = 5
    values["maps"]["points"] = 30
    values["threads"] = 1
    values["device"] = "cpu"
    return values


def copied(source: str, target: str) -> None:
    """Copy a file, or link it if it is an object of git or of DVC's cache, which nothing ever changes."""
    (os.link if "/.git/objects/" in source or "/.dvc/cache/files/" in source else shutil.copy2)(source, target)


@dataclass
class Workspace:
    """A copy of the project in `root`."""

    root: Path

    @classmethod
    def make(cls, root: Path) -> "Workspace":
        """Copy what git would: tracked and new files, no results."""
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        for name in listed.stdout.splitlines():
            if name != "dvc.lock" and (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)
        workspace = cls(root)
        workspace.set(tiny(workspace.values()))
        workspace.git("init", "-q", "-b", "main")
        workspace.git("config", "user.name", "Tester")  # DVC keeps experiments as commits, which need an author
        workspace.git("config", "user.email", "tester@example.org")
        workspace.commit()
        return workspace

    @classmethod
    def of_one_cell(cls, root: Path, shared: Path) -> "Workspace":
        """A copy with one cell of one model on small images, all of it made and committed.

        It is made once for all test files, in a folder that their processes share.
        """
        made = shared / "one_cell"
        with locked(shared / "one_cell.lock", math.inf):
            if not made.exists():
                workspace = cls.make(shared / "one_cell.begun")
                values = workspace.values()
                values["grid"]["dense"]["model"] = ["VAE"]
                values["grid"]["conv"]["model"] = []
                workspace.set(values)
                workspace.dvc("repro")
                workspace.commit()
                workspace.root.rename(made)
        return cls(made).copy(root)

    def copy(self, root: Path) -> "Workspace":
        """The same in another folder, results and DVC's cache included."""
        shutil.copytree(self.root, root, copy_function=copied, dirs_exist_ok=True)
        return Workspace(root)

    def values(self) -> Any:
        """params.yaml as plain values."""
        return YAML(typ="safe", pure=True).load(self.root / "params.yaml")

    def set(self, values: Any) -> None:
        """Write params.yaml."""
        with (self.root / "params.yaml").open("w") as file:
            YAML(typ="safe", pure=True).dump(values, file)

    def git(self, *arguments: str) -> None:
        """Run git in the copy."""
        subprocess.run(["git", *arguments], cwd=self.root, check=True, capture_output=True)

    def commit(self) -> None:
        """Commit all that is not ignored."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "state")

    def environment(self) -> dict[str, str]:
        """This process's environment, with the Python that runs the tests first in PATH."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        return os.environ | {"PATH": path, "TQDM_DISABLE": "1"}

    def quick_environment(self) -> dict[str, str]:
        """The same, but `python`, which stages run with, begins quickly: see `warm`."""
        return self.environment() | {"PATH": warm.path()}

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the copy, in the quick environment."""
        return subprocess.run(command, cwd=self.root, env=self.quick_environment(), capture_output=True, text=True)

    def dvc(self, *arguments: str) -> list[str]:
        """Run DVC, which must succeed: the stages that really ran, in order."""
        return re.findall(r"^Running stage '(.+)':", self.said(*arguments), re.MULTILINE)

    def said(self, *arguments: str) -> str:
        """Run DVC, which must succeed: what it printed."""
        done = self.run("python", "-m", "dvc", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refused(self, *arguments: str) -> str:
        """Run DVC, which must fail without a traceback: what it printed."""
        done = self.run("python", "-m", "dvc", *arguments)
        said = done.stdout + done.stderr
        assert done.returncode != 0, said
        assert "Traceback" not in said
        return said

    def results(self) -> dict[str, bytes]:
        """Every result file but the page, which names the commit, and its content."""
        folders = {name.split("/")[0] for name in outputs.FOLDERS} | {"settings", "data", "classifier", "verdicts"}
        files = [path for folder in folders for path in (self.root / folder).rglob("*") if path.is_file()]
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in sorted(files)}

    def lasting(self) -> dict[str, bytes]:
        """The results that are the same from run to run: not those with seconds and memory in them."""
        found = self.results()
        return {
            name: found[name] for name in found if not name.startswith("logs/") and not name.endswith("seconds.json")
        }
