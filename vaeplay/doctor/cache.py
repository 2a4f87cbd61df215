"""Whether DVC's cache still holds, whole, what dvc.lock names: results come back from it."""

import configparser
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from vaeplay.doctor.finding import Finding, listed
from vaeplay.doctor.lockfile import Lock

LARGEST_HASHED = 4_000_000  # bytes; of larger objects the size alone is compared
MOST_HASHED = 400_000_000  # bytes in all: about a second


def folder(root: Path) -> Path:
    """Where DVC's cache is: in `.dvc`, unless its configuration says otherwise."""
    config = configparser.ConfigParser(interpolation=None)
    try:
        config.read([root / ".dvc/config", root / ".dvc/config.local"], encoding="utf-8")
        return root / ".dvc" / config.get("cache", "dir", fallback="cache") / "files/md5"
    except (configparser.Error, UnicodeDecodeError):
        return root / ".dvc/cache/files/md5"


def path_of(root: Path, md5: str) -> Path:
    """The object with a hash, as dvc.lock writes it (a folder's ends in `.dir`)."""
    return folder(root) / md5[:2] / md5[2:]


def findings(root: Path, lock: Lock) -> list[Finding]:
    """Objects that are missing, and objects that are not what their names say."""
    if not lock:
        return []
    names = dict(_objects(root, lock))
    missing, corrupt, left = [], [], MOST_HASHED
    for md5, (name, size) in names.items():
        path = path_of(root, md5)
        if not path.is_file():
            missing.append(name)
            continue
        found = path.stat().st_size
        hashed = found <= min(LARGEST_HASHED, left)
        left -= found if hashed else 0
        if (size is not None and found != size) or (hashed and _md5(path) != md5.removesuffix(".dir")):
            corrupt.append((name, path))
    told = []
    if missing:
        text = f"{len(missing)} of {len(names)} files are missing from DVC's cache: {listed(missing)}"
        told.append(
            Finding("!", "cache", text, "uv run dvc commit --force, if the files are there; else uv run dvc repro")
        )
    if corrupt:
        text = (
            f"{len(corrupt)} of {len(names)} files in DVC's cache are damaged: {listed([name for name, _ in corrupt])}"
        )
        do = f"rm {' '.join(str(path) for _, path in corrupt[:20])}; uv run dvc commit --force"
        told.append(Finding("!", "cache", text, do))
    return told or [Finding("✓", "cache", f"{len(names)} cached files, none missing, none damaged")]


def _objects(root: Path, lock: Lock) -> Iterator[tuple[str, tuple[str, int | None]]]:
    """Hash, name and size of all that the stages put into the cache, the files of folders included."""
    for stage in lock.values():
        for out in stage.get("outs") or []:
            md5 = out.get("md5")
            if not isinstance(md5, str):
                continue
            is_folder = md5.endswith(".dir")
            yield md5, (out["path"], None if is_folder else out.get("size"))
            for entry in _entries(path_of(root, md5)) if is_folder else []:
                yield entry["md5"], (f"{out['path']}/{entry['relpath']}", None)


def _entries(path: Path) -> list[dict[str, str]]:
    """The files of a folder, as its object lists them; none where it is missing or damaged, which is told elsewhere."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return []
    return [entry for entry in value if isinstance(entry, dict) and {"md5", "relpath"} <= set(entry)]


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()
