"""Mending what a killed `dvc` can leave behind: half a dvc.lock, half a list of who reads and writes what.

DVC rewrites dvc.lock in place, so a kill at the wrong moment truncates it, and no command of DVC works any more. What
it held is not lost: `remember` keeps a copy of the last whole one, and DVC's run-cache restores every stage that has
finished since. No module of Dask is needed here, and DVC's only where there is something to look into.
"""

import contextlib
import json
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import psutil
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from zc.lockfile import LockError, LockFile

from vaeplay import files
from vaeplay.errors import UserError

LOCK = Path("dvc.lock")
LOCKED = Path(".dvc/tmp/lock")
"""DVC's lock of the workspace, under which alone it writes dvc.lock; it holds its holder's process id."""
FOLDER = Path(".vaeplay/runner")
"""What `vaeplay repro` keeps for itself."""
COPY = FOLDER / "dvc.lock"
HELD = Path(".dvc/tmp/rwlock")
"""Who reads and writes which path: DVC's own file, JSON."""
CLOCKS = 5.0
"""Seconds by which the clock of files and the one of processes may differ; the latter is about one second off."""


def heal(root: Path) -> list[str]:
    """Mend what is damaged: what was done, a line each.

    Raises:
        UserError: a process that still runs holds DVC's lock for ten seconds.
    """
    done = []
    with dvc_locked(root):
        if why := lock_damage(root / LOCK):
            aside = free_name(root / COPY.with_name("dvc.lock.damaged"))
            (root / LOCK).rename(aside)
            if (root / COPY).exists() and not lock_damage(root / COPY):
                files.write_bytes(root / LOCK, (root / COPY).read_bytes())
                now = "the last complete one is restored"
            else:
                now = "DVC rebuilds it from its run-cache"
            done.append(f"{LOCK} was damaged ({why}): moved to {aside.relative_to(root)}; {now}")
        held = stale_holders(root / HELD)
        if held is not None:
            files.write_text(root / HELD, json.dumps(held))
            done.append(f"{HELD} was damaged, or named processes that have ended: repaired")
    return done


def remember(root: Path, every: float = 0) -> None:
    """Keep a copy of dvc.lock if it is whole, unless a process of DVC may be writing it just now, or there is no room.

    A `dvc` that was killed meanwhile may have left half of it. A copy younger than `every` seconds is left as it is: to
    see whether the lock of 200 cells is whole takes 0.3 s.
    """
    with contextlib.suppress(UserError, OSError):
        if (root / COPY).exists() and 0 <= time.time() - (root / COPY).stat().st_mtime < every:
            return
        with dvc_locked(root, seconds=0):
            content = (root / LOCK).read_bytes()
        if content_damage(content) is None:
            files.write_bytes(root / COPY, content)


def lock_damage(path: Path) -> str | None:
    """What is wrong with a dvc.lock as DVC would find it; None where nothing is, or it does not exist."""
    return content_damage(path.read_bytes()) if path.exists() else None


def content_damage(content: bytes) -> str | None:
    """The same of what a dvc.lock holds."""
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA  # takes 0.2 s to import
    from voluptuous import Invalid

    try:
        value = YAML(typ="safe").load(content.decode())
        COMPILED_LOCKFILE_SCHEMA(value)
        if value.get("stages") is None:
            return "it ends before its first stage"
    except UnicodeDecodeError:
        return "not text"
    except YAMLError as error:
        return " ".join(str(getattr(error, "problem", error)).split())
    except (ValueError, RecursionError) as error:  # a date that does not exist, a thousand brackets
        return f"not YAML: {' '.join(str(error).split())[:100]}"
    except Invalid as error:
        return "empty" if not content else f"not as DVC writes it: {error.msg}"
    return None


def stale_holders(path: Path) -> dict[str, dict[str, object]] | None:
    """What DVC's list of readers and writers should hold instead of what it holds; None where it is right.

    A process id that belongs to a process clearly younger than the list is somebody else's.
    """
    if not path.exists():
        return None
    written = path.stat().st_mtime
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        write = {key: info for key, info in found.get("write", {}).items() if not info or lives(info["pid"], written)}
        read = {
            key: kept
            for key, infos in found.get("read", {}).items()
            if (kept := [info for info in infos if lives(info["pid"], written)])
        }
        whole = {key: [*infos] for key, infos in found.get("read", {}).items() if infos}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    if write == found.get("write", {}) and read == whole:
        return None
    return {"write": write, "read": read}


def lives(pid: int, written: float) -> bool:
    """Whether a process lives that already did when the list was written (seconds since 1970), or seems to."""
    try:
        return psutil.Process(pid).create_time() <= written + CLOCKS
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


@contextlib.contextmanager
def dvc_locked(root: Path, seconds: float = 10) -> Iterator[None]:
    """Hold DVC's lock of the workspace.

    Raises:
        UserError: another process has it for longer than `seconds`.
    """
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked(root / LOCKED, seconds))
        except LockError:
            pid = noted(root / LOCKED)
            raise UserError(f"{root / LOCKED}: held by a process that still runs, PID {pid}; wait for it") from None
        yield


@contextlib.contextmanager
def locked(path: Path, seconds: float) -> Iterator[None]:
    """Hold a lock file, which then names this process. The library is DVC's own, so both exclude each other.

    Raises:
        LockError: another process has it for longer than `seconds`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + seconds
    while True:
        try:
            lock = LockFile(str(path))
            break
        except LockError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.1)
    try:
        yield
    finally:
        lock.close()


def noted(lock: Path) -> int:
    """The process that took a lock last, by its number; 0 where that cannot be told."""
    try:
        return int(lock.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0


def holder(root: Path) -> int | None:
    """The process that has DVC's lock now, as `noted`; None where nobody has."""
    try:
        with dvc_locked(root, seconds=0):
            return None
    except UserError:
        return noted(root / LOCKED)


def free_name(path: Path) -> Path:
    """`path`, numbered if something has that name; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    numbered = (path.with_name(f"{path.name}{number}") for number in range(2, 10**6))
    return next(name for name in chain([path], numbered) if not name.exists())
