"""Files that lie among the results and belong to none: of cells that left the grid, of runs that were killed."""

from pathlib import Path

from vaeplay import files
from vaeplay.doctor.finding import Finding, listed
from vaeplay.settings import outputs
from vaeplay.settings.params import Params

RESUME = ".vaeplay/resume"
FOLDERS = (*outputs.FOLDERS, "settings", "data", "classifier", "logs", "verdicts", "reports", RESUME)


def findings(root: Path, params: Params | None) -> list[Finding]:
    """What lies around; without settings nothing can be said of cells."""
    told = []
    if halves := [_name(root, path) for folder in FOLDERS for path in files.abandoned(root / folder)]:
        told.append(
            Finding("!", "left over", f"files of a run that was killed: {listed(halves)}", f"rm -r {' '.join(halves)}")
        )
    if damaged := [_name(root, path) for path in sorted((root / RESUME).glob("*.damaged"))]:
        told.append(Finding("!", "left over", f"damaged resume files: {listed(damaged)}", f"rm {' '.join(damaged)}"))
    if params:
        told += _of_cells(root, {cell.name for cell in params.cells()})
    return told or [Finding("✓", "files", "no stray files")]


def _of_cells(root: Path, cells: set[str]) -> list[Finding]:
    told = []
    shown = [path for folder in outputs.FOLDERS for path in sorted((root / folder).glob("[!.]*"))]
    strangers = [_name(root, path) for path in shown if outputs.cell_of(path) is None and path.parent.name != "maps"]
    orphans = [_name(root, path) for path in outputs.orphans(root, cells)]
    if strangers:
        told.append(Finding("·", "unknown", f"files that no stage makes: {listed(strangers)}", "move them elsewhere"))
    if orphans:
        text = f"results of cells that are not in the grid: {listed(orphans)}"
        told.append(Finding("·", "orphans", text, "uv run dvc repro -f settings removes them; DVC's cache keeps them"))
    unfinished = sorted({path.name.rpartition("-")[0] for path in (root / RESUME).glob("*.safetensors")})
    if waiting := [name for name in unfinished if name in cells]:
        text = f"trainings that were interrupted: {listed(waiting)}"
        told.append(Finding("·", "unfinished", text, "uv run dvc repro continues them"))
    if gone := [name for name in unfinished if name not in cells]:
        text = f"interrupted trainings of cells that are not in the grid: {listed(gone)}"
        told.append(Finding("·", "unfinished", text, f"rm {' '.join(f'{RESUME}/{name}-*' for name in gone)}"))
    return told


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()
