"""Versions, tools, device, threads, disk."""

import importlib
import os
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

from vaeplay.doctor.finding import Finding
from vaeplay.errors import UserError
from vaeplay.settings.params import Params

LIBRARIES = ("torch", "torchvision", "dvc", "numpy", "pydantic", "safetensors", "scikit-learn")
LEAST_FREE = 2e9  # bytes: the default grid with its cache takes a tenth of it, and DVC keeps every version


def findings(root: Path, params: Params | None) -> list[Finding]:
    """What the workspace runs on; `params` are its settings where they can be read."""
    return [_versions(), *_tools(root), _device(params), _disk(root)]


def _versions() -> Finding:
    known = {name: version for name in LIBRARIES if (version := _version(name))}
    text = ", ".join([f"Python {platform.python_version()}", *(f"{name} {known[name]}" for name in known)])
    if missing := [name for name in LIBRARIES if name not in known]:
        return Finding("!", "versions", f"{text}; missing: {', '.join(missing)}", "uv sync")
    return Finding("✓", "versions", text)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _tools(root: Path) -> list[Finding]:
    found = []
    if shutil.which("uv") is None:
        found.append(Finding("·", "uv", "not in PATH; leave `uv run` out of the commands", "pip install uv"))
    if shutil.which("git") is None:
        return [*found, Finding("!", "git", "not in PATH, and DVC needs it", "install git")]
    if _git(root, "rev-parse", "--git-dir") is None:
        return [*found, Finding("!", "git", "not a git repository, and DVC needs one", "git init")]
    if not (_git(root, "config", "user.name") and _git(root, "config", "user.email")):
        do = "git config user.name NAME; git config user.email ADDRESS"
        return [*found, Finding("·", "git", "knows no name and e-mail address, which `dvc exp run` needs", do)]
    return [*found, Finding("✓", "git", "installed, with a name and an e-mail address")]


def _git(root: Path, *arguments: str) -> str | None:
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def _device(params: Params | None) -> Finding:
    asked = params.device if params else "auto"
    try:
        device = importlib.import_module("vaeplay.training.devices").choose(asked)  # torch takes a second to import
    except UserError as error:
        return Finding("!", "device", str(error), "set device: auto in params.yaml")
    except ImportError as error:
        return Finding("!", "device", f"PyTorch cannot be imported ({error})", "uv sync")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = params.threads if params else 1
    text = f"{device.type} ({asked}), {threads} threads per cell, {cores} cores"
    if threads > cores:
        return Finding("!", "device", f"{text}: more threads than cores", f"set threads: {cores} in params.yaml")
    return Finding("✓", "device", text)


def _disk(root: Path) -> Finding:
    free = shutil.disk_usage(root).free
    if not os.access(root, os.W_OK):
        return Finding("!", "disk", "this folder cannot be written", "change its owner or its mode")
    if free < LEAST_FREE:
        do = "uv run dvc gc --workspace removes from the cache what this workspace does not use"
        return Finding("!", "disk", f"{free / 1e9:.1f} GB free", do)
    return Finding("✓", "disk", f"{free / 1e9:.0f} GB free")
