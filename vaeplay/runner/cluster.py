"""Dask's workers: this machine's by default, or those of any scheduler."""

import logging
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
from dask.system import CPU_COUNT
from distributed import Client

from vaeplay.errors import UserError
from vaeplay.settings import yaml_file


@contextmanager
def connected(address: str | None, jobs: int) -> Iterator[Client]:
    """A client of the scheduler at `address`, or of one within this process that has `jobs` workers.

    Raises:
        UserError: nothing answers at the address.
    """
    quiet = {"distributed.comm.timeouts.connect": "10s", "distributed.worker.memory.terminate": False}
    for name in ("distributed", "distributed.client"):  # they tell of every link that closes, also at the end
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with dask.config.set(quiet):
        try:
            client: Any = (
                Client(address)
                if address
                else Client(
                    processes=False,
                    n_workers=jobs,
                    threads_per_worker=1,
                    dashboard_address="127.0.0.1:0",
                    silence_logs=logging.CRITICAL,
                )
            )
        except (OSError, ValueError) as error:
            raise UserError(f"--scheduler {address}: no Dask scheduler answers there ({error})") from None
        try:
            yield client
        finally:
            client.close()
            if not address:
                client.cluster.close()


def threads(client: Client) -> int:
    """How many commands the cluster's workers run at once, now.

    Raises:
        UserError: the scheduler is gone.
    """
    try:
        return sum(client.nthreads().values())
    except (OSError, RuntimeError) as error:
        raise UserError(f"the Dask scheduler is gone ({error}); what has finished is kept") from None


def visible_gpus() -> list[str]:
    """The CUDA devices that this process sees, as CUDA_VISIBLE_DEVICES names them; found without importing torch."""
    if (chosen := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        return [name.strip() for name in chosen.split(",") if name.strip() not in ("", "-1")]
    if not shutil.which("nvidia-smi"):
        return []
    query = ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout.split()


def cell_threads(root: Path) -> int:
    """The setting `threads` in params.yaml; 1 where it cannot be read, which a stage will complain about."""
    try:
        value = yaml_file.read(root / "params.yaml")["threads"]
    except (UserError, KeyError, TypeError):
        return 1
    return value if isinstance(value, int) and value > 0 else 1


def default_jobs(root: Path, gpus: list[str]) -> int:
    """A cell a GPU, or as many cells as the processor has cores for, if each has the threads of the settings."""
    return len(gpus) or max(1, CPU_COUNT // cell_threads(root))


def crowding(root: Path, jobs: int) -> str:
    """A line of advice where so many cells have more threads than there are cores; else nothing."""
    threads_each = cell_threads(root)
    if jobs * threads_each <= CPU_COUNT:
        return ""
    work = f"{jobs} stages at once with {threads_each} threads each"
    return f"note: {work} on {CPU_COUNT} cores: more threads than cores, so each is slower"
