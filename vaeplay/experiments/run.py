"""One experiment: `dvc exp run --temp`, which works in a separate folder and leaves params.yaml unchanged.

DVC creates that folder from git, copies this workspace's changes and the new settings there, and deletes it at the end.
The results are then in DVC's cache, and its dvc.lock in a commit of its own under refs/exps/.
"""

import contextlib
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from vaeplay import data
from vaeplay.errors import UserError
from vaeplay.experiments.presets import Trial, hydra
from vaeplay.pace import clock
from vaeplay.runner.heal import heal
from vaeplay.settings import yaml_file

BEGUN = "Reproducing experiment"
"""What DVC prints once this workspace is restored: before that, its changes may be in a stash."""
STAGE = re.compile(r"(Running stage|Stage) '(.+?)'")
SIGNALS = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]  # not on Windows
TAIL = 12  # lines shown of a failed stage without an error line


class Progress:
    """Turns what DVC prints into one line per stage that runs. `stages` is how many there are."""

    def __init__(self, stages: int) -> None:
        self.stages = stages
        self.seen = self.ran = 0
        self.stage = ""
        self.since = self.begun = time.monotonic()
        self.said: deque[str] = deque(maxlen=200)

    def read(self, line: str) -> None:
        """Take the next line."""
        match = STAGE.match(line)
        if not match:
            self.said.append(line.rstrip())
            return
        self.end()
        self.seen += 1
        self.said.clear()
        if match[1] == "Running stage":
            self.ran += 1
            self.stage, self.since = match[2], time.monotonic()
            print(f"[{self.seen:{len(str(self.stages))}}/{self.stages}] {self.stage}", end="", flush=True)

    def end(self, how: str = "") -> None:
        """Complete the line of the running stage, if any."""
        if self.stage:
            print(f"  {how or clock(time.monotonic() - self.since)}", flush=True)
        self.stage = ""

    def summary(self) -> str:
        """How many stages ran, and for how long."""
        return f"{self.ran} of {self.stages} stages ran, in {clock(time.monotonic() - self.begun)}"

    def error(self) -> str:
        """Why it failed: the stage's own error lines, or DVC's, or the end of all that was printed."""
        own = [line.removeprefix("error: ") for line in self.said if line.startswith("error: ")]
        dvc = [line.removeprefix("ERROR: ") for line in self.said if line.startswith("ERROR: ")]
        other = [line for line in self.said if line and not line.startswith(("ERROR: ", "WARNING: ", "> "))]
        if self.stage:
            return "\n".join(f"{self.stage}: {line}" for line in own or other[-TAIL:] or dvc)
        return "\n".join(dvc[:1] or other[-1:]) or "`dvc exp run` failed and did not say why"


def reproduce(trial: Trial, root: Path) -> str:
    """Run an experiment, which replaces any of the same name, show its progress, and return its commit.

    Raises:
        UserError: it failed, with the failed stage's error; an earlier experiment of that name is restored.
        KeyboardInterrupt: at Ctrl-C, once DVC has ended and cleaned up.
    """
    ref = reference(trial.name, root)
    for line in heal(root):
        print(line)
    before = (root / "params.yaml").read_bytes()
    earlier = git(root, "rev-parse", "--quiet", "--verify", ref)
    if earlier:
        git(root, "update-ref", "-d", ref)
    try:
        follow(command(trial, root), root, Progress(stage_count(trial, root)))
    except BaseException:
        if earlier:
            git(root, "update-ref", ref, earlier)
        raise
    finally:
        if (root / "params.yaml").read_bytes() != before:  # DVC was killed at the wrong moment
            (root / "params.yaml").write_bytes(before)
    return git(root, "rev-parse", "--quiet", "--verify", ref)


def follow(words: list[str], root: Path, progress: Progress) -> None:
    """Run DVC in its own session, and pass on Ctrl-C once that is safe.

    Raises:
        UserError: it failed.
        KeyboardInterrupt: it was interrupted.
    """
    interrupted = begun = False
    process = subprocess.Popen(
        words,
        cwd=root,
        env=environment(root),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )

    def end() -> None:
        with contextlib.suppress(ProcessLookupError, AttributeError):  # on Windows, Ctrl-C reaches DVC by itself
            os.killpg(process.pid, signal.SIGINT)

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True
        if begun:
            end()

    with process, handling(interrupt):
        for line in process.stdout or ():
            progress.read(line)
            if not begun and line.startswith(BEGUN):
                begun = True
                if interrupted:
                    end()
    if interrupted:
        progress.end("interrupted")
        raise KeyboardInterrupt
    if process.returncode != 0:
        said = progress.error()
        progress.end("failed")
        raise UserError(said)
    progress.end()
    print(progress.summary())


@contextlib.contextmanager
def handling(handler: Any) -> Iterator[None]:
    """Have a function handle the signals that end a command, except SIGHUP under `nohup`."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def command(trial: Trial, root: Path) -> list[str]:
    """The command line of DVC."""
    settings = [f"--set-param={key}={hydra(value)}" for key, value in trial.overrides.items()]
    copied = [f"--copy-paths={path}" for path in untracked(trial, root)]
    return [sys.executable, "-m", "dvc", "exp", "run", "--temp", f"--name={trial.name}", *settings, *copied]


def untracked(trial: Trial, root: Path) -> list[str]:
    """What the experiment needs and git does not track: dvc.lock, new source files, the user's images.

    Raises:
        UserError: the images are at a relative path that leads out of this folder.
    """
    paths = ["dvc.lock"] if (root / "dvc.lock").exists() else []
    others = ("ls-files", "--others", "--directory", "--no-empty-directory", "-z")
    paths += git(root, *others, "--exclude-standard", "--", "stages", "vaeplay").split("\0")
    path = Path(trial.settings.data.path)
    if data.at_path(trial.settings.data.name) and not path.is_absolute():
        if ".." in path.parts:
            raise UserError(
                f"{trial.name}: data.path: found {str(path)!r}; allowed: an absolute path, or one in this folder"
            )
        paths += git(root, *others, "--", str(path)).split("\0")
    return [path.rstrip("/") for path in paths if path]


def stage_count(trial: Trial, root: Path) -> int:
    """How many stages dvc.yaml has with an experiment's settings."""
    settings = trial.settings.model_dump()

    def axis(text: str) -> Any:
        value: Any = settings
        for name in text.removeprefix("${").removesuffix("}").split("."):
            value = value[name]
        return value

    stages = yaml_file.read(root / "dvc.yaml")["stages"].values()
    return sum(math.prod(len(axis(text)) for text in stage.get("matrix", {}).values()) for stage in stages)


def reference(name: str, root: Path) -> str:
    """Where git keeps an experiment of the current commit.

    Raises:
        UserError: there is no commit.
    """
    head = git(root, "rev-parse", "--quiet", "--verify", "HEAD")
    if not head:
        raise UserError("no git commit here: DVC keeps experiments beside one; run this in a clone of the project")
    return f"refs/exps/{head[:2]}/{head[2:]}/{name}"


def environment(root: Path) -> dict[str, str]:
    """This process's environment, with its Python first in PATH, and an identity for git if none is configured."""
    variables = {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])}
    for key, default in (("name", "vaeplay"), ("email", "vaeplay@localhost")):
        if not git(root, "config", f"user.{key}"):
            variables |= {f"GIT_{role}_{key.upper()}": default for role in ("AUTHOR", "COMMITTER")}
    return variables | os.environ | {"PATH": variables["PATH"], "PYTHONUNBUFFERED": "1"}


def git(root: Path, *arguments: str) -> str:
    """What git prints, stripped; empty if it fails."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise UserError("git is not in PATH: DVC keeps experiments as commits; install git") from None
    return done.stdout.strip() if done.returncode == 0 else ""
