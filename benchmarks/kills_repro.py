"""`vaeplay repro` killed again and again: what is repeated, what is damaged, what is lost.

    uv run python -m benchmarks.kills_repro [--kills 32] [--folder FOLDER]

A pipeline of the project's shape, whose stages are shell lines that take a moment, runs on two Dask workers in
processes of their own. At a random moment of each run one of the driver, a worker, a `dvc` or a stage's command is
killed with -9; then the run is started again, which must end well. Then every setting changes, and it starts over.
Printed, by what was killed: how many stages the killed run had reported as done, how many of these ran again (must be
0), how many had only begun and so began again; what was left damaged, and what was mended; and how many results differ
in the end from those of a run that nobody disturbed (must be 0).
"""

import argparse
import contextlib
import json
import math
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.light_workspace import Light, environment
from vaeplay.runner import heal

VICTIMS = ("driver", "worker", "dvc", "command")
CELLS = tuple("abc")
TRAINING = "sleep 0.5"


@contextmanager
def scheduler(folder: Path) -> Iterator[str]:
    """The address of a Dask scheduler with two workers, each under a nanny that replaces it when it dies."""
    file = folder / "scheduler.json"

    def dask(kind: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--scheduler-file", str(file), *options]
        variables = environment() | {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "100"}
        return subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    started = [dask("scheduler", "--port", "0", "--no-dashboard")]
    started += [dask("worker", "--nthreads", "1", "--no-dashboard") for _ in range(2)]
    while not file.exists() or not file.stat().st_size:
        time.sleep(0.1)
    try:
        yield json.loads(file.read_text())["address"]
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait()


def victims(kind: str, light: Light, driver: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes that may be killed as `kind`."""
    if kind == "driver":
        return [psutil.Process(driver.pid)]
    if kind == "worker":  # the one that works, not its nanny
        found = []
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):  # it may end meanwhile
                found += [child] if "spawn_main" in " ".join(child.cmdline()) else []
        return found
    return light.processes({"dvc": "-m vaeplay.runner.quick_dvc", "command": "/bin/sh -c "}[kind])


def disturbed(light: Light, address: str, kind: str, stages: int) -> tuple[bool, str]:
    """Run, and kill a process of a kind once some stages have begun: whether it came to that, and what was printed."""
    driver = light.start("--scheduler", address)
    deadline, killed = math.inf, False
    while driver.poll() is None and not killed:
        time.sleep(0.02)
        if len(light.begun()) >= stages:
            deadline = min(deadline, time.monotonic() + random.uniform(0, 2))
        if time.monotonic() > deadline and (found := victims(kind, light, driver)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(random.choice(found).pid, signal.SIGKILL)
                killed = True
    said = driver.communicate()[0]
    while light.processes():
        time.sleep(0.05)
    return killed, said


def round_of(light: Light, address: str, kind: str, stages: int, wanted: dict[str, bytes]) -> Counter[str]:
    """Kill a run, let the next one end, and count."""
    killed, said = disturbed(light, address, kind, stages)
    finished = set(re.findall(r"(\S+): done", said))
    begun = light.ran()
    damage = [heal.lock_damage(light.root / heal.LOCK), heal.stale_holders(light.root / heal.HELD)]
    then = light.repro("--scheduler", address)
    ran = light.ran()
    results = light.results()
    return Counter(
        {
            "kills": int(killed),
            "finished before": len(finished),
            "repeated": len(finished & {*ran}) + len(ran) - len({*ran}),
            "interrupted, begun again": len(({*begun} - finished) & {*ran}),
            "left damaged": sum(found is not None for found in damage),
            "mended": (said + then).count("was damaged"),  # a damaged dvc.lock is kept as dvc.lock.damaged
            "lost": sum(results.get(name) != content for name, content in wanted.items()),
        }
    )


def main() -> None:
    """Kill, start again, count; then the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--kills", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    random.seed(options.seed)
    folder = options.folder or Path(tempfile.mkdtemp())
    whole, light = (Light.make(folder / name, CELLS, TRAINING) for name in ("whole", "killed"))
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in VICTIMS}
    with scheduler(folder) as address:
        whole.repro("--scheduler", address)
        for number in range(options.kills):
            light.set(**dict.fromkeys(CELLS, number))
            wanted = {name: text.replace(b": 0", f": {number}".encode()) for name, text in whole.results().items()}
            kind = VICTIMS[number % len(VICTIMS)]
            found = round_of(light, address, kind, random.randint(0, 2 * len(CELLS) + 1), wanted)
            counts[kind].update(found)  # += would drop the noughts
            print(number + 1, kind, dict(found), flush=True)
    names = list(dict.fromkeys(name for found in counts.values() for name in found))
    print("| killed with -9 |", " | ".join(names), "|")
    print("|---" * (len(names) + 1) + "|")
    for kind, found in counts.items():
        print(f"| {kind} |", " | ".join(str(found[name]) for name in names), "|")


if __name__ == "__main__":
    main()
