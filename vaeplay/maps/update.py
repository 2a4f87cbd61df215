"""The maps of every cell, each made once: the user's cache keeps them by a digest of everything they depend on.

DVC deletes `maps/` before its stage runs, and a single changed cell makes the stage run. UMAP compiles for seconds
in each new process and every cell takes seconds more, so cells that are not in the cache are projected in as many
processes as there are cores, several cells in each.
"""

import contextlib
import hashlib
import json
import warnings
from importlib.metadata import version
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

CELLS_PER_PROCESS = 3  # with fewer, another process would compile for longer than it projects
LIBRARIES = ("numpy", "opentsne", "scikit-learn", "umap-learn")  # whose versions a map depends on


def update(codes: Path, maps: Path, settings: dict[str, Any]) -> None:
    """Write `maps/<cell>.json` from `codes/<cell>.safetensors` for every one of `settings["cells"]`.

    Raises:
        UserError: a cell's codes are missing, damaged or not finite.
    """
    used = {key: value for key, value in settings.items() if key != "cells"}
    used["libraries"] = [version(name) for name in LIBRARIES]
    cache = files.cache_folder() / "maps"
    kept = {name: cache / f"{digest(codes / f'{name}.safetensors', used)}.json" for name in settings["cells"]}
    known = {name: value for name, path in kept.items() if (value := in_cache(path))}
    missing = widest_first([name for name in kept if name not in known], codes)
    processes = max(1, min(cpu_count(), len(missing) // CELLS_PER_PROCESS))
    jobs = (delayed(project)(codes / f"{name}.safetensors", used) for name in missing)
    made = Parallel(n_jobs=processes, return_as="generator")(jobs)
    for name, value in zip(missing, tqdm(made, "maps", len(missing), unit="cell", disable=None), strict=True):
        known[name] = value
        with contextlib.suppress(OSError):  # a cache that cannot be written only costs time
            files.write_json(kept[name], value)
    for name, value in known.items():
        files.write_json(maps / f"{name}.json", value)


def widest_first(names: list[str], codes: Path) -> list[str]:
    """Cells by the size of their codes, the largest first.

    Two-dimensional codes need no projection. A process that begins with one has not compiled UMAP yet; when it later
    does, joblib takes the memory for a leak and starts another process, which compiles again.
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
        raise UserError(f"{path}: holds codes that are NaN or infinite; train the cell at a lower train.lr")
    options = dict(settings["maps"])
    rows = evenly(len(codes), options.pop("points"))
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # from UMAP, about one thread with a seed, and about equal codes
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
        raise UserError(
            f"{path}: no such file; `dvc repro` makes it, and if it does not, `dvc repro -f settings` says why"
        ) from None
    return content.hexdigest()


def in_cache(path: Path) -> dict[str, Any] | None:
    """A cell's maps from a file of the cache; None if they are missing or incomplete."""
    try:
        value = files.read_json(path)
    except (OSError, UserError):
        return None
    return value if isinstance(value, dict) and value.keys() == {"rows", "methods"} else None
