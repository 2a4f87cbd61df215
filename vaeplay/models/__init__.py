"""The models, one file each. A class in this folder is a model if it extends `base.Autoencoder`.

Classes are found by reading the files, not by importing them, so that settings can be checked without torch and that
editing a file affects only the models in it. To add a model, add a file here and its name to params.yaml.
"""

import ast
import functools
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vaeplay.errors import UserError
from vaeplay.sources import parse

if TYPE_CHECKING:
    from vaeplay.models.base import Autoencoder

FOLDER = Path(__file__).parent
ROOT_CLASS = "Autoencoder"


@dataclass(frozen=True)
class _Class:
    """What a class statement says: its module, its bases, and its own `uses`, if any."""

    module: str
    bases: tuple[str, ...]
    uses: tuple[str, ...] | None


@functools.cache
def _classes() -> dict[str, _Class]:
    """Every class of this folder by name, in the order of files and lines."""
    classes: dict[str, _Class] = {}
    for path in sorted(FOLDER.glob("*.py")):
        body = parse(path).body
        imports = [node for node in body if isinstance(node, ast.ImportFrom)]
        known = {alias.asname: alias.name for node in imports for alias in node.names if alias.asname}
        for node in body:
            if isinstance(node, ast.ClassDef):
                if node.name in classes:
                    raise UserError(f"{path}: class {node.name} is also in {classes[node.name].module}; rename one")
                bases = tuple(_base_name(base, known) for base in node.bases)
                classes[node.name] = _Class(f"{__name__}.{path.stem}", bases, _own_uses(node, path))
    return classes


def _base_name(base: ast.expr, known: dict[str, str]) -> str:
    """The class that a base refers to: by name, through its module (`vae.VAE`), or by an alias in `known`."""
    if isinstance(base, ast.Subscript):
        base = base.value
    if isinstance(base, ast.Attribute):
        return base.attr
    return known.get(base.id, base.id) if isinstance(base, ast.Name) else ""


def _own_uses(node: ast.ClassDef, path: Path) -> tuple[str, ...] | None:
    for statement in node.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if any(isinstance(target, ast.Name) and target.id == "uses" for target in targets):
                try:
                    return tuple(ast.literal_eval(statement.value))
                except ValueError:
                    raise UserError(f"{path}: {node.name}.uses is not a plain tuple of names") from None
    return None


def _line_of(name: str) -> list[_Class]:
    """The class and those of its bases that are in this folder, nearest first."""
    entry = _classes().get(name)
    return [entry, *(above for base in entry.bases for above in _line_of(base))] if entry else []


@functools.cache
def names() -> tuple[str, ...]:
    """The names that the grid's model axis may hold."""
    root = _classes()[ROOT_CLASS]
    return tuple(name for name in _classes() if name != ROOT_CLASS and root in _line_of(name))


def uses(name: str) -> tuple[str, ...]:
    """Names of the settings that a model reads: its own `uses`, else that of its nearest base."""
    return next((entry.uses for entry in _line_of(name) if entry.uses is not None), ())


@dataclass(frozen=True)
class Kin:
    """How a model's class is related to others.

    `core` is the model without classes that only change its networks: VAE for a ConvVAE. `parent` is the core of the
    model that the core extends; None if there is none. `network` is the setting of its networks: `hidden` units of
    dense ones, `channels` of convolutional ones. A `quantised` model has a map of codes.
    """

    core: str
    parent: str | None
    network: str
    quantised: bool


def kin(name: str) -> Kin:
    """How the model `name` is related to others."""
    core = _core(name)
    extended = [base for base in _classes()[core].bases if base in names()]
    used = uses(name)
    network = "channels" if "channels" in used else "hidden"
    return Kin(core, _core(extended[0]) if extended else None, network, "quantiser" in used)


def _core(name: str) -> str:
    """The first model at or above `name` with only models as bases: other bases only give a model its networks."""
    bases = _classes()[name].bases
    above = [base for base in bases if base in names()]
    mixed_in = any(base in _classes() and base not in {*names(), ROOT_CLASS} for base in bases)
    return _core(above[0]) if mixed_in and above else name


def module(name: str) -> str:
    """Dotted name of a model's module."""
    return _classes()[name].module


def find(name: str) -> type["Autoencoder"]:
    """The class of a model.

    Raises:
        UserError: there is no model of that name.
    """
    if name not in names():
        raise UserError(f"no model is called {name!r}; there are {', '.join(names())}")
    kind: type[Autoencoder] = getattr(importlib.import_module(module(name)), name)
    return kind
