"""The house: a folder for each step that data flows through, and a folder imports only folders above it.

uv run python -m tests.test_house     # the arrows between folders
"""

import ast
import functools
from collections import Counter
from pathlib import Path

from vaeplay import sources

from .conftest import ROOT

FLOORS = (
    "ground",
    "data",
    "models/parts",
    "models",
    "settings",
    "training",
    "classifier",
    "evaluation",
    "maps",
    "verdicts",
    "gallery",
    "terminal",
    "runner",
    "experiments",
    "doctor",
    "python",
    "stages",
)
LONGEST = 300  # lines that can be read at one sitting


def modules() -> dict[str, Path]:
    """Every module of the project by its dotted name."""
    paths = [path for package in sources.PACKAGES for path in (ROOT / package).rglob("*.py")]
    parts = {path: path.relative_to(ROOT).with_suffix("").parts for path in paths}
    return {".".join(name[:-1] if name[-1] == "__init__" else name): path for path, name in parts.items()}


def floor(module: str) -> str:
    """The folder that a module stands in, `ground` where it stands beside the folders."""
    if module.startswith("stages"):
        return "stages"
    path = module.replace(".", "/").removeprefix("vaeplay").removeprefix("/")
    inside = [name for name in FLOORS if path == name or path.startswith(f"{name}/")]
    return max(inside, key=len, default="ground")


@functools.cache
def arrows() -> list[tuple[str, str]]:
    """(module, module that it imports), type-checking alone included, for all of the project."""
    known = modules()
    found = {(name, other) for name, path in known.items() for other in sources.imports(path, name) if other in known}
    return sorted(arrow for arrow in found if arrow[0] != arrow[1])


def test_every_folder_has_a_floor() -> None:
    folders = {path.parent.name for path in (ROOT / "vaeplay").glob("*/__init__.py")}
    assert folders <= set(FLOORS)


def test_a_folder_imports_only_folders_above_it() -> None:
    up = [(name, other) for name, other in arrows() if FLOORS.index(floor(name)) < FLOORS.index(floor(other))]
    assert not up


def test_the_rooms_on_the_ground_import_nothing_but_each_other() -> None:
    out = [(name, other) for name, other in arrows() if floor(name) == "ground" and floor(other) != "ground"]
    assert not out


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    waiting = {name: {other for one, other in arrows() if one == name} for name in modules()}
    while free := [name for name, needs in waiting.items() if not needs & waiting.keys()]:
        for name in free:
            del waiting[name]
    assert not waiting


def test_the_init_of_a_folder_only_says_what_belongs_there() -> None:
    with_code = {"vaeplay", "stages", "vaeplay.data", "vaeplay.models", "vaeplay.evaluation.registry"}
    for name, path in modules().items():
        if path.name == "__init__.py" and name not in with_code:
            body = ast.parse(path.read_text()).body
            assert len(body) == 1 and ast.get_docstring(ast.parse(path.read_text())), path


def test_files_can_be_read_at_one_sitting() -> None:
    suffixes = {".py", ".js", ".css", ".j2"}
    files = [path for path in (ROOT / "vaeplay").rglob("*") if path.suffix in suffixes]
    lines = {path: len(path.read_text().splitlines()) for path in [*files, *(ROOT / "stages").glob("*.py")]}
    assert not {path: count for path, count in lines.items() if count > LONGEST}


if __name__ == "__main__":
    between = Counter((floor(name), floor(other)) for name, other in arrows() if floor(name) != floor(other))
    for (name, other), count in sorted(between.items(), key=lambda item: FLOORS.index(item[0][0])):
        print(f"{name:13} → {other:13} {count:3}")
    print(f"{len(modules())} modules, {len(arrows())} arrows between modules, {len(between)} between folders")
