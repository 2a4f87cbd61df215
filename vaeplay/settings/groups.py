"""Check dvc.yaml against params.yaml: every group of the grid has its two stages, and each stage every axis.

DVC takes the values of an axis from params.yaml, but not the axes of a group or the groups of a grid: those are in
dvc.yaml, and a group missing there would not be trained. (DVC itself rejects a group that is only there.)
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from vaeplay.errors import UserError
from vaeplay.settings import axes
from vaeplay.settings.axes import AXES, REPEAT
from vaeplay.settings.mistakes import printed, short

STAGES = ("train", "evaluate")
NAME = axes.name({axis.field: f"${{item.{axis.field}}}" for axis in AXES})


def stage_name(stage: str, group: str) -> str:
    """The stage in dvc.yaml that runs a group's cells: the dense group's has no suffix."""
    return stage if group == "dense" else f"{stage}_{group}"


def matrix(group: str) -> dict[str, str]:
    """The `matrix` of a group's stages."""
    return {axis.field: "${repeats}" if axis.field == REPEAT else f"${{grid.{group}.{axis.field}}}" for axis in AXES}


def block(stage: str, group: str) -> str:
    """The lines of dvc.yaml for a group's `stage`, which shares the dense group's body."""
    return f"  {stage_name(stage, group)}:\n    <<: *{stage}\n{_matrix_lines(group)}"


def _matrix_lines(group: str) -> str:
    return "".join(["    matrix:\n", *(f"      {axis}: {values}\n" for axis, values in matrix(group).items())])


def check(groups: Iterable[str], path: Path) -> None:
    """Check that dvc.yaml has all groups with models.

    Raises:
        UserError: stages are missing, or lack an axis or its part of the cell's name: one line each, with what to
        paste.
    """
    stages = _stages(path)
    lines, blocks = [], []
    for group in groups:
        names = {stage: stage_name(stage, group) for stage in STAGES}
        missing = [stage for stage in STAGES if names[stage] not in stages]
        if missing:
            named = " and no ".join(names[stage] for stage in missing)
            lines.append(f"params.yaml: grid.{printed(group)}: dvc.yaml has no {named}; paste the lines below there")
            blocks += [block(stage, group) for stage in missing]
        wrong = [name for name in names.values() if name in stages and stages[name].get("matrix") != matrix(group)]
        if wrong:
            named = " and ".join(f"{name}.matrix" for name in wrong)
            lines.append(f"dvc.yaml: {named}: not the axes of grid.{printed(group)}; paste the lines below there")
            blocks.append(_matrix_lines(group))
    for name in STAGES:  # the other groups share their bodies
        wrong_paths = (path for path in _paths(stages.get(name, {})) if "${item" in path and NAME not in path)
        lines += [f"dvc.yaml: {name}: found {path}; a cell's file is called {NAME}" for path in wrong_paths]
    if lines:
        raise UserError("\n".join(lines), "\n".join(blocks))


def _stages(path: Path) -> dict[str, dict[str, Any]]:
    try:
        stages = YAML(typ="safe").load(path)["stages"]
    except (OSError, UnicodeDecodeError, YAMLError, TypeError, KeyError) as error:
        raise UserError(f"{path.name}: cannot be read ({short(' '.join(str(error).split()))})") from None
    return {name: body for name, body in stages.items() if isinstance(body, dict)} if isinstance(stages, dict) else {}


def _paths(stage: dict[str, Any]) -> Iterator[str]:
    """The files that a stage reads and writes."""
    lists = (stage.get(key) for key in ("deps", "outs", "metrics", "plots"))
    for entry in (entry for value in lists if isinstance(value, list) for entry in value):
        yield from entry if isinstance(entry, dict) else [str(entry)]
