"""Which cells' maps are out of date, and making those: a cell's file holds a digest of all that it was made from.

UMAP compiles for seconds in each new process and every cell takes seconds more, so that cells are projected in as many
processes as there are cores, several cells in each.
"""

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, cpu_count, delayed
from safetensors import SafetensorError
from safetensors.numpy import load_file
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from vaeplay import files
from vaeplay.errors import UserError
from vaeplay.maps import projections
from vaeplay.rows import evenly
from vaeplay.seeds import seed_for

CELLS_A_PROCESS = 3  # below this, another process would rather compile than project


def update(codes: Path, maps: Path, settings: dict[str, Any]) -> None:
    """Bring `maps/<cell>.json` up to date with `codes/<cell>.safetensors` for every one of `settings["cells"]`.

    Raises:
        UserError: a cell's codes are missing, damaged or not finite.
    """
    used = {key: value for key, value in settings.items() if key != "cells"}
    digests = {name: digest(codes / f"{name}.safetensors", used) for name in settings["cells"]}
    due = [name for name in digests if digest_in(maps / f"{name}.json") != digests[name]]
    due = widest_first(due, codes)
    processes = max(1, min(cpu_count(), len(due) // CELLS_A_PROCESS))
    jobs = (delayed(project)(codes / f"{name}.safetensors", used) for name in due)
    made = Parallel(n_jobs=processes, return_as="generator")(jobs)
    for name, value in zip(due, tqdm(made, desc="maps", total=len(due), unit="cell", disable=None), strict=True):
        files.write_json(maps / f"{name}.json", value | {"digest": digests[name]})


def widest_first(names: list[str], codes: Path) -> list[str]:
    """Cells by the size of their codes, the largest first.

    Codes of two numbers need no projection. A process that begins with one has not compiled UMAP yet; when it then
    does, joblib takes what it has grown by for a leak, and starts another, which compiles once more.
    """
    return sorted(names, key=lambda name: (codes / f"{name}.safetensors").stat().st_size, reverse=True)


def project(path: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """One cell's maps, on one thread, so that they are the same however many cells are projected at once.

    Raises:
        UserError: the codes are damaged or not finite.
    """
    try:
        codes = load_file(path)["codes"]
    except (OSError, SafetensorError, KeyError) as error:
        raise UserError(f"{path}: not a cell's codes ({error}); `dvc repro` makes it") from None
    if not np.isfinite(codes).all():
        raise UserError(f"{path}: holds codes that are not finite numbers; train the cell at a lower train.lr")
    options = dict(settings["maps"])
    rows = evenly(len(codes), options.pop("points"))
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of UMAP: that a seed means one thread, and what it does with equal codes
        methods = projections.maps(codes[rows], seed_for(settings["seed"], "maps"), **options)
    return {"rows": rows.tolist(), "methods": methods}


def digest(path: Path, settings: dict[str, Any]) -> str:
    """SHA-256 of a cell's codes and of the settings and sources that its maps are made with.

    Raises:
        UserError: the codes are missing.
    """
    content = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    try:
        content.update(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; `dvc repro` makes it") from None
    return content.hexdigest()


def digest_in(path: Path) -> str | None:
    """The digest that a cell's maps were made from; None where there are none, or not whole."""
    try:
        value = files.read_json(path)
    except UserError:
        return None
    return value.get("digest") if isinstance(value, dict) else None
