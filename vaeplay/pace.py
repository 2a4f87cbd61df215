"""How far a `dvc repro` has come: a line at the start of each stage. No digest follows this module: see `advice`.

Stages are counted in the order in which DVC runs them. How long each took is kept in `.vaeplay/seconds/`, so that from
the second run on the line also says how much time is left, at most: stages that are up to date take none.
"""

import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from vaeplay import files
from vaeplay.errors import UserError

FOLDER = Path(".vaeplay/seconds")
FIRST, LAST = ("settings", "prepare", "classifier", "references"), ("maps", "verdicts", "report")


def line(stage: str) -> str | None:
    """The line for a stage, `train` or `train of <cell>`; None where no `dvc repro` on this machine runs it."""
    begun = _begun()
    order = _order()
    if begun is None or stage not in order:
        return None
    place = order.index(stage)
    left = _left(order[place:])
    times = f"{clock(time.time() - begun)} so far" if left is None else f"at most about {clock(left)} left"
    return f"stage {place + 1} of {len(order)}, {times}"


def keep(stage: str) -> None:
    """Note how long a stage took, from the start of its process."""
    files.write_text(FOLDER / stage, f"{time.time() - psutil.Process().create_time():.1f}")


def _order() -> list[str]:
    """Every stage of the pipeline; none before the settings of the first run are there."""
    try:
        cells: Sequence[str] = files.read_object(Path("settings/report.json"), cells=list)["cells"]
    except UserError:
        return []
    return [*FIRST, *(f"{stage} of {cell}" for stage in ("train", "evaluate") for cell in cells), *LAST]


def _begun() -> float | None:
    """When the `dvc repro` began that runs this stage."""
    try:
        for process in psutil.Process().parents():
            words = [Path(word).stem for word in process.cmdline()]
            if "dvc" in words and "repro" in words:
                return process.create_time()
    except psutil.Error:
        pass
    return None


def _left(stages: Sequence[str]) -> float | None:
    """The seconds that these stages take if all of them run; None while there is a kind that never has."""
    seconds: dict[str, float] = {}
    for path in FOLDER.glob("*"):
        try:
            seconds[path.name] = float(path.read_text())
        except (OSError, ValueError):
            continue
    total = 0.0
    for stage in stages:
        alike = [value for name, value in seconds.items() if name.partition(" ")[0] == stage.partition(" ")[0]]
        if not alike:
            return None
        total += seconds.get(stage, sum(alike) / len(alike))
    return total


def clock(seconds: float) -> str:
    """Seconds as 5 s, 1:05 min or 2:01 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    unit, small = (60, "min") if whole < 3600 else (3600, "h")
    return f"{whole // unit}:{whole % unit // (unit // 60):02d} {small}"
