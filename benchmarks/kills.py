"""How many runs of the pipeline that are killed at a random moment end in the bytes of a run that is not.

    uv run python -m benchmarks.kills --kills 100

Runs the pipeline once on the 8×8 digits, with a dense, a convolutional and a quantised cell, and keeps its results.
Then, for each kill, it makes DVC forget a cell's training, its evaluation and the page, starts `dvc repro`, ends DVC
and the stage with SIGKILL at a moment drawn evenly over the time that this takes, starts `dvc repro` again, and
compares every result file; of logs, all but seconds and memory. The page must be the one that its inputs give.

Prints a line a kill, and in the end a summary: where the kills fell, and how many epochs were trained twice.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pty
import random
import re
import shutil
import statistics
import sys
import tempfile
import termios
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import psutil
from ruamel.yaml import YAML

from tests.workspace import Workspace
from vaeplay.gallery.read import read
from vaeplay.gallery.render import render
from vaeplay.runner.heal import heal
from vaeplay.settings import outputs

FOLDERS = ("settings", "data", "classifier", *outputs.FOLDERS)
TIMES = ("seconds", "images_per_second", "memory")
yaml = YAML(typ="safe", pure=True)


def make(folder: Path, epochs: int) -> Workspace:
    """A workspace with three small cells, trained with all that has a state of its own."""
    workspace = Workspace.make(folder)
    values = workspace.values()
    values["data"]["name"] = "digits"
    values["grid"]["dense"]["model"] = ["VAE"]
    values["grid"]["vq"] |= {"model": ["VQVAE"], "latent_dim": [4], "depth": [1]}
    values["models"]["code_prior"] |= {"epochs": 3, "channels": 8, "layers": 2}
    values["train"] |= {"epochs": epochs, "batch_size": 64, "lr_schedule": "CosineAnnealingLR"}
    values["train"] |= {"average": 0.99, "patience": epochs, "checkpoint_every": 0}
    values["evaluate"]["importance_samples"] = 5
    workspace.set(values)
    workspace.commit()
    return workspace


def without_times(value: Any) -> Any:
    """A log without what no two runs have in common."""
    if isinstance(value, dict):
        return {key: without_times(item) for key, item in value.items() if key not in TIMES}
    return [without_times(item) for item in value] if isinstance(value, list) else value


def results(root: Path) -> dict[str, str]:
    """A digest of each result file."""
    digests = {}
    for path in sorted(path for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file()):
        content = path.read_bytes()
        if path.name == "seconds.json":
            content = json.dumps(list(json.loads(content))).encode()
        if path.is_relative_to(root / "logs"):
            content = json.dumps(without_times(json.loads(content)), sort_keys=True).encode()
        digests[path.relative_to(root).as_posix()] = hashlib.sha256(content).hexdigest()
    return digests


def forget(root: Path, cell: str) -> None:
    """Make DVC forget the stages of a cell, by its model, and the page: it runs them again, and finds no result."""
    lock = yaml.load(root / "dvc.lock")
    own = [name for name in lock["stages"] if name == "report" or f"@{cell}-" in name]
    commands = [lock["stages"].pop(name)["cmd"] for name in own]
    with (root / "dvc.lock").open("w") as file:
        yaml.dump(lock, file)
    for path in (root / ".dvc/cache/runs").glob("*/*/*"):
        if yaml.load(path)["cmd"] in commands:
            shutil.rmtree(path.parent)


@dataclass
class Repro:
    """What a `dvc repro` said until it ended or was killed."""

    seconds: float
    stage: str
    epoch: int
    continued: int | None
    ended: bool


def repro(root: Path, environment: dict[str, str], kill_after: float | None = None) -> Repro:
    """Run `dvc repro`, which draws its progress bars as on a terminal: they tell the epoch."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))  # a bar is drawn only where there is room
    started = time.perf_counter()
    process = Popen(
        [sys.executable, "-m", "dvc", "repro"],
        cwd=root,
        env=environment | {"TQDM_MININTERVAL": "0", "TQDM_MINITERS": "1"},
        stdout=PIPE,
        stderr=theirs,
        text=True,
        start_new_session=True,
    )
    os.close(theirs)
    drawn: list[bytes] = []
    reader = threading.Thread(target=_collect, args=(ours, drawn))
    reader.start()
    if kill_after is not None:
        killer = threading.Timer(kill_after, _kill, [process.pid])
        killer.start()
    said = process.communicate()[0]
    seconds = time.perf_counter() - started
    if kill_after is not None:
        killer.cancel()
    reader.join()
    text = b"".join(drawn).decode(errors="replace")
    if process.returncode > 0:
        raise SystemExit(f"dvc repro failed:\n{said}\n{text}")
    stages = re.findall(r"^Running stage '(.+)':", said, re.MULTILINE)
    epochs = re.findall(r"_ReLU: .*?\| (\d+)/\d+ \[", text)
    continued = re.search(r"continues after epoch (\d+)", text)
    return Repro(
        seconds,
        stages[-1] if stages else "before any stage",
        int(epochs[-1]) if epochs else 0,
        int(continued[1]) if continued else None,
        process.returncode == 0,
    )


def _collect(descriptor: int, drawn: list[bytes]) -> None:
    with contextlib.suppress(OSError):  # which is how a terminal ends
        while chunk := os.read(descriptor, 65536):
            drawn.append(chunk)
    os.close(descriptor)


def _kill(number: int) -> None:
    """SIGKILL to a process and all that it started, at once."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(number)
        for each in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()


def trial(workspace: Workspace, cell: str, seconds: float, chance: random.Random, expected: dict[str, str]) -> Any:
    """Kill once, run to the end, compare."""
    root, environment = workspace.root, workspace.environment()
    while True:  # until the kill comes before the end
        forget(root, cell.partition("_")[0])
        moment = chance.uniform(0, seconds)
        first = repro(root, environment, moment)
        if not first.ended:
            break
    healed = bool(heal(root))
    part_files = len(list(root.rglob("*.part")))
    second = repro(root, environment)
    found = results(root)
    trained = first.stage.startswith("train")
    return {
        "cell": cell,
        "second": round(moment, 2),
        "stage": first.stage,
        "epoch": first.epoch if trained else None,
        "continued_after": second.continued,
        "epochs_repeated": max(0, first.epoch - (second.continued or 0)) if trained else 0,
        "healed": healed,
        "half_written_files": part_files,
        "differs": sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)),
        "page_is_right": render(read(root)) == (root / "reports/gallery.html").read_text(encoding="utf-8"),
        "left_over": sorted(str(path.relative_to(root)) for path in (root / ".vaeplay/resume").glob("*")),
    }


def run(folder: Path, kills: int, epochs: int, seed: int) -> list[dict[str, Any]]:
    """All trials, each printed as it ends."""
    workspace = make(folder, epochs)
    whole = repro(workspace.root, workspace.environment())
    expected = results(workspace.root)
    cells = sorted(path.stem for path in (workspace.root / "checkpoints").iterdir())
    seconds = {}
    for cell in cells:
        forget(workspace.root, cell.partition("_")[0])
        seconds[cell] = repro(workspace.root, workspace.environment()).seconds
        assert results(workspace.root) == expected, "two whole runs differ"
    print(json.dumps({"whole_run_seconds": round(whole.seconds, 1), "cells": seconds, "files": len(expected)}))
    chance = random.Random(seed)
    trials = []
    for number in range(kills):
        cell = cells[number % len(cells)]
        trials.append(trial(workspace, cell, seconds[cell], chance, expected))
        print(json.dumps(trials[-1]), flush=True)
    return trials


def summary(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """What the trials came to."""
    stages = [re.split("[@_]", trial["stage"])[0] for trial in trials]
    in_training = [trial["epochs_repeated"] for trial in trials if trial["stage"].startswith("train")]
    right = [not trial["differs"] and trial["page_is_right"] and not trial["left_over"] for trial in trials]
    return {
        "kills": len(trials),
        "runs_that_ended_in_the_same_bytes": sum(right),
        "kills_by_stage": {stage: stages.count(stage) for stage in sorted(set(stages))},
        "epochs_repeated_mean": statistics.mean(in_training) if in_training else None,
        "epochs_repeated_most": max(in_training, default=None),
        "healed": sum(trial["healed"] for trial in trials),
    }


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where to work; a new folder that is removed again by default")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp())
    try:
        print(json.dumps(summary(run(folder, options.kills, options.epochs, options.seed)), indent=1))
    finally:
        if options.folder is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
