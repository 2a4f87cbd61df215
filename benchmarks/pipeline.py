"""What everything around the training costs: DVC, start-up, `vaeplay repro` against `dvc repro`.

    uv run python -m benchmarks.pipeline noop [--cells 200]     seconds of a run in which nothing is to do
    uv run python -m benchmarks.pipeline grid [--cells 200]     a grid of tiny models from nothing
    uv run python -m benchmarks.pipeline pairs [--pairs 3]      two cells at once against one after the other

All of it on copies of this project in a temporary folder. CPU seconds are of the process and all its children.
"""

import argparse
import hashlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.light_workspace import Light, environment
from tests.workspace import Workspace

STOCK = ("dvc", "repro")
OURS = ("vaeplay", "repro")


def timed(root: Path, command: Sequence[str], **variables: str) -> tuple[float, float]:
    """Run `python -m` with these words: wall and CPU seconds.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    full = [sys.executable, "-m", *command]
    subprocess.run(full, cwd=root, env=environment() | variables, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def noop(folder: Path, cells: int) -> None:
    """Nothing to do, with the project's shape of pipeline, 20 and `cells` cells of shell lines: medians of five."""
    print("| cells | stages | `dvc repro`: wall s, CPU s | `vaeplay repro`: wall s, CPU s | CPU ratio |")
    print("|---|---|---|---|---|")
    for count in (20, cells):
        light = Light.make(folder / str(count), tuple(f"c{number}" for number in range(count)))
        timed(light.root, OURS)
        rounds = [[timed(light.root, command) for command in (STOCK, OURS)] for _ in range(5)]
        stock, ours = ([statistics.median(pair[who][what] for pair in rounds) for what in (0, 1)] for who in (0, 1))
        print(f"| {count} | {2 * count + 2} | {stock[0]:.2f}, {stock[1]:.2f} | {ours[0]:.2f}, {ours[1]:.2f} |", end="")
        print(f" {ours[1] / stock[1]:.2f} |", flush=True)


def shrink(workspace: Workspace, cells: int, epochs: int) -> None:
    """Set a grid of `cells` dense VAEs of a few units on the 8 × 8 digits."""
    values: Any = workspace.values()
    values["data"]["name"] = "digits"
    values["threads"] = 1  # as the README advises where cells run at once
    values["models"]["hidden"] = 16
    values["train"] |= {"epochs": epochs, "batch_size": 500}
    values["grid"]["dense"] |= {"model": ["VAE"], "latent_dim": list(range(1, cells + 1)), "depth": [1]}
    values["grid"]["conv"]["model"] = []
    workspace.set(values)


def grid(folder: Path, cells: int) -> None:
    """A grid of tiny models from nothing: wall seconds, the commands' own, and DVC's share of the CPU."""
    workspace = Workspace.make(folder / "grid")
    shrink(workspace, cells, epochs=1)
    wall, cpu = timed(workspace.root, (*OURS, "-j", str(os.cpu_count())))
    nothing = timed(workspace.root, OURS)[1]
    stages = len(YAML(typ="safe").load(workspace.root / "dvc.lock")["stages"])
    commands = commands_cpu(workspace)
    print(f"{cells} cells, {stages} stages: {wall:.0f} s of wall time, {cpu:.0f} s of CPU; no-op {nothing:.2f} s")
    own = commands * stages
    print(f"the stages' commands alone: about {own:.0f} s of CPU; DVC's share {1 - own / cpu:.0%}")


def commands_cpu(workspace: Workspace) -> float:
    """Mean CPU seconds of a stage's command, of one training and one evaluation run without DVC."""
    lock = YAML(typ="safe").load(workspace.root / "dvc.lock")["stages"]
    names = [next(name for name in lock if name.startswith(kind)) for kind in ("train", "evaluate")]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for name in names:
        subprocess.run(lock[name]["cmd"], shell=True, cwd=workspace.root, env=environment(), check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / len(names)


def pairs(folder: Path, count: int, epochs: int) -> None:
    """`vaeplay repro -j 2` and `dvc repro` in turn on equal copies: the ratio, and whether results agree."""
    ratios = []
    for number in range(count):
        seconds, digests = [], []
        for name, command in (("stock", STOCK), ("ours", (*OURS, "-j", "2"))):
            workspace = Workspace.make(folder / f"{name}{number}")
            shrink(workspace, 8, epochs)
            seconds.append(timed(workspace.root, command)[0])
            digests.append(digest(workspace))
        ratios.append(seconds[1] / seconds[0])
        same = "the same" if digests[0] == digests[1] else "DIFFERENT"
        print(
            f"{seconds[0]:.1f} s, {seconds[1]:.1f} s: ratio {ratios[-1]:.2f}, checkpoints and metrics {same}",
            flush=True,
        )
    print(f"median ratio {statistics.median(ratios):.2f}")


def digest(workspace: Workspace) -> str:
    """SHA-256 of every checkpoint, metric and sample."""
    return hashlib.sha256(repr(sorted(workspace.lasting().items())).encode()).hexdigest()


def main() -> None:
    """Run one of the three."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("what", choices=["noop", "grid", "pairs"])
    parser.add_argument("--cells", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=20, help="of the pairs' trainings")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if options.what == "pairs":
            pairs(Path(name), options.pairs, options.epochs)
        else:
            {"noop": noop, "grid": grid}[options.what](Path(name), options.cells)


if __name__ == "__main__":
    main()
