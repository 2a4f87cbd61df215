"""dvc.yaml against params.yaml: every group of the grid has its two stages, and each of these has every axis.

DVC takes the values of an axis from params.yaml, but not the axes of a group or the groups of a grid: those stand in
dvc.yaml, and a group that is not there would not be trained. (A group that is there alone DVC itself refuses.)
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
    """What stands at `matrix` in the stages of a group."""
    return {axis.field: "${repeats}" if axis.field == REPEAT else f"${{grid.{group}.{axis.field}}}" for axis in AXES}


def block(stage: str, group: str) -> str:
    """The lines of dvc.yaml for a group's `stage`, whose body is the dense group's."""
    lines = [f"  {stage_name(stage, group)}:", f"    <<: *{stage}", "    matrix:"]
    return "\n".join([*lines, *(f"      {axis}: {values}" for axis, values in matrix(group).items()), ""])


def check(groups: Iterable[str], path: Path) -> None:
    """Hold dvc.yaml against the groups that have models.

    Raises:
        UserError: a group's stages are missing, or lack an axis or its place in the cell's name.
    """
    stages = _stages(path)
    for group in groups:
        names = {stage: stage_name(stage, group) for stage in STAGES}
        if missing := [stage for stage in STAGES if names[stage] not in stages]:
            raise UserError(
                f"params.yaml: grid.{printed(group)}: dvc.yaml has no {' and no '.join(names[s] for s in missing)}; "
                "paste the lines below into its stages",
                "\n".join(block(stage, group) for stage in missing),
            )
        for name in names.values():
            if stages[name].get("matrix") != matrix(group):
                expected = ", ".join(f"{axis}: {values}" for axis, values in matrix(group).items())
                raise UserError(f"dvc.yaml: {name}.matrix: not the axes of grid.{printed(group)}; expected {expected}")
            for wrong in (text for text in _paths(stages[name]) if "${item" in text and NAME not in text):
                raise UserError(f"dvc.yaml: {name}: found {wrong}; a cell's file is called {NAME}")


def _stages(path: Path) -> dict[str, dict[str, Any]]:
    try:
        stages = YAML(typ="safe").load(path)["stages"]
    except (OSError, UnicodeDecodeError, YAMLError, TypeError, KeyError) as error:
        raise UserError(f"{path.name}: cannot be read ({short(' '.join(str(error).split()))})") from None
    return {name: body for name, body in stages.items() if isinstance(body, dict)} if isinstance(stages, dict) else {}


def _paths(stage: dict[str, Any]) -> Iterator[str]:
    """The files that a stage reads and writes."""
    for entry in (entry for key in ("deps", "outs", "metrics", "plots") for entry in stage.get(key) or ()):
        yield from entry if isinstance(entry, dict) else [str(entry)]
