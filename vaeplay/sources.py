"""Which source files a stage reaches through its imports, so that it reruns when one of them changes, and only then.

Imports are read from the syntax tree, not by running anything: the stage that asks stays free of torch.
"""

import ast
import hashlib
from collections.abc import Iterable
from pathlib import Path

from vaeplay.errors import UserError

PACKAGES = ("stages", "vaeplay")


def parse(path: Path) -> ast.Module:
    """The syntax tree of a source file.

    Raises:
        UserError: the file is not Python.
    """
    try:
        return ast.parse(path.read_bytes(), filename=str(path))
    except (SyntaxError, ValueError) as error:
        raise UserError(f"{path}: not valid Python ({error})") from None


def reached(root: Path, modules: Iterable[str]) -> list[Path]:
    """Every file of the project that importing `modules` can load, sorted, relative to `root`.

    A package brings the files beside its `__init__.py` that are not Python (templates, scripts) with it.
    """
    found: set[Path] = set()
    waiting = list(modules)
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen or name.split(".")[0] not in PACKAGES:
            continue
        seen.add(name)
        if "." in name:
            waiting.append(name.rpartition(".")[0])
        base = root.joinpath(*name.split("."))
        if base.with_suffix(".py").is_file():
            path = base.with_suffix(".py")
        elif (base / "__init__.py").is_file():
            path = base / "__init__.py"
            found |= {file for file in base.rglob("*") if file.is_file() and _is_asset(file, base)}
        else:
            continue  # `from package.module import name`: the name is no module
        found.add(path)
        waiting += imports(path, name)
    return sorted(path.relative_to(root) for path in found)


def _is_asset(path: Path, package: Path) -> bool:
    """Whether `package` is the innermost package around `path`, and `path` not code itself."""
    innermost = next(folder for folder in path.parents if (folder / "__init__.py").is_file() or folder == package)
    return innermost == package and path.suffix not in {".py", ".pyc"} and "__pycache__" not in path.parts


def imports(path: Path, name: str) -> list[str]:
    """Dotted names that a file imports, wherever in it, with `from a import b` counted as a and a.b."""
    names = []
    is_package = path.name == "__init__.py"
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parents = name.split(".")
            kept = parents[: len(parents) - node.level + is_package] if node.level else []
            module = ".".join([*kept, *([node.module] if node.module else [])])
            names += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return names


def digests(root: Path, modules: Iterable[str]) -> dict[str, str]:
    """SHA-256 of every file that `modules` reach: {path relative to `root`: hexadecimal digest}."""
    return {path.as_posix(): hashlib.sha256((root / path).read_bytes()).hexdigest() for path in reached(root, modules)}
