"""The data sets: one file a family, each with a literal `SETS` and a function `read`.

`SETS` gives each name that `data.name` may hold the shape of its images, (channels, height, width), or None where that
is not known beforehand. It is read off the file, not imported, so that settings are checked without numpy or torch.
`read(request)` gives `images.Images`. A new data set is one new file here and its name in params.yaml.
"""

import ast
import functools
from pathlib import Path

from vaeplay.data.located import FILES
from vaeplay.errors import UserError
from vaeplay.sources import parse

FOLDER = Path(__file__).parent

Shape = tuple[int, int, int]


@functools.cache
def _sets() -> dict[str, tuple[str, Shape | None]]:
    """Every data set's module and shape by name, in the order of files and lines."""
    found: dict[str, tuple[str, Shape | None]] = {}
    for path in sorted(FOLDER.glob("*.py")):
        for node in parse(path).body:
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "SETS" for t in node.targets):
                try:
                    sets = dict(ast.literal_eval(node.value))
                except (TypeError, ValueError):
                    raise UserError(f"{path}: SETS is not a plain dictionary of names and shapes") from None
                found |= {name: (f"{__name__}.{path.stem}", shape) for name, shape in sets.items()}
    return found


def names() -> tuple[str, ...]:
    """The names that `data.name` may hold."""
    return tuple(sorted(_sets()))


def module(name: str) -> str:
    """Dotted name of the module that reads a data set."""
    return _sets()[name][0]


def shape(name: str) -> Shape | None:
    """The (channels, height, width) of a data set's images before any change, where that is known beforehand."""
    return _sets()[name][1]


def at_path(name: str) -> bool:
    """Whether a data set is read from `data.path`."""
    return name == "folder" or name in FILES
