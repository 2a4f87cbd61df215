"""From params.yaml to one small settings file per stage and cell, with all the settings that it depends on.

Each file holds the settings that its reader uses and the digests of the source files that its reader reaches, so that a
stage reruns if, and only if, something that it uses has changed.
"""

import dataclasses
from pathlib import Path
from typing import Any

from vaeplay import data, files, models
from vaeplay.data import tree
from vaeplay.data.located import located
from vaeplay.errors import UserError
from vaeplay.settings import groups
from vaeplay.settings.axes import AXES
from vaeplay.settings.cells import Cell
from vaeplay.settings.outputs import remove_orphans
from vaeplay.settings.params import Params
from vaeplay.sources import digests


def resolve(params: Params, root: Path) -> dict[str, dict[str, Any]]:
    """The content of each file in `settings/`: {file name without suffix: value}. `root` holds the sources."""
    run = {"seed": params.seed, "device": params.device, "threads": params.threads}
    cells = list(params.cells())
    resolved: dict[str, dict[str, Any]] = {
        "data": {
            "seed": params.seed,
            "data": params.data.used(),
            "sources": digests(root, ["stages.prepare", *(data.module(name) for name in params.data.sets())]),
        },
        "classifier": {
            **run,
            "classifier": params.classifier.model_dump(mode="json"),
            "sources": digests(root, ["stages.classifier"]),
        },
        "evaluate": {
            **run,
            "evaluate": params.evaluate.model_dump(mode="json"),
            "sources": digests(root, ["stages.evaluate"]),
        },
        "references": {
            **run,
            "batch_size": params.evaluate.batch_size,
            "sizes": sorted({cell.latent_dim for cell in cells if not models.kin(cell.model).quantised}),
            "sources": digests(root, ["stages.references"]),
        },
        "maps": {
            "seed": params.seed,
            "maps": params.maps.model_dump(mode="json"),
            "cells": [cell.name for cell in cells],
            "sources": digests(root, ["stages.maps"]),
        },
        "verdicts": compared(params) | {"sources": digests(root, ["stages.verdicts"])},
        "run": {  # no result depends on it, so no stage does
            "checkpoint_every": params.train.checkpoint_every,
            "on_failure": params.on_failure,
        },
        "report": {
            "cells": [cell.name for cell in cells],
            "stages": {cell.name: stage_of("evaluate", group, cell) for group, cell in params.cells_by_group()},
            "params": params.model_dump(mode="json"),
            "sources": digests(root, ["stages.report"]),
        },
    }
    modules = {models.modules(cell.model) for cell in cells}
    sources = {written: digests(root, ["stages.train", *written]) for written in sorted(modules)}
    for cell in cells:
        own = {"cell": cell.name, "sources": sources[models.modules(cell.model)]}
        resolved[cell.name] = cell.model_dump(mode="json") | own
    return resolved


def compared(params: Params) -> dict[str, Any]:
    """What determines the pairs of cells: the cells, how their models are related, and the pairs asked for."""
    used = [*models.names(), *(cell.model for cell in params.cells())]
    return {
        "cells": [
            {
                "group": group,
                "beta": cell.settings.get("beta"),
                **{axis.field: getattr(cell, axis.field) for axis in AXES},
            }
            for group, cell in params.cells_by_group()
        ],
        "models": {name: dataclasses.asdict(models.kin(name)) for name in dict.fromkeys(used)},
        "pairs": params.verdicts.model_dump(mode="json")["pairs"],
    }


def check(params: Params, root: Path) -> None:
    """Check the settings against the workspace: dvc.yaml has the groups, and `data.path` is a folder.

    The folder has to exist for every data set, since the prepare stage depends on it.

    Raises:
        UserError: one of these is not so; or `data.name` is folder, and it holds no images, splits in place of
        classes, or other numbers of classes than a model is for; or a data set's own files are not in it.
    """
    groups.check((name for name, group in params.grid.items() if dict(group)["model"]), root / "dvc.yaml")
    try:
        exists = (root / params.data.path).is_dir()
    except (OSError, ValueError):  # too long a name, or a zero byte in it
        exists = False
    if not exists:
        raise UserError(f"params.yaml: data.path: found {params.data.path[:200]!r}; allowed: an existing folder")
    folder = root / params.data.path
    if params.data.name == "folder":
        found = list(tree.entries(folder))
        tree.check(folder, found)
        _check_classes(params, len({entry.label for entry in found}))
    elif data.at_path(params.data.name):
        located(params.data.name, folder)


def _check_classes(params: Params, found: int) -> None:
    """Refuse a model that is trained with labels if the images have too few classes, or too many."""
    for cell in params.cells():
        most = cell.settings.get("classes")
        if most is not None and not 1 < found <= most:
            raise UserError(
                f"params.yaml: grid: {cell.name} is trained with 2 to {most} classes (models.classes), and data.path "
                f"has {found}: each folder in it is one; leave {cell.model} out, or change one of these"
            )


def stage_of(stage: str, group: str, cell: Cell) -> str:
    """DVC's name for the stage of a cell."""
    values = "-".join(str(getattr(cell, axis.field)) for axis in AXES)
    return f"{groups.stage_name(stage, group)}@{values}"


def write(resolved: dict[str, dict[str, Any]], root: Path) -> None:
    """Write `settings/`, and remove the files of cells that have left the grid, there and among the results."""
    for name, value in resolved.items():
        files.write_json(root / "settings" / f"{name}.json", value)
    for path in (root / "settings").iterdir():
        if path.stem not in resolved:
            path.unlink()
    remove_orphans(root, resolved)
