"""Which stages would run, and because of what: a setting, a source file, a file that was changed or is gone.

dvc.lock names each stage's settings as they were, and DVC's cache holds them. They are compared with what params.yaml
and the sources would make of them now. The rest is what `dvc status` says.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from vaeplay.advice import of_dvc
from vaeplay.doctor.cache import path_of
from vaeplay.doctor.finding import Finding, listed
from vaeplay.doctor.lockfile import Lock
from vaeplay.errors import UserError
from vaeplay.settings import params as reader
from vaeplay.settings.params import Params
from vaeplay.settings.resolve import check, resolve

MOST_STAGES = 12
MOST_SECONDS = 60
Asked = subprocess.Popen[str]


def settings(root: Path) -> tuple[list[Finding], Params | None]:
    """What there is to say of params.yaml, and the settings if it is right."""
    try:
        params = reader.read(root / "params.yaml")
        check(params, root)
    except UserError as error:
        lines = [line.removeprefix("params.yaml: ") for line in str(error).splitlines()]
        return [Finding("!", "params.yaml", line, "correct it there") for line in lines], None
    cells = len(list(params.cells()))
    return [Finding("✓", "params.yaml", f"{cells} cells, {params.data.name}")], params


def ask_dvc(root: Path) -> Asked:
    """Start `dvc status`."""
    command = [sys.executable, "-m", "dvc", "status", "--json"]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def findings(root: Path, lock: Lock, params: Params | None, asked: Asked) -> list[Finding]:
    """A finding a stage that would run for a reason of its own, or one that says that all is up to date."""
    try:
        out, errors = asked.communicate(timeout=MOST_SECONDS)
    except subprocess.TimeoutExpired:
        asked.kill()
        out, errors = "", f"no answer within {MOST_SECONDS} seconds"
    told = []
    try:
        status = json.loads(out)
    except ValueError:
        status = {}
        told.append(Finding("!", "dvc status", of_dvc(errors), "fix that, and the problems above, first"))
    reasons = _settings_reasons(root, lock, params) if params else {}
    for stage, changes in status.items():
        reasons.setdefault(stage, [])
        reasons[stage] += [reason for reason in _status_reasons(changes) if reason not in reasons[stage]]
    stale = {stage: found for stage, found in sorted(reasons.items()) if found}
    if stale and not lock:
        return [*told, Finding("·", "stale", f"{len(stale)} stages have never run", "uv run dvc repro")]
    named = list(stale.items())[:MOST_STAGES]
    told += [Finding("·", "stale", f"{stage}: {listed(found)}") for stage, found in named]
    if stale:
        told.append(Finding("·", "stale", f"{len(stale)} stages, and those after them, would run", "uv run dvc repro"))
    elif not told:
        told.append(Finding("✓", "stale", "nothing: every result is up to date"))
    return told


def _settings_reasons(root: Path, lock: Lock, params: Params) -> dict[str, list[str]]:
    """{stage: what is different in its file of settings/ from what it last ran with}."""
    try:
        now = resolve(params, root)
    except (UserError, OSError):
        return {}
    reasons = {}
    for stage, entry in lock.items():
        for dep in entry.get("deps") or []:
            folder, _, name = str(dep["path"]).rpartition("/")
            if folder == "settings" and name.removesuffix(".json") in now and isinstance(dep.get("md5"), str):
                then = _cached(path_of(root, dep["md5"]))
                if then is not None:
                    reasons[stage] = differences(then, now[name.removesuffix(".json")])
    return reasons


def _cached(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def differences(then: Any, now: Any, key: str = "") -> list[str]:
    """What is different between two values of settings, a text each, as `train.epochs 20 → 30`."""
    if isinstance(then, dict) and isinstance(now, dict):
        found = []
        for name in sorted({*then, *now}):
            if key == "sources":
                if then.get(name) != now.get(name):
                    change = "edited" if name in then and name in now else "new" if name in now else "gone"
                    found.append(f"{name} {change}")
            else:
                found += differences(then.get(name), now.get(name), f"{key}.{name}" if key else name)
        return found
    return [] if then == now else [f"{key} {_short(then)} → {_short(now)}"]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _status_reasons(changes: list[Any]) -> list[str]:
    """What `dvc status` says of a stage, but for its settings, of which more is known."""
    found = []
    for change in changes:
        if not isinstance(change, dict):
            found.append(str(change))
            continue
        for files in change.values():
            found += [f"{path} {state}" for path, state in files.items() if not isinstance(state, dict)]
            found += [
                f"{path}: {', '.join(map(str, state))}" for path, state in files.items() if isinstance(state, dict)
            ]
    return found
