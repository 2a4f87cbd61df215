"""The models, one file each. A class in this folder is a model if it extends `base.Autoencoder`.

Classes are found by reading the files, not by importing them, so that settings can be checked without torch and that
editing a file affects only the models in it. To add a model, add a file here and its name to params.yaml.

A model with dense networks has other networks under a name with a prefix: `ConvRAE` is the RAE with convolutional ones.
A model of maps of codes, whose networks are convolutional, has residual ones: `ResVQVAE`. No file says so: the class is
composed of the two here, by the table NETWORKS.
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

NETWORKS = {"Conv": "Convolutional", "Res": "Residual"}
"""The prefix of a model's name, and the class of this folder that gives the model other networks than dense ones.

Listed before the model's class among the bases, that class overrides `build_encoder` and `build_decoder`; its `uses`
are the settings that these read in the place of `hidden`.
"""


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


def _class(name: str) -> _Class | None:
    """The class of a name: one that is written in this folder, or one that is composed of a network and a model."""
    if name in _classes():
        return _classes()[name]
    for prefix, network in NETWORKS.items():
        model = name.removeprefix(prefix)
        if model != name and model in names() and _composes(network, model):
            return _Class(_classes()[model].module, (network, model), None)
    return None


def _composes(network: str, model: str) -> bool:
    """Whether a written model can have this class's networks: a dense one any, one of maps those for maps."""
    used = uses(model)
    return "hidden" in used or ("code_prior" in used and network == "Residual")


def _line_of(name: str) -> list[_Class]:
    """The class and those of its bases that are in this folder, nearest first."""
    entry = _class(name)
    return [entry, *(above for base in entry.bases for above in _line_of(base))] if entry else []


@functools.cache
def names() -> tuple[str, ...]:
    """The names of the models that are written in this folder. `known` says which others there are."""
    root = _classes()[ROOT_CLASS]
    return tuple(name for name in _classes() if name != ROOT_CLASS and root in _line_of(name))


def known(name: str) -> bool:
    """Whether the grid's model axis may hold this name: a model of this folder, or one with a prefix of NETWORKS."""
    return name in names() or (_class(name) is not None and name not in _classes())


def uses(name: str) -> tuple[str, ...]:
    """Names of the settings that a model reads: its own `uses`, else that of its nearest base.

    A class of NETWORKS among its bases reads its own in the place of `hidden`.
    """
    entry = _class(name)
    if entry is None or entry.uses is not None:
        return entry.uses or () if entry else ()
    of_network = next((uses(base) for base in entry.bases if base in NETWORKS.values()), ("hidden",))
    of_model = next((used for base in entry.bases if base not in NETWORKS.values() and (used := uses(base))), ())
    return tuple(item for setting in of_model for item in (of_network if setting == "hidden" else (setting,)))


@dataclass(frozen=True)
class Kin:
    """How a model's class is related to others.

    `core` is the model without classes that only change its networks: VAE for a ConvVAE. `parent` is the core of the
    model that the core extends; None if there is none. `network` is the kind of its networks: dense, or the name of a
    class of NETWORKS. A `quantised` model has a map of codes.
    """

    core: str
    parent: str | None
    network: str
    quantised: bool


def kin(name: str) -> Kin:
    """How the model `name` is related to others."""
    core = _core(name)
    extended = [base for base in _bases(core) if base in names()]
    used = uses(name)
    own = "dense" if "hidden" in used else NETWORKS["Conv"]  # a model may bring its own, as the VQ-VAE does
    network = next((base for base in _bases(name) if base in NETWORKS.values()), own).lower()
    return Kin(core, _core(extended[0]) if extended else None, network, "code_prior" in used)


def _core(name: str) -> str:
    """The first model at or above `name` with only models as bases: a class of NETWORKS only changes networks."""
    bases = _bases(name)
    above = [base for base in bases if base in names()]
    return _core(above[0]) if above and any(base in NETWORKS.values() for base in bases) else name


def _bases(name: str) -> tuple[str, ...]:
    entry = _class(name)
    return entry.bases if entry else ()


def modules(name: str) -> tuple[str, ...]:
    """Dotted names of the modules that a model's class is written in: two if it is composed."""
    return tuple(_classes()[part].module for part in _parts(name))


def _parts(name: str) -> tuple[str, ...]:
    """The written classes that make up a model's: itself, or a network and a model."""
    return (name,) if name in _classes() else _bases(name)


@functools.cache
def find(name: str) -> type["Autoencoder"]:
    """The class of a model.

    Raises:
        UserError: there is no model of that name.
    """
    if not known(name):
        raise UserError(f"no model is called {name!r}; there are {', '.join(names())}")
    classes = tuple(getattr(importlib.import_module(_classes()[part].module), part) for part in _parts(name))
    kind: type[Autoencoder] = classes[0] if len(classes) == 1 else type(name, classes, {})
    return kind
