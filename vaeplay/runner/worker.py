"""What runs on a Dask worker: one shell command, for as long as the driver wants it."""

import os
import subprocess
import sys
from pathlib import Path

from distributed import Worker, get_worker

from vaeplay.runner import supervise

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Dask sets these for its workers' own sake; a command gets the driver's, or results would depend on who runs them."""

RUNNING: set[str] = set()
"""Keys of the tasks whose command this process runs now."""


def run_command(command: str, folder: str, log: str, variables: dict[str, str], gpus: dict[str, str]) -> int:
    """Run a shell command in `folder`, what it prints appended to `log`: its exit code, 128 + the signal that ended it.

    The environment is the worker's, with `variables` on top and this Python first in PATH; `gpus` says by a worker's
    name what it shall see of CUDA's devices. It is interrupted once the task is cancelled, or its client is gone.
    """
    worker = get_worker()
    key = str(worker.get_current_task())
    environment = {name: value for name, value in os.environ.items() if name not in THREADS} | variables
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", os.defpath)])
    if str(worker.name) in gpus:
        environment["CUDA_VISIBLE_DEVICES"] = gpus[str(worker.name)]
    RUNNING.add(key)
    try:
        with subprocess.Popen(
            [sys.executable, "-I", "-S", supervise.__file__, log, command],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            return wait(process, worker, key)
    finally:
        RUNNING.discard(key)


def wait(process: subprocess.Popen[bytes], worker: Worker, key: str) -> int:
    """The exit code of a supervised command, which ends early if its task is no longer wanted."""
    assert process.stdin
    while True:
        try:
            code = process.wait(0.1)
        except subprocess.TimeoutExpired:
            task = worker.state.tasks.get(key)
            if task is None or task.state in ("cancelled", "resumed"):  # Dask itself never stops what runs
                process.stdin.close()
        else:
            return code if code >= 0 else 128 - code


def running() -> list[str]:
    """Keys of the tasks whose command this worker's process runs now."""
    return sorted(RUNNING)
