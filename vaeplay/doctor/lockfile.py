"""dvc.lock, and which processes DVC thinks are at work."""

import json
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from vaeplay.doctor.finding import Finding
from vaeplay.runner.heal import HELD, lives
from vaeplay.settings.params import Params
from vaeplay.settings.resolve import stage_of

AGAIN = "uv run vaeplay repro mends it first, and DVC's run-cache restores what has finished"
Lock = dict[str, dict[str, Any]]


def read(root: Path) -> tuple[Lock, list[Finding]]:
    """The stages in dvc.lock by name, none where it is damaged, and what there is to say of it."""
    path = root / "dvc.lock"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}, [Finding("·", "dvc.lock", "does not exist: nothing has run yet", "uv run dvc repro")]
    except (OSError, UnicodeDecodeError) as error:
        return {}, [Finding("!", "dvc.lock", f"cannot be read ({error})", AGAIN)]
    if not text.strip():
        return {}, [Finding("!", "dvc.lock", "empty: a run was killed while DVC wrote it", AGAIN)]
    if any(line.startswith(("<<<<<<< ", ">>>>>>> ")) for line in text.splitlines()):
        do = "git checkout --ours dvc.lock; uv run dvc repro"
        return {}, [Finding("!", "dvc.lock", "contains a git merge conflict", do)]
    try:
        value = YAML(typ="safe").load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        said = " ".join(str(getattr(error, "problem", None) or error).split())[:100]
        return {}, [Finding("!", "dvc.lock", f"damaged: {said}", AGAIN)]
    stages = value.get("stages") if isinstance(value, dict) else None
    if not isinstance(stages, dict) or not all(_is_stage(stage) for stage in stages.values()):
        return {}, [Finding("!", "dvc.lock", "damaged: incomplete, or not written by DVC", AGAIN)]
    return stages, [Finding("✓", "dvc.lock", f"complete: {len(stages)} stages")]


def current(root: Path, lock: Lock, params: Params | None) -> tuple[Lock, list[Finding]]:
    """The stages of `lock` that are still in dvc.yaml, and a finding if others are there too.

    DVC keeps the entries of stages that are gone, but `dvc gc` not their objects. Without settings nobody knows which
    cells there are, and each counts.
    """
    try:
        steps = set(YAML(typ="safe").load(root / "dvc.yaml")["stages"])
    except (OSError, YAMLError, ValueError, TypeError, KeyError):
        return lock, []
    cells = list(params.cells_by_group()) if params else []
    known = {stage_of(step, group, cell) for step in ("train", "evaluate") for group, cell in cells}

    def is_there(name: str) -> bool:
        step, is_of_cell, _ = name.partition("@")
        return step in steps and (not is_of_cell or params is None or name in known)

    kept = {name: stage for name, stage in lock.items() if is_there(name)}
    gone = len(lock) - len(kept)
    text = f"{gone} of the {len(lock)} stages are no longer in dvc.yaml: their cached files are not checked"
    return kept, [Finding("·", "dvc.lock", text)] if gone else []


def _is_stage(stage: Any) -> bool:
    if not isinstance(stage, dict):
        return False
    entries = [*(stage.get("deps") or []), *(stage.get("outs") or [])]
    return "cmd" in stage and all(isinstance(entry, dict) and "path" in entry for entry in entries)


def processes(root: Path) -> list[Finding]:
    """Who reads and writes here, as DVC has noted it in `.dvc/tmp/rwlock`."""
    path = root / HELD
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        written = list(value.get("write", {}).values())
        holders = [holder for holder in written if holder] + [
            holder for several in value.get("read", {}).values() for holder in several
        ]
        named = {int(holder["pid"]): str(holder.get("cmd", "?"))[:80] for holder in holders}
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        do = "rm .dvc/tmp/rwlock, when no dvc is running here"
        return [Finding("!", "locks", f"{path.relative_to(root)} is damaged", do)]
    alive = [f"{command} (PID {pid})" for pid, command in named.items() if lives(pid, path.stat().st_mtime)]
    if alive:
        return [Finding("·", "locks", f"in use by {', '.join(alive)}", "wait for it, or stop it with Ctrl-C")]
    if named:
        return [Finding("·", "locks", "left by a run that was killed; DVC removes them itself", "uv run dvc repro")]
    return [Finding("✓", "locks", "none")]
