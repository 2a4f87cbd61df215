"""`vaeplay repro`: the same result as `dvc repro`, many stages at once."""

import argparse
import math
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from zc.lockfile import LockError

from vaeplay.errors import UserError
from vaeplay.runner import pipeline
from vaeplay.runner.heal import FOLDER, locked, noted
from vaeplay.runner.pipeline import Pipeline

INTERRUPTED = 130
PAGE = "reports/gallery.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be said on the command line."""
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="stages, as `dvc repro` takes them; default: all")
    jobs = "stages at once; default: one a GPU, or cores divided by the setting `threads`; on a cluster one a thread"
    parser.add_argument("-j", "--jobs", type=positive, metavar="N", help=jobs)
    scheduler = "run the commands on the workers of a Dask scheduler, tcp://10.0.0.1:8786 for one; see docs/cluster.md"
    parser.add_argument("--scheduler", metavar="ADDRESS", help=scheduler)


def positive(text: str) -> int:
    """A number from 1."""
    if int(text) < 1:
        raise ValueError
    return int(text)


def main(arguments: argparse.Namespace) -> int:
    """Exit code 0 once everything is up to date, 1 if a stage failed, 130 if interrupted."""
    if not hasattr(os, "fork"):
        raise UserError("`vaeplay repro` needs Linux or macOS; here `dvc repro` does the same, one stage at a time")
    root = Path.cwd()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:  # under `nohup`
            continue
        signal.signal(number, signal.default_int_handler)  # as Ctrl-C
    try:
        with sole_driver(root):
            found = pipeline.read(root, arguments.targets, say)
            if found.stale:
                code = run(root, found, arguments)
            else:
                code = 0
                say(f"Everything is up to date: {len(found.graph)} stages.")
            if code == 0 and (root / PAGE).is_file():
                say(f"The page: {PAGE} (open it in a browser, or run `uv run vaeplay open`)")
            return code
    except KeyboardInterrupt:
        say("interrupted before anything ran")
        return INTERRUPTED


def say(line: str) -> None:
    """Print a line now."""
    print(line, flush=True)


@contextmanager
def sole_driver(root: Path) -> Iterator[None]:
    """Wait until no other `vaeplay repro` runs in this workspace, and keep others out."""
    path = root / FOLDER / "driver"
    with ExitStack() as held:
        try:
            held.enter_context(locked(path, seconds=0))
        except LockError:
            say(f"waiting: another `vaeplay repro` runs in this workspace (PID {noted(path) or '?'})")
            held.enter_context(locked(path, math.inf))
        yield


def run(root: Path, found: Pipeline, arguments: argparse.Namespace) -> int:
    """Run what is stale, and what stands behind it; the exit code."""
    from vaeplay.runner import cluster  # Dask takes half a second to import, which a run of nothing need not pay
    from vaeplay.runner.driver import Driver

    gpus = [] if arguments.scheduler else cluster.visible_gpus()
    jobs = arguments.jobs or (None if arguments.scheduler else cluster.default_jobs(root, gpus))
    if not arguments.scheduler and not gpus and (crowd := cluster.crowding(root, jobs or 1)):
        say(crowd)
    with cluster.connected(arguments.scheduler, jobs or 1) as client:
        driver = Driver(root, client, found, jobs, {str(i): gpus[i % len(gpus)] for i in range(jobs or 0) if gpus})
        return driver.run(arguments.targets)
